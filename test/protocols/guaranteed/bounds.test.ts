import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Address } from '../../../index.js';
import { checksumOf, DuplicateMemory, PeerMemory } from '../../../protocols/guaranteed/duplicate-memory.js';
import { RecentSends } from '../../../protocols/guaranteed/recent-sends.js';
import { type Queued, SendQueue } from '../../../protocols/guaranteed/send-queue.js';
import { Trust } from '../../../protocols/guaranteed/trust.js';
import { assertNoResult, failureResultOf, successResultOf } from '../../../testing.js';
import { ack, data, stage } from './fixtures.js';

describe('the standing of a peer', () => {
  const heard = (...sizes: number[]): Trust => {
    const trust = new Trust('stranger');
    for (const size of sizes) trust.heard(size);
    return trust;
  };

  it('lets a stranger have three times its bytes, and three times its datagrams', () => {
    const trust = heard(10);
    expect([trust.allows(30), trust.allows(31)]).to.deep.equal([true, false]);
    for (let i = 0; i < 3; i++) trust.sent(1);
    expect(trust.allows(1)).to.equal(false);
    trust.heard(1);
    expect(trust.allows(1)).to.equal(true);
  });

  it('keeps room for one datagram more where that is asked', () => {
    const trust = heard(10);
    expect([trust.allows(25, 5), trust.allows(26, 5)]).to.deep.equal([true, false]);
    trust.sent(1);
    trust.sent(1);
    expect([trust.allows(1), trust.allows(1, 1)]).to.deep.equal([true, false]);
  });

  it('limits nothing for whom the program has chosen', () => {
    const trust = new Trust('chosen');
    trust.sent(1e6);
    expect([trust.allows(1e6), trust.full]).to.deep.equal([true, true]);
    trust.prove();
    expect(trust.standing).to.equal('chosen');
  });

  it('limits no bytes after an ACK, and nothing after a RECV', () => {
    const trust = heard(5);
    trust.proveWeakly();
    expect([trust.allows(1e6), trust.full]).to.deep.equal([true, false]);
    trust.prove();
    expect([trust.allows(1e6), trust.full]).to.deep.equal([true, true]);
    trust.proveWeakly();
    expect(trust.standing).to.equal('strong');
  });

  it('is lost by whom a weak proof was all, and who then leaves a message without an answer', () => {
    const trust = heard(1000);
    trust.proveWeakly();
    trust.disappoint();
    expect([trust.standing, trust.allows(1)]).to.deep.equal(['stranger', false]);
    trust.heard(10);
    expect(trust.allows(30)).to.equal(true);
    trust.prove();
    trust.disappoint();
    expect(trust.standing).to.equal('strong');
  });
});

describe('the table of peers', () => {
  const from = (n: number): Address => ({ host: '192.0.2.1', port: n });
  const known = ({ protocol, transport }: ReturnType<typeof stage>, n: number): boolean => {
    // Who is known has the RECV of a copy counted as one.
    const before = protocol.counters.duplicates;
    transport.deliver(data(n), from(n));
    return protocol.counters.duplicates > before;
  };

  it('lets go the unproven first, when room is needed, and only who is idle', () => {
    const scene = stage({ maxPeers: 4 });
    const { protocol, transport, clock } = scene;
    for (const n of [1, 2]) {
      transport.deliver(data(n), from(n));
      transport.deliver(ack(n), from(n)); // a weak proof
    }
    for (const n of [3, 4]) transport.deliver(data(n), from(n));
    clock.advance(9); // all is over, and may not be forgotten yet
    transport.deliver(data(5), from(5));
    expect(protocol.counters).to.deep.include({ peers: 4, overflowed: 1 });
    clock.advance(2);
    protocol.send('x', from(6)).addErrback(() => {});
    expect(protocol.counters.peers).to.equal(3);
    expect([1, 2].map((n) => known(scene, n))).to.deep.equal([true, true]);
    expect(known(scene, 3)).to.equal(false);
  });

  it('takes in whom the program sends to, in any case', () => {
    const { protocol, transport } = stage({ maxPeers: 2 });
    for (let n = 1; n <= 10; n++) protocol.send('x', from(n)).addErrback(() => {});
    expect([protocol.counters.peers, transport.written.length]).to.deep.equal([10, 10]);
  });
});

describe('the memory of what has come', () => {
  it('knows a message by identity and bytes, peer by peer', () => {
    const memory = new DuplicateMemory(100, 10, 0);
    const [one, other] = [new PeerMemory(), new PeerMemory()];
    memory.add(one, 0xffffffff, 5, false);
    expect(memory.has(one, 0xffffffff, 5)).to.equal(true);
    expect(memory.has(one, 0xffffffff, 6)).to.equal(false);
    expect(memory.has(one, 7, 5)).to.equal(false);
    expect(memory.has(other, 0xffffffff, 5)).to.equal(false);
    for (const checksum of [6, 7]) memory.add(one, 0xffffffff, checksum, false);
    for (const checksum of [5, 6, 7]) expect(memory.has(one, 0xffffffff, checksum)).to.equal(true);
    expect(memory.size).to.equal(3);
  });

  it('knows it for one generation at least, and for two at most', () => {
    const memory = new DuplicateMemory(100, 10, 0);
    const peer = new PeerMemory();
    memory.add(peer, 1, 1, false);
    expect([memory.turn(29.9), memory.turn(30)]).to.deep.equal([false, true]);
    memory.add(peer, 2, 2, false);
    expect(memory.has(peer, 1, 1)).to.equal(true);
    memory.turn(60);
    expect([memory.has(peer, 1, 1), memory.has(peer, 2, 2)]).to.deep.equal([false, true]);
    memory.turn(1000);
    expect([memory.size, memory.isEmpty(peer)]).to.deep.equal([0, true]);
  });

  it('takes no more than it may hold, and forgets early only what is old enough', () => {
    const memory = new DuplicateMemory(4, 10, 0);
    const peer = new PeerMemory();
    for (const identity of [1, 2, 3, 4]) memory.add(peer, identity, 0, false);
    expect(memory.hasRoom(9.9, false)).to.equal(false);
    expect(memory.has(peer, 1, 0)).to.equal(true);
    expect(memory.hasRoom(10, false)).to.equal(false); // a turn, but all four are in the old generation now
    expect(memory.has(peer, 1, 0)).to.equal(true);
    expect(memory.hasRoom(20, false)).to.equal(true);
    expect(memory.has(peer, 1, 0)).to.equal(false);
  });

  it('lets strangers fill half of it only', () => {
    const memory = new DuplicateMemory(8, 10, 0);
    const peer = new PeerMemory();
    for (const identity of [1, 2, 3, 4]) memory.add(peer, identity, 0, true);
    expect(memory.hasRoom(1, true)).to.equal(false);
    expect(memory.hasRoom(1, false)).to.equal(true);
  });

  it('never forgets what is younger than it must know, whatever comes', () => {
    const step = fc.record({ wait: fc.double({ min: 0, max: 8, noNaN: true }), identity: fc.nat({ max: 20 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 2, max: 12 }), (steps, capacity) => {
        const memory = new DuplicateMemory(capacity, 10, 0);
        const peer = new PeerMemory();
        const addedAt = new Map<number, number>();
        let now = 0;
        for (const { wait, identity } of steps) {
          now += wait;
          memory.turn(now);
          for (const [known, at] of addedAt) {
            if (now - at < 10) expect(memory.has(peer, known, 0)).to.equal(true);
          }
          if (memory.has(peer, identity, 0) || !memory.hasRoom(now, false)) continue;
          memory.add(peer, identity, 0, false);
          addedAt.set(identity, now);
          expect(memory.size).to.be.at.most(capacity);
        }
      }),
    );
  });

  it('tells bytes apart', () => {
    expect(checksumOf(Buffer.from(''))).to.equal(0x811c9dc5 | 0);
    expect(checksumOf(Buffer.from('foobar'))).to.equal(0xbf9cf968 | 0);
    expect(checksumOf(Buffer.from('ac'))).to.not.equal(checksumOf(Buffer.from('ba')));
  });
});

describe('the memory of what was sent', () => {
  it('knows to whom, and keeps no more than two generations', () => {
    const recent = new RecentSends(0);
    for (let i = 0; i < 100_000; i++) recent.note(i, 'peer', 1);
    expect(recent.peerOf(99_999)).to.equal('peer');
    expect(recent.peerOf(0)).to.equal(undefined);
    recent.note(0xffffffff, 'other', 61);
    expect([recent.peerOf(0xffffffff), recent.peerOf(99_999)]).to.deep.equal(['other', 'peer']);
    recent.note(1, 'other', 121);
    expect(recent.peerOf(99_999)).to.equal(undefined);
  });
});

describe('the send queue', () => {
  const entry = (length: number): Queued => ({ length, previous: undefined, next: undefined });

  it('is a list from which anything can be taken, at any place', () => {
    const operation = fc.oneof(fc.constant('push' as const), fc.nat({ max: 20 }));
    fc.assert(
      fc.property(fc.array(operation), (operations) => {
        const queue = new SendQueue<Queued>({ messages: 1000, bytes: 1e6, longest: 100 });
        const model: Queued[] = [];
        for (const each of operations) {
          if (each === 'push') {
            model.push(entry(model.length + 1));
            queue.push(model.at(-1)!);
          } else if (model.length > 0) queue.remove(model.splice(each % model.length, 1)[0]!);
          expect(queue.messages).to.equal(model.length);
          expect(queue.bytes).to.equal(model.reduce((sum, { length }) => sum + length, 0));
          expect(queue.first).to.equal(model[0]);
        }
        for (const wanted of model) {
          expect(queue.first).to.equal(wanted);
          queue.remove(wanted);
        }
      }),
    );
  });

  it('has room up to so many messages or bytes, and for one of any length', () => {
    const queue = new SendQueue<Queued>({ messages: 3, bytes: 100, longest: 100 });
    expect(queue.hasRoom(1000)).to.equal(true);
    queue.push(entry(60));
    expect([queue.hasRoom(40), queue.hasRoom(41)]).to.deep.equal([true, false]);
    queue.push(entry(0));
    queue.push(entry(0));
    expect(queue.hasRoom(0)).to.equal(false);
  });

  it('tells who waits for room when half of it is free', () => {
    const queue = new SendQueue<Queued>({ messages: 4, bytes: 1000, longest: 100 });
    successResultOf(queue.whenWritable());
    const entries = [1, 2, 3, 4].map(entry);
    entries.forEach((each) => queue.push(each));
    const writable = queue.whenWritable();
    queue.remove(entries[0]!);
    queue.tellWriters();
    assertNoResult(writable);
    queue.remove(entries[1]!);
    queue.tellWriters();
    successResultOf(writable);
  });

  it('tells who waits for room no sooner than when there is room for any message', () => {
    const queue = new SendQueue<Queued>({ messages: 100, bytes: 100, longest: 90 });
    const entries = [20, 20, 20].map(entry);
    entries.forEach((each) => queue.push(each));
    const writable = queue.whenWritable();
    for (const each of entries) {
      assertNoResult(writable);
      queue.remove(each);
      queue.tellWriters();
    }
    successResultOf(writable);
  });

  it('forgets who no longer waits, and tells the others when there is no use', () => {
    const queue = new SendQueue<Queued>({ messages: 1, bytes: 1000, longest: 100 });
    queue.push(entry(1));
    const [one, other] = [queue.whenWritable(), queue.whenWritable()];
    one.cancel();
    queue.failWriters(() => new Error('stopped'));
    expect(failureResultOf(one).name).to.equal('CancelledError');
    expect(failureResultOf(other).message).to.equal('stopped');
  });
});
