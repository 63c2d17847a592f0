import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Address } from '../../../index.js';
import { GuaranteedDatagramProtocol } from '../../../protocols/index.js';
import { assertNoResult, type FakeDatagramTransport, successResultOf } from '../../../testing.js';
import { ack, data, identitiesOf, identityOf, OTHER, PEER, recv, stage, stageOf } from './fixtures.js';

/** Answers every message with as many of its own as it is told, and takes no notice of what becomes of them. */
class Answerer extends GuaranteedDatagramProtocol {
  readonly #answers: readonly string[];

  constructor(...answers: string[]) {
    super();
    this.#answers = answers;
  }

  override messageReceived(_data: Buffer, address: Address): void {
    for (const answer of this.#answers) this.send(answer, address).addErrback(() => {});
  }
}

const bytesTo = ({ written }: FakeDatagramTransport): number =>
  written.reduce((sum, each) => sum + each.data.length, 0);

describe('a peer that spoke first', () => {
  it('gets no more than three times its bytes and datagrams while it proves nothing', () => {
    const { transport, clock } = stageOf(new Answerer('x', 'y'.repeat(20)));
    const request = data(1, 'x'.repeat(5));
    transport.deliver(request, PEER);
    clock.advance(60);
    expect(bytesTo(transport)).to.be.at.most(3 * request.length);
    expect(transport.written.length).to.be.at.most(3);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('gets the RECV and what fits beside one more', () => {
    const { protocol, transport, written } = stageOf(new Answerer('x'));
    transport.deliver(data(1, 'xx'), PEER);
    const [identity = 0] = identitiesOf(transport);
    expect(written()).to.deep.equal(['RECV 1', `DATA ${identity} x`]);
    expect(protocol.counters.held).to.equal(0);
  });

  it('gets what was held back at the moment of its ACK, and no sooner', () => {
    const { protocol, transport, clock, written } = stageOf(new Answerer('y'.repeat(1000)));
    transport.deliver(data(1, 'x'), PEER);
    clock.advance(0.3);
    expect(written()).to.deep.equal(['RECV 1']);
    expect(protocol.counters.held).to.equal(1);
    transport.deliver(ack(1), PEER);
    const [identity = 0] = identitiesOf(transport);
    expect(written()).to.deep.equal([`DATA ${identity} ${'y'.repeat(1000)}`]);
    expect(protocol.counters.held).to.equal(0);
  });

  it('gets a copy that was held back at that moment, too', () => {
    const { transport, clock, written } = stageOf(new Answerer('reply'));
    transport.deliver(data(1, 'x'.repeat(4)), PEER);
    const [identity = 0] = identitiesOf(transport);
    expect(written()).to.deep.equal(['RECV 1', `DATA ${identity} reply`]);
    clock.advance(0.8);
    expect(written()).to.deep.equal([]); // a third datagram is kept for a RECV
    transport.deliver(ack(1), PEER);
    expect(written()).to.deep.equal([`DATA ${identity} reply`]);
  });

  it('gets more as it says more', () => {
    const { transport, written } = stageOf(new Answerer('y'.repeat(30)));
    transport.deliver(data(1, 'x'), PEER);
    expect(written()).to.deep.equal(['RECV 1']);
    transport.deliver('x'.repeat(20), PEER);
    expect(written()).to.have.lengthOf(1);
  });

  it('gets one message at a time until it has answered one of them', () => {
    const { transport, written, protocol } = stageOf(new Answerer('one', 'two', 'three'));
    transport.deliver(data(1, 'x'), PEER);
    transport.deliver(ack(1), PEER);
    const [identity = 0] = identitiesOf(transport);
    expect(written()).to.deep.equal(['RECV 1', `DATA ${identity} one`]);
    expect(protocol.counters.held).to.equal(2);
    transport.deliver(recv(identity), PEER);
    expect(written().map((packet) => packet.replace(/ \d+/, ''))).to.deep.equal(['ACK', 'DATA two', 'DATA three']);
    expect(protocol.counters.held).to.equal(0);
  });

  it('proves nothing by an ACK or RECV of something else, nor by those of another address', () => {
    const { protocol, transport, written } = stageOf(new Answerer('y'.repeat(1000)));
    transport.deliver(data(1, 'x'), PEER);
    written();
    transport.deliver(ack(2), PEER);
    transport.deliver(recv(2), PEER);
    transport.deliver(ack(1), OTHER);
    expect(written()).to.deep.equal([]);
    expect(protocol.counters.held).to.equal(1);
  });

  it('that has sent an ACK blindly draws six copies of one message, and then must prove itself again', () => {
    const { transport, clock, written } = stageOf(new Answerer('one', 'two', 'three'));
    transport.deliver(data(1, 'x'), PEER);
    transport.deliver(ack(1), PEER);
    clock.advance(60);
    const packets = written().map((packet) => packet.replace(/ \d+/, ''));
    expect(packets).to.deep.equal(['RECV', ...new Array(6).fill('DATA one')]);
  });

  for (const way of ['deadline', 'cancel'] as const) {
    it(`that has sent an ACK blindly draws no second message when the first is ended by ${way}`, () => {
      const { protocol, transport, clock, written } = stage();
      transport.deliver(data(1, 'x'), PEER);
      transport.deliver(ack(1), PEER);
      written();
      for (let i = 0; i < 10; i++) {
        const sent = protocol.send(`message ${i}`, PEER, { deadline: 0.1 });
        sent.addErrback(() => {});
        if (way === 'cancel') sent.cancel();
        clock.advance(1);
      }
      expect(written().map((packet) => packet.replace(/ \d+/, ''))).to.deep.equal(['DATA message 0']);
    });
  }

  it('proves itself, too, by its answer to a message that was given up', () => {
    const { protocol, transport, written } = stage();
    transport.deliver(data(1, 'x'), PEER);
    transport.deliver(ack(1), PEER);
    const given = protocol.send('given up', PEER);
    const [identity = 0] = identitiesOf(transport);
    given.addErrback(() => {}).cancel();
    for (const text of ['one', 'two']) void protocol.send(text, PEER);
    written();
    transport.deliver(recv(identity), OTHER);
    expect(written()).to.deep.equal([]);
    transport.deliver(recv(identity), PEER);
    const packets = written().map((packet) => packet.replace(/ \d+/, ''));
    expect(packets).to.deep.equal(['ACK', 'DATA one', 'DATA two']);
  });

  it('that has lost its proof is heard all the same, and proves itself again', () => {
    const { protocol, transport, clock, written } = stage();
    transport.deliver(data(1, 'x'), PEER);
    transport.deliver(ack(1), PEER);
    protocol.send('lost', PEER).addErrback(() => {});
    clock.advance(60);
    written();
    const sent = protocol.send('held', PEER);
    expect(written()).to.deep.equal([]);
    transport.deliver(data(2, 'again'), PEER);
    const [identity = 0] = identitiesOf(transport);
    expect(written()).to.deep.equal(['RECV 2', `DATA ${identity} held`]);
    transport.deliver(recv(identity), PEER);
    successResultOf(sent);
  });

  it('gives up what was held back for too long', () => {
    const { protocol, transport, clock } = stage();
    transport.deliver(data(1), PEER);
    const sent = protocol.send('x'.repeat(100), PEER);
    let reason = '';
    sent.addErrback((error) => {
      reason = (error as { reason?: string }).reason ?? '';
    });
    clock.advance(29);
    assertNoResult(sent);
    clock.advance(1);
    expect(reason).to.equal('deadline');
    expect(protocol.counters).to.deep.include({ pending: 0, held: 0 });
  });
});

describe('a peer that was sent to first', () => {
  it('is not limited', () => {
    const { protocol, transport, written } = stage();
    void protocol.send('first', PEER);
    transport.deliver(data(1), PEER);
    for (let i = 0; i < 10; i++) void protocol.send('y'.repeat(1000), PEER);
    expect(written()).to.have.lengthOf(12);
    expect(protocol.counters.held).to.equal(0);
  });
});

describe('whoever lends addresses', () => {
  /** What can be sent in somebody else's name without seeing the answers; `text` is that of a DATA, or all. */
  const forged = fc.record({
    type: fc.constantFrom('data', 'ack', 'recv', 'foreign'),
    host: fc.integer({ min: 1, max: 4 }),
    identity: fc.nat({ max: 3 }),
    text: fc.string({ maxLength: 40, unit: 'binary-ascii' }),
    wait: fc.constantFrom(0, 0, 0.01, 0.2, 1, 10),
  });

  it('draws no more than three times what it sends, in bytes and in datagrams, without an ACK', () => {
    fc.assert(
      fc.property(fc.array(forged, { maxLength: 60 }), fc.nat({ max: 300 }), (packets, length) => {
        const { transport, clock } = stageOf(new Answerer('x'.repeat(length), 'y'));
        const paid = new Map<string, { bytes: number; datagrams: number }>();
        for (const { type, host, identity, text, wait } of packets) {
          const from = { host: `192.0.2.${host}`, port: 1 };
          const bytes =
            type === 'data' ? data(identity, text) : type === 'recv' ? recv(identity) : Buffer.from(`f${text}`);
          const { bytes: before = 0, datagrams = 0 } = paid.get(from.host) ?? {};
          paid.set(from.host, { bytes: before + bytes.length, datagrams: datagrams + 1 });
          transport.deliver(bytes, from);
          clock.advance(wait);
          for (const [victim, sum] of paid) {
            const drawn = transport.written.filter(({ address }) => address?.host === victim);
            expect(drawn.length).to.be.at.most(3 * sum.datagrams);
            expect(drawn.reduce((all, each) => all + each.data.length, 0)).to.be.at.most(3 * sum.bytes);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('draws six copies of one message for each ACK at most, beside that', () => {
    fc.assert(
      fc.property(fc.array(forged, { maxLength: 60 }), (packets) => {
        const { transport, clock } = stageOf(new Answerer('one', 'two'));
        let [acks, others] = [0, 0];
        for (const { type, identity, text, wait } of packets) {
          const bytes =
            type === 'data' ? data(identity, text) : type === 'ack' ? ack(identity) : Buffer.from(`f${text}`);
          if (type === 'ack') acks++;
          else others++;
          transport.deliver(bytes, PEER);
          clock.advance(wait);
        }
        clock.advance(60);
        const copies = new Map<number, number>();
        for (const { data: sent } of transport.written) {
          if (sent[0] === 0x1d) copies.set(identityOf(sent), (copies.get(identityOf(sent)) ?? 0) + 1);
        }
        const beyond = [...copies.values()].reduce((sum, each) => sum + each, 0) - 3 * others;
        expect(Math.max(0, ...copies.values())).to.be.at.most(6);
        expect(beyond).to.be.at.most(6 * acks);
      }),
      { numRuns: 300 },
    );
  });
});
