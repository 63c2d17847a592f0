import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Address, Deferred } from '../../../index.js';
import { GuaranteedDatagramProtocol } from '../../../protocols/index.js';
import { FakeDatagramTransport } from '../../../testing.js';
import { ack, data, identitiesOf, recv } from './fixtures.js';

const MOST_PEERS = 6;
const MOST_REMEMBERED = 12;
const MOST_QUEUED = 5;

const from = fc.integer({ min: 1, max: 9 }).map((n): Address => ({ host: `192.0.2.${n}`, port: 1 + (n % 2) }));
const identity = fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 0xffffffff }));
/** The identity of a packet that was sent, or of none. */
const own = fc.nat({ max: 30 });
const text = fc.string({ maxLength: 8, unit: 'binary-ascii' });
const action = fc.oneof(
  fc.record({ do: fc.constant('bytes' as const), from, bytes: fc.uint8Array({ maxLength: 20 }) }),
  fc.record({ do: fc.constant('data' as const), from, identity, text }),
  fc.record({ do: fc.constantFrom('recv' as const, 'ack' as const), from, identity }),
  fc.record({ do: fc.constant('answer' as const), from, own }),
  fc.record({ do: fc.constant('send' as const), from, text }),
  fc.record({ do: fc.constant('cancel' as const), own }),
  fc.record({ do: fc.constant('writable' as const), from }),
  fc.record({ do: fc.constant('advance' as const), seconds: fc.double({ min: 0, max: 20, noNaN: true }) }),
  fc.record({ do: fc.constantFrom('drain' as const, 'stop' as const, 'again' as const) }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Sends back some of what it hears, and keeps every Deferred. */
class Subject extends GuaranteedDatagramProtocol {
  readonly results: Deferred<unknown>[] = [];
  over = 0;

  override messageReceived(bytes: Buffer, address: Address): void {
    if (bytes.length % 2 === 1) this.say(bytes, address);
  }

  say(bytes: Uint8Array | string, to: Address): void {
    try {
      this.keep(this.send(bytes, to));
    } catch (error) {
      expect((error as Error).name).to.be.oneOf(['SendQueueFullError', 'NotConnectedError']);
    }
  }

  keep(result: Deferred<unknown>): void {
    this.results.push(result);
    result.addBoth(() => this.over++);
  }
}

function run(subject: Subject, first: FakeDatagramTransport, actions: readonly Action[]): FakeDatagramTransport {
  let transport = first;
  for (const each of actions) {
    switch (each.do) {
      case 'bytes':
        transport.deliver(each.bytes, each.from);
        break;
      case 'data':
        transport.deliver(data(each.identity, each.text), each.from);
        break;
      case 'recv':
        transport.deliver(recv(each.identity), each.from);
        break;
      case 'ack':
        transport.deliver(ack(each.identity), each.from);
        break;
      case 'answer': {
        const known = identitiesOf(transport);
        transport.deliver(recv(known[each.own % Math.max(known.length, 1)] ?? 0), each.from);
        break;
      }
      case 'send':
        subject.say(each.text, each.from);
        break;
      case 'cancel':
        subject.results[each.own]?.cancel();
        break;
      case 'writable':
        if (!transport.stopped) subject.keep(subject.whenWritable(each.from));
        break;
      case 'advance':
        transport.clock.advance(each.seconds);
        break;
      case 'drain':
        subject.keep(subject.drain(3));
        break;
      case 'stop':
        void transport.stopListening();
        break;
      case 'again':
        if (subject.connected) break;
        transport = new FakeDatagramTransport({ clock: transport.clock });
        void subject.makeConnection(transport);
    }
    checkBounds(subject);
  }
  return transport;
}

function checkBounds(subject: Subject): void {
  const { pending, peers, remembered, unacknowledged, held } = subject.counters;
  const chosen = 9 * 2; // whom the program sends to is taken in in any case
  expect(peers).to.be.at.most(MOST_PEERS + chosen);
  expect(remembered).to.be.at.most(MOST_REMEMBERED);
  expect(unacknowledged).to.be.at.most(MOST_REMEMBERED);
  expect(pending).to.be.at.most(peers * (MOST_QUEUED + 256));
  expect(held).to.be.at.most(pending);
}

describe('whatever comes, and whatever is done', () => {
  it('nothing throws, nothing grows beyond its bounds, and in the end everything is over', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const subject = new Subject({
          maxPeers: MOST_PEERS,
          maxRemembered: MOST_REMEMBERED,
          queue: { messages: MOST_QUEUED },
        });
        const first = new FakeDatagramTransport();
        void subject.makeConnection(first);
        const transport = run(subject, first, actions);
        void transport.stopListening();
        transport.clock.advance(0);
        expect(subject.over).to.equal(subject.results.length);
        expect(transport.clock.getDelayedCalls()).to.deep.equal([]);
        expect(subject.counters).to.deep.include({ pending: 0, unacknowledged: 0, peers: 0, remembered: 0, held: 0 });
      }),
      { numRuns: 500 },
    );
  }).timeout(30_000);

  it('everything is over by itself, too, when nobody does anything any more', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const subject = new Subject({ queue: { messages: MOST_QUEUED } });
        const transport = new FakeDatagramTransport();
        void subject.makeConnection(transport);
        for (const each of actions) if (each.do !== 'writable') run(subject, transport, [each].filter(isTraffic));
        transport.clock.advance(200);
        expect(subject.over).to.equal(subject.results.length);
        expect(transport.clock.getDelayedCalls()).to.deep.equal([]);
        expect(subject.counters).to.deep.include({ pending: 0, unacknowledged: 0, held: 0 });
      }),
      { numRuns: 300 },
    );
  }).timeout(30_000);
});

function isTraffic(each: Action): boolean {
  return !['drain', 'stop', 'again'].includes(each.do);
}
