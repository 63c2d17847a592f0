import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  CancelledError,
  Clock,
  ConnectError,
  ConnectionRefusedError,
  ConnectTimeoutError,
  Deferred,
  DNSLookupError,
  HostnameEndpoint,
  type Reactor,
  succeed,
  TCPServerEndpoint,
} from '../../../index.js';
import { AddressQueue } from '../../../reactor/endpoints/address-queue.js';
import { happyEyeballs } from '../../../reactor/endpoints/happy-eyeballs.js';
import { failureResultOf, SimulatedNetwork, successResultOf } from '../../../testing.js';
import { Recorder, RecordingFactory } from './recorder.js';

const four = fc.integer({ min: 1, max: 9 }).map((n) => `10.1.0.${n}`);
const six = fc.integer({ min: 1, max: 9 }).map((n) => `fd01::${n}`);

function takeAll(queue: AddressQueue): string[] {
  const taken: string[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) taken.push(next);
  return taken;
}

describe('the queue of addresses', () => {
  it('gives each address once, the families in turns from IPv6 on, each in its order', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(four, six)), (addresses) => {
        const queue = new AddressQueue();
        queue.add(addresses);
        expect(queue.empty).to.equal(addresses.length === 0);
        const taken = takeAll(queue);
        const unique = [...new Set(addresses)];
        const of = (list: string[], colon: boolean): string[] => list.filter((each) => each.includes(':') === colon);
        for (const colon of [true, false]) expect(of(taken, colon)).to.deep.equal(of(unique, colon));
        const turns = 2 * Math.min(of(unique, true).length, of(unique, false).length);
        taken.slice(0, turns).forEach((each, i) => expect(each.includes(':')).to.equal(i % 2 === 0));
        expect(queue.empty).to.equal(true);
      }),
    );
  });

  it('takes in addresses later: it is the turn of the family that was not tried last', () => {
    const queue = new AddressQueue();
    queue.add(['fd01::1', 'fd01::2']);
    expect(queue.take()).to.equal('fd01::1');
    queue.add(['10.1.0.1', 'fd01::1']);
    expect(takeAll(queue)).to.deep.equal(['10.1.0.1', 'fd01::2']);
    queue.add(['10.1.0.2', 'fd01::3']);
    expect(takeAll(queue)).to.deep.equal(['10.1.0.2', 'fd01::3']);
  });
});

describe('the race itself', () => {
  /** Attempts that end when the test says so. */
  function begin(addresses: string[]): { clock: Clock; result: Deferred<string>; attempts: Deferred<string>[] } {
    const clock = new Clock();
    const attempts: Deferred<string>[] = [];
    const result = happyEyeballs<string>({
      clock,
      families: [4],
      attemptDelay: 1,
      lookUp: () => succeed(addresses),
      connect(address, won) {
        // One that was cancelled has come about all the same.
        const attempt = new Deferred<string>((each) => each.callback(`late ${address}`));
        attempts.push(attempt);
        void attempt.addCallback((value) => {
          won();
          return value;
        });
        return attempt;
      },
    });
    return { clock, result, attempts };
  }

  it('takes nothing of an attempt that it has given up', () => {
    const { clock, result, attempts } = begin(['10.0.0.1', '10.0.0.2']);
    clock.advance(1);
    attempts[1]!.callback('second');
    expect(successResultOf(result)).to.equal('second');
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  const cause = (code: string): Error => Object.assign(new Error(code), { code });
  const place = { host: '10.0.0.1', port: 80 };
  const telling = [
    new Error('thrown by the program'),
    new ConnectionRefusedError(place),
    new ConnectTimeoutError(place, undefined),
    new ConnectError('10.0.0.1', 80, cause('EHOSTUNREACH')),
    new ConnectError('10.0.0.1', 80, cause('ENETUNREACH')),
    new DNSLookupError('www', cause('EAI_AGAIN')),
    new DNSLookupError('www', cause('ENOTFOUND')),
  ];

  it('fails with the error that tells most, the first of those that tell the same', () => {
    const some = fc.uniqueArray(fc.nat({ max: telling.length - 1 }), { minLength: 1 });
    fc.assert(
      fc.property(some, (order) => {
        const { result, attempts } = begin(order.map((i) => `10.0.0.${i + 1}`));
        order.forEach((i, n) => attempts[n]!.errback(telling[i]));
        expect(failureResultOf(result)).to.equal(telling[Math.min(...order)]);
      }),
    );
    const { result, attempts } = begin(['10.0.0.1', '10.0.0.2']);
    const [first, second] = [new ConnectionRefusedError(place), new ConnectionRefusedError(place)];
    attempts[0]!.errback(first);
    attempts[1]!.errback(second);
    expect(failureResultOf(result)).to.equal(first);
  });

  it('knows an address that this host does not have for one that tells little', () => {
    const { result, attempts } = begin(['10.0.0.1', '10.0.0.2']);
    attempts[0]!.errback(new ConnectError('10.0.0.1', 80, cause('EADDRNOTAVAIL')));
    attempts[1]!.errback(telling[3]);
    expect(failureResultOf(result)).to.equal(telling[3]);
  });
});

/** What becomes of who connects there. */
type Kind = 'good' | 'refused' | 'dead';

interface Race {
  readonly network: SimulatedNetwork;
  readonly client: Reactor;
  readonly factory: RecordingFactory;
  readonly endpoint: HostnameEndpoint;
  /** Connections that the servers have. */
  connections(): number;
}

/** `www` has an address of each kind given. */
function race(kinds: readonly (readonly [kind: Kind, family: 4 | 6])[], latency: number): Race {
  const network = new SimulatedNetwork({ latency, lookupLatency: 0 });
  const client = network.host('client').reactor;
  const servers = kinds.map(([kind, family], index) => {
    const address = family === 4 ? `10.1.0.${index + 1}` : `fd01::${index + 1}`;
    if (kind === 'dead') return { address, reactor: undefined };
    const { reactor } = network.host(`server ${index}`, { addresses: [address] });
    if (kind === 'good') void new TCPServerEndpoint(reactor, 80, { interface: '::' }).listen(() => new Recorder());
    return { address, reactor };
  });
  network.names.set(
    'www',
    servers.map(({ address }) => address),
  );
  network.advance(0);
  return {
    network,
    client,
    factory: new RecordingFactory(() => new Recorder()),
    endpoint: new HostnameEndpoint(client, 'www', 80, { timeout: 60 }),
    connections: () =>
      servers.reduce(
        (sum, { reactor }) => sum + (reactor?.openHandles().filter((each) => 'write' in each).length ?? 0),
        0,
      ),
  };
}

describe('a race of addresses', () => {
  const kinds = fc.array(
    fc.tuple(fc.constantFrom('good', 'refused', 'dead'), fc.constantFrom(4, 6)) as fc.Arbitrary<[Kind, 4 | 6]>,
    { minLength: 1, maxLength: 6 },
  );
  const latency = fc.constantFrom(0.001, 0.1, 0.4);

  it('has one winner where there can be one, in time, and tells of a refusal otherwise', () => {
    fc.assert(
      fc.property(kinds, latency, (given, way) => {
        const { network, client, factory, endpoint, connections } = race(given, way);
        const connected = endpoint.connect(factory);
        const has = (kind: Kind): boolean => given.some(([each]) => each === kind);
        if (has('good')) {
          // At worst it is tried last, a quarter of a second after the one before.
          network.advance(0.25 * (given.length - 1) + 2 * way + 0.001);
          const protocol = successResultOf(connected);
          expect(factory.built).to.deep.equal([protocol]);
          expect(client.openHandles()).to.deep.equal([protocol.transport]);
          network.advance(100);
          expect(factory.built).to.have.length(1);
          expect(connections()).to.equal(1);
        } else {
          network.advance(60);
          const { name } = failureResultOf(connected);
          expect(name).to.equal(has('dead') ? 'ConnectTimeoutError' : 'ConnectionRefusedError');
          network.advance(0);
          expect(client.openHandles()).to.deep.equal([]);
        }
      }),
    );
  });

  it('leaves nothing when it is cancelled, at any time', () => {
    fc.assert(
      fc.property(kinds, latency, fc.double({ min: 0, max: 2, noNaN: true }), (given, way, seconds) => {
        const { network, client, factory, endpoint, connections } = race(given, way);
        const connected = endpoint.connect(factory);
        network.advance(seconds);
        const before = connected.called;
        connected.cancel();
        if (before) connected.addErrback(() => undefined);
        else failureResultOf(connected, CancelledError);
        const { length } = factory.built;
        expect(length).to.equal(before && given.some(([kind]) => kind === 'good') ? 1 : 0);
        network.advance(0);
        expect(client.openHandles()).to.have.length(length);
        network.advance(100);
        expect(factory.built).to.have.length(length);
        expect(connections()).to.equal(length);
      }),
    );
  });
});
