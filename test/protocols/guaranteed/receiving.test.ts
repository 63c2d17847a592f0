import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Address, HookResult } from '../../../index.js';
import { GuaranteedDatagramProtocol } from '../../../protocols/index.js';
import { FakeDatagramTransport, simulation } from '../../../testing.js';
import { ack, data, Listener, OTHER, PEER, stage, stageOf } from './fixtures.js';

describe('DATA', () => {
  it('is confirmed, and then delivered, with bytes of its own and its sender', () => {
    const order: unknown[] = [];
    class Watcher extends GuaranteedDatagramProtocol {
      override messageReceived(bytes: Buffer, address: Address): void {
        order.push(transport.written.length, bytes, address);
      }
    }
    const { transport, written } = stageOf(new Watcher());
    transport.deliver(data(7, 'hello'), PEER);
    expect(order).to.deep.equal([1, Buffer.from('hello'), PEER]);
    expect(written()).to.deep.equal(['RECV 7']);
  });

  it('may be empty', () => {
    const { protocol, transport } = stage();
    transport.deliver(data(0xffffffff), PEER);
    expect(protocol.messages).to.deep.equal(['']);
  });

  it('is confirmed again and again until there is an ACK, six times at most', () => {
    const { protocol, transport, clock, written } = stage();
    protocol.send('chosen', PEER).addErrback(() => {}); // so that nothing is limited
    written();
    transport.deliver(data(7), PEER);
    clock.advance(4.5);
    expect(written().filter((packet) => packet === 'RECV 7')).to.have.lengthOf(6);
    expect(protocol.counters.unacknowledged).to.equal(1);
    clock.advance(60);
    expect(written()).to.not.include('RECV 7');
    expect(protocol.counters.unacknowledged).to.equal(0);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('is not confirmed again after the ACK', () => {
    const { protocol, transport, clock, written } = stage();
    transport.deliver(data(7), PEER);
    transport.deliver(ack(7), PEER);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
    expect(protocol.counters.unacknowledged).to.equal(0);
    expect(written()).to.deep.equal(['RECV 7']);
  });

  it('is acknowledged by its sender only', () => {
    const { protocol, transport } = stage();
    transport.deliver(data(7), PEER);
    transport.deliver(ack(7), OTHER);
    transport.deliver(ack(8), PEER);
    expect(protocol.counters.unacknowledged).to.equal(1);
  });

  it('that comes again is confirmed again, once for copies that come together, and not delivered', () => {
    const { protocol, transport, clock, written } = stage();
    for (let i = 0; i < 5; i++) transport.deliver(data(7, 'x'), PEER);
    expect(written()).to.deep.equal(['RECV 7']);
    clock.advance(0.2);
    for (let i = 0; i < 5; i++) transport.deliver(data(7, 'x'), PEER);
    expect(written()).to.deep.equal(['RECV 7']);
    expect(protocol.messages).to.deep.equal(['x']);
    expect(protocol.counters.duplicates).to.equal(9);
  });

  it('that comes again after the ACK is confirmed again, and not delivered', () => {
    const { protocol, transport, clock, written } = stage();
    transport.deliver(data(7, 'x'), PEER);
    transport.deliver(ack(7), PEER);
    clock.advance(9);
    written();
    transport.deliver(data(7, 'x'), PEER);
    expect(written()).to.deep.equal(['RECV 7']);
    clock.advance(60);
    expect(written()).to.deep.equal([]);
    expect(protocol.messages).to.deep.equal(['x']);
  });

  it('with the same identity and other bytes is a message of its own', () => {
    const { protocol, transport, written } = stage();
    transport.deliver(data(7, 'one'), PEER);
    transport.deliver(data(7, 'two'), PEER);
    transport.deliver(data(7, 'one'), PEER);
    expect(protocol.messages).to.deep.equal(['one', 'two']);
    expect(written()).to.deep.equal(['RECV 7', 'RECV 7']);
    transport.deliver(ack(7), PEER);
    expect(protocol.counters).to.deep.include({ unacknowledged: 0, remembered: 2, duplicates: 1 });
  });

  it('with the same identity from another peer, or another port of it, is a message of its own', () => {
    const { protocol, transport, written } = stage();
    for (const from of [PEER, OTHER, { host: PEER.host, port: 2222 }]) transport.deliver(data(7, 'x'), from);
    expect(protocol.messages).to.have.lengthOf(3);
    expect(written()).to.have.lengthOf(3);
  });

  it('from one peer in two spellings of its address is from one peer', () => {
    const { protocol, transport } = stage({}, new FakeDatagramTransport({ host: '::' }));
    transport.deliver(data(7, 'x'), { host: '2001:db8::1', port: 9 });
    transport.deliver(data(7, 'x'), { host: '2001:DB8:0:0::1', port: 9 });
    expect(protocol.messages).to.have.lengthOf(1);
    expect(protocol.counters.peers).to.equal(1);
  });

  it('from one link-local address on two interfaces is from two peers', () => {
    const { protocol, transport } = stage({}, new FakeDatagramTransport({ host: '::' }));
    for (const host of ['fe80::1%eth0', 'fe80::1%eth1', 'FE80:0::1%eth0'])
      transport.deliver(data(7, 'x'), { host, port: 9 });
    expect(protocol.counters).to.deep.include({ peers: 2, remembered: 2, duplicates: 1 });
    void protocol.send('y', { host: 'FE80::1%eth0', port: 9 }).addErrback(() => {});
    transport.deliver(ack(7), { host: 'fe80::1%eth0', port: 9 });
    expect(transport.written.map(({ address }) => address?.host)).to.deep.equal([
      'fe80::1%eth0',
      'fe80::1%eth1',
      'fe80::1%eth0',
    ]);
  });

  it('from port 0, where nobody can be told, is not taken', () => {
    const { protocol, transport, written } = stage();
    transport.deliver(data(7, 'x'), { host: PEER.host, port: 0 });
    expect([protocol.messages, written()]).to.deep.equal([[], []]);
    expect(protocol.counters).to.deep.include({ peers: 0, remembered: 0 });
  });

  it(
    'may come from the own port',
    simulation((network) => {
      const host = network.host('alone');
      const listener = new Listener();
      host.reactor.listenUDP(7, listener);
      let receipt: unknown;
      listener.send('to myself', { host: host.address, port: 7 }).addCallback((result) => {
        receipt = result;
      });
      network.advance(1);
      expect(receipt).to.deep.include({ attempts: 1 });
      expect(listener.messages).to.deep.equal(['to myself']);
      expect(listener.counters).to.deep.include({ pending: 0, unacknowledged: 0 });
    }),
  );

  it('is delivered even if another message’s hook has thrown', () => {
    class Careless extends GuaranteedDatagramProtocol {
      readonly heard: string[] = [];
      override messageReceived(bytes: Buffer): void {
        this.heard.push(bytes.toString());
        throw new Error('careless');
      }
    }
    const { protocol, transport, written } = stageOf(new Careless());
    for (const [i, text] of ['one', 'two'].entries()) {
      expect(() => transport.deliver(data(i, text), PEER)).to.throw('careless');
    }
    expect(protocol.heard).to.deep.equal(['one', 'two']);
    expect(written()).to.deep.equal(['RECV 0', 'RECV 1']);
  });

  it(
    'gives what its hook returns to the port, which reports a failure',
    simulation((network) => {
      class Echoing extends GuaranteedDatagramProtocol {
        override messageReceived(bytes: Buffer, address: Address): HookResult {
          return this.send(bytes, address);
        }
      }
      const [here, there] = [network.host('here'), network.host('there')];
      const echoing = new Echoing();
      here.reactor.listenUDP(7, echoing);
      there.reactor.listenUDP(7, {}).write(data(1, 'x'), { host: here.address, port: 7 });
      const reported: unknown[] = [];
      here.reactor.on('error', (error, { hook, source }) => reported.push([error.name, hook, source]));
      network.advance(60);
      expect(reported).to.deep.equal([['DeliveryFailedError', 'datagramReceived', echoing]]);
    }),
  );
});

describe('a foreign datagram', () => {
  it('is delivered as it is, and not answered', () => {
    const { protocol, transport, written } = stage();
    for (const text of ['', 'hello', '\x1d', '\x1d\0\0\0', '\x5f123', '\xae']) {
      transport.deliver(Buffer.from(text, 'latin1'), PEER);
    }
    expect(protocol.foreign).to.deep.equal(['', 'hello', '\x1d', '\x1d\0\0\0', '\x5f123', '\xae']);
    expect(protocol.messages).to.deep.equal([]);
    expect(written()).to.deep.equal([]);
    expect(protocol.counters.peers).to.equal(0);
  });

  it('is whatever comes without the magic number', () => {
    const { protocol, transport } = stage({ magic: Buffer.from('MAGIC!') });
    transport.deliver(data(1, 'x'), PEER);
    transport.deliver(Buffer.concat([Buffer.from('MAGIC!'), data(1, 'x')]), PEER);
    expect([protocol.foreign.length, protocol.messages]).to.deep.equal([1, ['x']]);
  });

  it('is sent by sendForeign, as it is, once', () => {
    const { protocol, transport, clock } = stage();
    protocol.sendForeign('plain', PEER);
    clock.advance(60);
    expect(transport.written).to.deep.equal([{ data: Buffer.from('plain'), address: PEER }]);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });
});

describe('the options', () => {
  it('are checked', () => {
    const make = (options: object) => () => new GuaranteedDatagramProtocol(options);
    for (const options of [
      { profile: 'fast' },
      { profile: 'toString' },
      { identities: 'random' },
      { maxPayload: -1 },
      { maxPayload: NaN },
      { queue: { messages: 0 } },
      { queue: { bytes: 1.5 } },
      { maxPeers: 1 },
      { maxRemembered: 0 },
      { identifiers: { data: Uint8Array.of(1), recv: Uint8Array.of(1), ack: Uint8Array.of(2) } },
    ]) {
      expect(make(options), JSON.stringify(options)).to.throw(RangeError);
    }
    expect(make({ magic: 'MAGIC!' })).to.throw(TypeError);
  });

  it('make the packets of both directions', () => {
    const { protocol, transport } = stage({
      magic: Buffer.from('MAGIC!'),
      identifiers: { data: Buffer.from('ID'), recv: Buffer.from('IR'), ack: Buffer.from('IA') },
    });
    void protocol.send('hi', PEER);
    const { data: sent } = transport.written[0]!;
    expect(sent.toString('latin1')).to.match(/^MAGIC!ID[^]{4}hi$/);
    const identity = sent.subarray(8, 12).toString('latin1');
    transport.deliver(Buffer.from(`MAGIC!IR${identity}`, 'latin1'), PEER);
    transport.deliver(Buffer.from('MAGIC!ID1234hey', 'latin1'), PEER);
    expect(transport.written.slice(1).map((each) => each.data.toString('latin1'))).to.deep.equal([
      `MAGIC!IA${identity}`,
      'MAGIC!IR1234',
    ]);
    expect(protocol.messages).to.deep.equal(['hey']);
  });
});

describe('the counters', () => {
  it('show what is held', () => {
    const { protocol, transport } = stage();
    const none = { pending: 0, unacknowledged: 0, peers: 0, remembered: 0, held: 0, duplicates: 0, overflowed: 0 };
    expect(protocol.counters).to.deep.equal(none);
    protocol.send('x', PEER).addErrback(() => {});
    transport.deliver(data(1, 'x'), OTHER);
    transport.deliver(data(1, 'x'), OTHER);
    protocol.send('x'.repeat(100), OTHER).addErrback(() => {});
    expect(protocol.counters).to.deep.equal({
      ...none,
      pending: 2,
      unacknowledged: 1,
      peers: 2,
      remembered: 1,
      held: 1,
      duplicates: 1,
    });
    void transport.stopListening();
    transport.clock.advance(0);
    expect(protocol.counters).to.deep.equal({ ...none, duplicates: 1 });
  });

  it('show that time empties the memory and the table of peers', () => {
    const { protocol, transport, clock } = stage();
    for (let i = 0; i < 100; i++) transport.deliver(data(i), { host: '192.0.2.9', port: 1 + i });
    expect(protocol.counters).to.deep.include({ remembered: 100, peers: 100 });
    clock.advance(59);
    expect(protocol.counters).to.deep.include({ remembered: 100, peers: 100 });
    clock.advance(31);
    expect(protocol.counters).to.deep.include({ remembered: 0, peers: 0 });
  });

  it('show that who has proved its address is kept longer', () => {
    const { protocol, transport, clock } = stage();
    transport.deliver(data(1), PEER);
    transport.deliver(ack(1), PEER);
    clock.advance(599);
    expect(protocol.counters).to.deep.include({ remembered: 0, peers: 1 });
    clock.advance(31);
    expect(protocol.counters).to.deep.include({ remembered: 0, peers: 0 });
  });
});
