/** What was found wrong with the original, one by one. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Address, MessageLengthError } from '../../../index.js';
import { GuaranteedDatagramProtocol, SendQueueFullError } from '../../../protocols/index.js';
import { assertNoResult, successResultOf } from '../../../testing.js';
import { ack, copiesOf, data, identitiesOf, OTHER, PEER, recv, stage, stageOf } from './fixtures.js';

describe('the faults of the original', () => {
  it('G1: other traffic does not put off a resend', () => {
    const { protocol, transport, clock } = stage();
    protocol.send('x', PEER).addErrback(() => {});
    for (let i = 0; i < 40; i++) {
      clock.advance(0.1);
      transport.deliver('junk', PEER);
      transport.deliver(recv(1), OTHER);
    }
    expect(copiesOf(transport)).to.deep.equal({ x: 5 });
  });

  it('G2: a copy that comes after the ACK is not delivered again', () => {
    const { protocol, transport, clock } = stage();
    transport.deliver(data(1, 'x'), PEER);
    transport.deliver(ack(1), PEER);
    for (let i = 0; i < 25; i++) {
      clock.advance(1);
      transport.deliver(data(1, 'x'), PEER);
    }
    expect(protocol.messages).to.deep.equal(['x']);
  });

  for (const identities of ['unguessable', 'sequential'] as const) {
    it(`G3: no two messages share an identity (${identities})`, () => {
      const { protocol, transport } = stage({ identities });
      for (const text of ['ac', 'ba', 'ac', 'ba', 'ab', 'b', 'a', 'A']) void protocol.send(text, PEER);
      expect(identitiesOf(transport)).to.have.lengthOf(8);
    });
  }

  it('G3: nor does a message share that of one which was confirmed a moment ago', () => {
    const { protocol, transport } = stage({ identities: 'sequential' });
    for (const text of ['ac', 'ba']) {
      void protocol.send(text, PEER);
      transport.deliver(recv(identitiesOf(transport).at(-1)!), PEER);
    }
    expect(identitiesOf(transport)).to.have.lengthOf(2);
  });

  it('G3: nor with one that waits in the queue', () => {
    const { protocol, transport } = stage({ identities: 'sequential' });
    for (let i = 0; i < 100; i++) void protocol.send(i % 2 === 0 ? 'ac' : 'ba', PEER);
    for (let i = 0; i < 100; i++) transport.deliver(recv(identitiesOf(transport)[i]!), PEER);
    expect(protocol.counters.pending).to.equal(0);
    expect(identitiesOf(transport)).to.have.lengthOf(100);
  });

  it('G4: a message that is too long fails alone', () => {
    const { protocol, transport, clock } = stage();
    const before = protocol.send('before', PEER);
    expect(() => protocol.send(Buffer.alloc(65503), PEER)).to.throw(MessageLengthError);
    clock.advance(1);
    void protocol.send('after', PEER);
    expect(copiesOf(transport)).to.deep.equal({ before: 2, after: 1 });
    transport.deliver(recv(identitiesOf(transport)[0]!), PEER);
    successResultOf(before);
  });

  it('G5, G6: what is sent while much is pending and sent again is not lost', () => {
    const { protocol, transport, clock } = stage();
    let [sent, confirmed] = [0, 0];
    const next = (): void => {
      if (sent++ < 3000)
        protocol
          .send(String(sent), PEER)
          .addCallback(() => confirmed++)
          .addCallback(next);
    };
    for (let i = 0; i < 1000; i++) next();
    for (let answered = 0; confirmed < 3000; clock.advance(0.001)) {
      if (answered % 7 === 0) clock.advance(0.2);
      const identity = identitiesOf(transport)[answered++];
      if (identity !== undefined) transport.deliver(recv(identity), PEER);
      if (transport.written.length > 50_000) break;
    }
    expect(confirmed).to.equal(3000);
  }).timeout(20_000);

  it('G7: nobody but the peer advances an exchange', () => {
    const { protocol, transport } = stage();
    const sent = protocol.send('x', PEER);
    transport.deliver(data(1), PEER);
    transport.deliver(recv(identitiesOf(transport)[0]!), OTHER);
    transport.deliver(ack(1), OTHER);
    assertNoResult(sent);
    expect(protocol.counters).to.deep.include({ pending: 1, unacknowledged: 1 });
  });

  it('G8: two peers may use one identity', () => {
    const { protocol, transport, written } = stage();
    transport.deliver(data(1, 'x'), PEER);
    transport.deliver(data(1, 'x'), OTHER);
    expect(protocol.messages).to.deep.equal(['x', 'x']);
    expect(written()).to.deep.equal(['RECV 1', 'RECV 1']);
  });

  it('G9: a forged DATA draws three times its bytes at most, from an echo, too', () => {
    class Echoing extends GuaranteedDatagramProtocol {
      override messageReceived(bytes: Buffer, address: Address): void {
        this.send(bytes, address).addErrback(() => {});
      }
    }
    const { transport, clock } = stageOf(new Echoing());
    transport.deliver(data(1, '12345'), PEER);
    clock.advance(60);
    const sizes = transport.written.map((each) => each.data.length);
    expect(sizes.length).to.be.at.most(3);
    expect(sizes.reduce((sum, size) => sum + size + 28, 0)).to.be.at.most(3 * (10 + 28));
  });

  it('G10: pending, received and queued are bounded', () => {
    const { protocol, transport } = stage({ maxPeers: 10, maxRemembered: 20, queue: { messages: 5 } });
    const fill = (): void => {
      for (;;) void protocol.send('x', PEER);
    };
    expect(fill).to.throw(SendQueueFullError);
    for (let i = 0; i < 100; i++) transport.deliver(data(i), { host: '192.0.2.77', port: 1 + i });
    for (let i = 0; i < 100; i++) transport.deliver(data(i), PEER);
    expect(protocol.counters).to.deep.equal({
      pending: 37,
      unacknowledged: 20,
      peers: 6, // five of them unproven
      remembered: 20,
      held: 0,
      duplicates: 0,
      overflowed: 95 + 85,
    });
    expect(protocol.messages).to.have.lengthOf(20);
  });

  it('G11: the sender is told, and does not flood', () => {
    const { protocol, transport, clock } = stage();
    const results = Array.from({ length: 1000 }, () => protocol.send('x', PEER).addErrback(() => 'failed'));
    expect(transport.written).to.have.lengthOf(32);
    clock.advance(100);
    expect(results.map(successResultOf)).to.deep.equal(new Array(1000).fill('failed'));
  });

  it('G12: a copy draws one RECV', () => {
    const { transport, clock, written } = stage();
    transport.deliver(data(1), PEER);
    clock.advance(0.3);
    written();
    transport.deliver(data(1), PEER);
    expect(written()).to.deep.equal(['RECV 1']);
  });

  it('G13: a RECV to what was never sent is not confirmed', () => {
    const { transport, written } = stage();
    transport.deliver(recv(1), PEER);
    expect(written()).to.deep.equal([]);
  });
});
