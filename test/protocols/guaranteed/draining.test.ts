import { expect } from 'chai';
import { describe, it } from 'mocha';
import { NotConnectedError } from '../../../index.js';
import { DeliveryFailedError, GuaranteedDatagramProtocol } from '../../../protocols/index.js';
import { assertNoResult, failureResultOf, FakeDatagramTransport, successResultOf } from '../../../testing.js';
import { ack, copiesOf, data, identitiesOf, OTHER, PEER, recv, stage } from './fixtures.js';

describe('drain', () => {
  it('stops the port at once where nothing is pending', () => {
    const { protocol, transport, clock } = stage();
    const drained = protocol.drain();
    assertNoResult(drained);
    clock.advance(0);
    successResultOf(drained);
    expect([transport.stopped, protocol.connected]).to.deep.equal([true, false]);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('waits for what is pending, and goes on sending it', () => {
    const { protocol, transport, clock } = stage();
    const sent = protocol.send('pending', PEER);
    const drained = protocol.drain();
    clock.advance(1);
    assertNoResult(drained);
    expect(copiesOf(transport)).to.deep.equal({ pending: 2 });
    transport.deliver(recv(identitiesOf(transport)[0]!), PEER);
    successResultOf(sent);
    clock.advance(0);
    successResultOf(drained);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('sends what waits in the queue, too', () => {
    const { protocol, transport, clock } = stage();
    for (let i = 0; i < 100; i++) void protocol.send(String(i), PEER);
    const drained = protocol.drain();
    for (let i = 0; i < 100; i++) transport.deliver(recv(identitiesOf(transport)[i]!), PEER);
    clock.advance(0);
    successResultOf(drained);
    expect(Object.keys(copiesOf(transport))).to.have.lengthOf(100);
  });

  it('waits for the ACK to what was confirmed', () => {
    const { protocol, transport, clock } = stage();
    transport.deliver(data(7), PEER);
    const drained = protocol.drain();
    clock.advance(2);
    assertNoResult(drained);
    transport.deliver(ack(7), PEER);
    clock.advance(0);
    successResultOf(drained);
  });

  it('waits for an ACK that does not come until it is not asked for any more', () => {
    const { protocol, transport, clock } = stage();
    transport.deliver(data(7), PEER);
    const drained = protocol.drain();
    clock.advance(6.4);
    assertNoResult(drained);
    clock.advance(0.1);
    successResultOf(drained);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('fails what is sent from then on', () => {
    const { protocol, transport } = stage();
    void protocol.send('pending', PEER);
    void protocol.drain();
    const sent = protocol.send('late', PEER);
    expect(failureResultOf(sent, DeliveryFailedError)).to.deep.include({ reason: 'stopped', attempts: 0 });
    failureResultOf(protocol.whenWritable(PEER), DeliveryFailedError);
    expect(copiesOf(transport)).to.deep.equal({ pending: 1 });
  });

  it('fails who waits for room in a queue', () => {
    const { protocol } = stage({ queue: { messages: 1 } });
    for (let i = 0; i < 33; i++) void protocol.send('x', PEER);
    const writable = protocol.whenWritable(PEER);
    void protocol.drain();
    expect(failureResultOf(writable, DeliveryFailedError).reason).to.equal('stopped');
  });

  it('neither delivers nor confirms what comes, but for copies of what was delivered', () => {
    const { protocol, transport, clock, written } = stage();
    transport.deliver(data(1, 'before'), PEER);
    void protocol.drain();
    written();
    clock.advance(0.2);
    transport.deliver(data(2, 'new'), PEER);
    transport.deliver(data(3, 'new'), OTHER);
    expect(written()).to.deep.equal([]);
    transport.deliver(data(1, 'before'), PEER);
    expect(written()).to.deep.equal(['RECV 1']);
    expect(protocol.messages).to.deep.equal(['before']);
  });

  it('ends at its timeout, and fails what is left', () => {
    const { protocol, transport, clock } = stage();
    const sent = protocol.send('to nobody', PEER);
    transport.deliver(data(7), OTHER);
    const drained = protocol.drain(1);
    clock.advance(1);
    expect(failureResultOf(sent, DeliveryFailedError)).to.deep.include({ reason: 'stopped', attempts: 2 });
    successResultOf(drained);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
    expect(protocol.counters).to.deep.include({ pending: 0, unacknowledged: 0, peers: 0 });
  });

  it('ends at its timeout whatever traffic there is', () => {
    const { protocol, transport, clock } = stage();
    transport.deliver(data(0), PEER);
    protocol.send('to nobody', OTHER).addErrback(() => {});
    const drained = protocol.drain(3);
    for (let i = 0; i < 29; i++) {
      transport.deliver(data(i, String(i)), PEER);
      transport.deliver(data(0), PEER);
      clock.advance(0.1);
    }
    assertNoResult(drained);
    clock.advance(0.11);
    successResultOf(drained);
  });

  it('takes ten seconds at most if it is not told', () => {
    const { protocol, clock } = stage();
    for (let i = 0; i < 1000; i++) protocol.send(String(i), PEER).addErrback(() => {});
    const drained = protocol.drain();
    clock.advance(9.9);
    assertNoResult(drained);
    clock.advance(0.1);
    successResultOf(drained);
  });

  it('is harmless twice, and after the end', () => {
    const { protocol, clock } = stage();
    protocol.send('x', PEER).addErrback(() => {});
    const drained = [protocol.drain(1), protocol.drain(50)];
    clock.advance(1);
    drained.forEach(successResultOf);
    successResultOf(protocol.drain());
    successResultOf(new GuaranteedDatagramProtocol().drain());
  });

  it('fires, too, when the port is stopped meanwhile', () => {
    const { protocol, transport, clock } = stage();
    const sent = protocol.send('x', PEER);
    const drained = protocol.drain();
    void transport.stopListening();
    const late = protocol.drain();
    clock.advance(0);
    failureResultOf(sent, DeliveryFailedError);
    [drained, late].forEach(successResultOf);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('refuses a time that is none', () => {
    const { protocol } = stage();
    for (const timeout of [-1, NaN, Infinity]) expect(() => protocol.drain(timeout)).to.throw(RangeError);
    expect(protocol.connected).to.equal(true);
  });
});

describe('stopListening', () => {
  it('fails every send, and leaves no timer', () => {
    const { protocol, transport, clock } = stage({ queue: { messages: 8 } });
    const failures: string[] = [];
    const note = (error: Error): void => void failures.push((error as DeliveryFailedError).reason);
    for (let i = 0; i < 40; i++) protocol.send(String(i), PEER).addErrback(note);
    protocol.whenWritable(PEER).addErrback(note);
    transport.deliver(data(7), OTHER);
    const stopped = transport.stopListening();
    expect(failures).to.deep.equal([]);
    clock.advance(0);
    successResultOf(stopped);
    expect(failures).to.deep.equal(new Array(41).fill('stopped'));
    expect(clock.getDelayedCalls()).to.deep.equal([]);
    expect(protocol.counters).to.deep.include({ pending: 0, unacknowledged: 0, peers: 0, remembered: 0 });
  });

  it('keeps what was begun in the same turn from being sent again', () => {
    const { protocol, transport, clock } = stage();
    const sent = protocol.send('x', PEER);
    void transport.stopListening();
    expect(() => protocol.sendForeign('x', PEER)).to.throw(NotConnectedError);
    clock.advance(10);
    expect(copiesOf(transport)).to.deep.equal({ x: 1 });
    failureResultOf(sent, DeliveryFailedError);
  });

  it('may be called by what a message or its receipt sets off', () => {
    for (const packet of ['data', 'recv', 'refused'] as const) {
      const { protocol, transport, clock } = stage();
      transport.connect(PEER.host, PEER.port);
      const stop = (): void => void transport.stopListening();
      protocol.messageReceived = stop;
      const results: unknown[] = [];
      for (let i = 0; i < 40; i++) {
        protocol.send(String(i), PEER).addCallbacks(
          () => (results.push('confirmed'), stop()),
          (error) => (results.push((error as DeliveryFailedError).reason), stop()),
        );
      }
      const before = transport.written.length;
      if (packet === 'data') transport.deliver(data(1), PEER);
      else if (packet === 'recv') transport.deliver(recv(identitiesOf(transport)[0]!), PEER);
      else transport.refuse();
      clock.advance(0);
      const first = { data: 'stopped', recv: 'confirmed', refused: 'refused' }[packet];
      expect(results[0], packet).to.equal(first);
      expect(results, packet).to.have.lengthOf(40);
      expect(new Set(results.slice(packet === 'refused' ? 32 : 1)), packet).to.deep.equal(new Set(['stopped']));
      const after = transport.written.slice(before).map((each) => each.data[0]);
      expect(after, packet).to.deep.equal({ data: [0x5f], recv: [0xae], refused: [] }[packet]);
      expect(clock.getDelayedCalls(), packet).to.deep.equal([]);
    }
  });

  it('in the middle of a queue that can no longer be sent fails the rest as stopped', () => {
    const { protocol, transport, clock } = stage();
    const failures: string[] = [];
    for (let i = 0; i < 40; i++) {
      protocol.send(String(i), PEER).addErrback((error) => {
        failures.push((error as DeliveryFailedError).reason ?? error.name);
        void transport.stopListening();
      });
    }
    transport.connect(OTHER.host, OTHER.port);
    clock.advance(60);
    expect(failures).to.deep.equal(['AddressError', ...new Array(39).fill('stopped')]);
  });

  it('runs stopProtocol first, where nothing can be sent any more', () => {
    const seen: unknown[] = [];
    class Last extends GuaranteedDatagramProtocol {
      override stopProtocol(): void {
        seen.push(this.counters.pending);
        try {
          void this.send('goodbye', PEER);
        } catch (error) {
          seen.push((error as Error).name);
        }
      }
    }
    const protocol = new Last();
    const transport = new FakeDatagramTransport();
    void protocol.makeConnection(transport);
    protocol.send('x', PEER).addErrback(() => seen.push('failed'));
    void transport.stopListening();
    transport.clock.advance(0);
    expect(seen).to.deep.equal([1, 'NotConnectedError', 'failed']);
  });
});

describe('a protocol on several ports', () => {
  it('answers from the port that heard, and knows its peers port by port', () => {
    const { protocol, transport } = stage();
    const other = new FakeDatagramTransport({ clock: transport.clock, port: 5555 });
    void protocol.makeConnection(other);
    transport.deliver(data(7, 'x'), PEER);
    other.deliver(data(7, 'x'), PEER);
    expect(protocol.messages).to.deep.equal(['x', 'x']);
    expect([transport.written.length, other.written.length]).to.deep.equal([1, 1]);
    expect(protocol.counters).to.deep.include({ peers: 2, unacknowledged: 2 });
  });

  it('ends the exchanges of the port that is stopped, and goes on with the others', () => {
    const { protocol, transport, clock } = stage();
    const other = new FakeDatagramTransport({ clock, port: 5555 });
    const sent = protocol.send('by the first', PEER);
    void protocol.makeConnection(other);
    void transport.stopListening();
    const second = protocol.send('by the second', PEER);
    clock.advance(0);
    failureResultOf(sent, DeliveryFailedError);
    assertNoResult(second);
    expect(copiesOf(other)).to.deep.equal({ 'by the second': 1 });
  });

  it('drains them all', () => {
    const { protocol, transport, clock } = stage();
    const other = new FakeDatagramTransport({ clock, port: 5555 });
    void protocol.makeConnection(other);
    other.deliver(data(7), PEER);
    const drained = protocol.drain();
    clock.advance(0);
    expect([transport.stopped, other.stopped]).to.deep.equal([true, false]);
    other.deliver(ack(7), PEER);
    clock.advance(0);
    successResultOf(drained);
    expect(other.stopped).to.equal(true);
  });

  it('can be put on a new port when it was drained', () => {
    const { protocol, clock } = stage();
    void protocol.drain();
    clock.advance(0);
    const next = new FakeDatagramTransport({ clock });
    void protocol.makeConnection(next);
    void protocol.send('again', PEER);
    expect(copiesOf(next)).to.deep.equal({ again: 1 });
  });
});
