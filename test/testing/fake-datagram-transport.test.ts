import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Address, DatagramProtocol, NotConnectedError, type UndeliveredError } from '../../index.js';
import { Echo } from '../../protocols/index.js';
import { Clock, FakeDatagramTransport, successResultOf } from '../../testing.js';
import { nextLost } from '../lost-errors.js';

const PEER: Address = { host: '192.0.2.1', port: 7 };

/** A protocol that keeps what its hooks are given. */
class Recorder extends DatagramProtocol {
  readonly events: string[] = [];
  readonly received: { data: Buffer; address: Address }[] = [];

  override startProtocol(): void {
    const { host, port } = this.transport.getHost();
    this.events.push(`started at ${host} port ${port}`);
  }

  override stopProtocol(): void {
    this.events.push(`stopped, ${this.connected ? 'connected' : 'not connected'}`);
  }

  override datagramReceived(data: Buffer, address: Address): void {
    this.received.push({ data, address });
  }

  override connectionRefused(): void {
    this.events.push('refused');
  }

  override errorReceived({ reason }: UndeliveredError, { host, port }: Address): void {
    this.events.push(`${reason} at ${host}:${port}`);
  }
}

function recorderOn(transport: FakeDatagramTransport): Recorder {
  const protocol = new Recorder();
  void protocol.makeConnection(transport);
  return protocol;
}

describe('FakeDatagramTransport', () => {
  it('makes a unit test of a protocol three lines long', () => {
    const transport = new FakeDatagramTransport();
    void new Echo().makeConnection(transport);
    transport.deliver('hello', PEER);
    expect(transport.written).to.deep.equal([{ data: Buffer.from('hello'), address: PEER }]);
  });

  describe('as the transport of a protocol', () => {
    it('is there, with its address, when startProtocol runs', () => {
      const transport = new FakeDatagramTransport();
      const protocol = recorderOn(transport);
      expect(protocol.events).to.deep.equal(['started at 127.0.0.1 port 4321']);
      expect(protocol.transport).to.equal(transport);
      expect(transport.getHost()).to.deep.equal({ type: 'UDP', family: 'IPv4', host: '127.0.0.1', port: 4321 });
    });

    it('has the address it is given, of either family', () => {
      const transport = new FakeDatagramTransport({ host: '2001:db8::1', port: 53 });
      expect(transport.getHost()).to.deep.equal({ type: 'UDP', family: 'IPv6', host: '2001:db8::1', port: 53 });
    });

    it('hears nothing while it has no protocol', () => {
      const transport = new FakeDatagramTransport();
      transport.deliver('x', PEER);
      transport.refuse();
      expect(transport.stats).to.deep.equal({ sent: 0, received: 0, dropped: 0, refused: 0 });
    });
  });

  describe('what is written', () => {
    it('is kept in order, with where it goes', () => {
      const transport = new FakeDatagramTransport();
      transport.write('grüße', PEER);
      transport.write(Uint8Array.of(1, 2), { host: '198.51.100.2', port: 9 });
      transport.write('', PEER);
      expect(transport.written).to.deep.equal([
        { data: Buffer.from('grüße'), address: PEER },
        { data: Buffer.of(1, 2), address: { host: '198.51.100.2', port: 9 } },
        { data: Buffer.alloc(0), address: PEER },
      ]);
      expect(transport.stats.sent).to.equal(3);
    });

    it('is kept as it was at the call, whatever is done with it then', () => {
      const transport = new FakeDatagramTransport();
      const buffer = Buffer.from('at the call');
      const address = { ...PEER };
      transport.write(buffer, address);
      buffer.fill('x');
      address.port = 8;
      expect(transport.written).to.deep.equal([{ data: Buffer.from('at the call'), address: PEER }]);
    });

    it('has no address where the port is connected, whether one was given or not', () => {
      const transport = new FakeDatagramTransport();
      transport.connect(PEER.host, PEER.port);
      transport.write('1');
      transport.write('2', PEER);
      expect(transport.written).to.deep.equal([{ data: Buffer.from('1') }, { data: Buffer.from('2') }]);
    });

    it('goes to the broadcast address by both of its names, where that is allowed', () => {
      const transport = new FakeDatagramTransport();
      transport.setBroadcastAllowed(true);
      transport.write('1', { host: '<broadcast>', port: 7 });
      transport.write('2', { host: '255.255.255.255', port: 7 });
      expect(transport.written.map(({ address }) => address?.host)).to.deep.equal([
        '255.255.255.255',
        '255.255.255.255',
      ]);
    });

    it('is forgotten by clear(), which counts on', () => {
      const transport = new FakeDatagramTransport();
      const { written } = transport;
      transport.write('1', PEER);
      transport.clear();
      expect(transport.written).to.deep.equal([]);
      transport.write('2', PEER);
      expect(written.map(({ data }) => data.toString())).to.deep.equal(['2']);
      expect(transport.stats.sent).to.equal(2);
    });
  });

  describe('deliver()', () => {
    it('hands the protocol a buffer of its own and a frozen address', () => {
      const transport = new FakeDatagramTransport();
      const protocol = recorderOn(transport);
      const data = Buffer.from('x');
      transport.deliver(data, PEER);
      data.fill('y');
      expect(protocol.received).to.deep.equal([{ data: Buffer.from('x'), address: PEER }]);
      expect(protocol.received[0]?.address).to.be.frozen;
      expect(transport.stats.received).to.equal(1);
    });

    it('throws what datagramReceived throws', () => {
      const transport = new FakeDatagramTransport();
      const protocol = recorderOn(transport);
      protocol.datagramReceived = () => {
        throw new Error('in the hook');
      };
      expect(() => transport.deliver('x', PEER)).to.throw('in the hook');
    });

    it('lets the failure of an async datagramReceived fail the test as an unhandled rejection', async () => {
      const transport = new FakeDatagramTransport();
      const protocol = new DatagramProtocol();
      protocol.datagramReceived = () => Promise.reject(new Error('in the hook'));
      void protocol.makeConnection(transport);
      const lost = nextLost('unhandledRejection');
      transport.deliver('x', PEER);
      expect((await lost).message).to.equal('in the hook');
    });

    it('reaches a connected port from its peer only', () => {
      const transport = new FakeDatagramTransport();
      const protocol = recorderOn(transport);
      transport.connect(PEER.host, PEER.port);
      transport.deliver('stranger', { host: PEER.host, port: 8 });
      transport.deliver('peer', PEER);
      expect(protocol.received.map(({ data }) => data.toString())).to.deep.equal(['peer']);
    });

    it('reaches nobody once the port was stopped', () => {
      const transport = new FakeDatagramTransport();
      const protocol = recorderOn(transport);
      void transport.stopListening();
      transport.deliver('x', PEER);
      expect(protocol.received).to.deep.equal([]);
    });
  });

  describe('refuse()', () => {
    it('calls connectionRefused of a connected port, each time', () => {
      const transport = new FakeDatagramTransport();
      const protocol = recorderOn(transport);
      transport.connect(PEER.host, PEER.port);
      transport.refuse();
      transport.refuse();
      expect(protocol.events.slice(1)).to.deep.equal(['refused', 'refused']);
      expect(transport.stats.refused).to.equal(2);
    });

    it('calls nothing of an unconnected port', () => {
      const transport = new FakeDatagramTransport();
      const protocol = recorderOn(transport);
      transport.refuse();
      expect(protocol.events.slice(1)).to.deep.equal([]);
    });

    it('throws what connectionRefused throws', () => {
      const transport = new FakeDatagramTransport();
      const protocol = recorderOn(transport);
      transport.connect(PEER.host, PEER.port);
      protocol.connectionRefused = () => {
        throw new Error('in the hook');
      };
      expect(() => transport.refuse()).to.throw('in the hook');
    });
  });

  describe('reportError()', () => {
    it('calls errorReceived with the reason and the address, connected or not', () => {
      const transport = new FakeDatagramTransport();
      const protocol = recorderOn(transport);
      transport.reportError(PEER);
      transport.connect(PEER.host, PEER.port);
      transport.reportError(PEER, 'EHOSTUNREACH');
      const where = `${PEER.host}:${PEER.port}`;
      expect(protocol.events.slice(1)).to.deep.equal([`ECONNREFUSED at ${where}`, `EHOSTUNREACH at ${where}`]);
    });

    it('calls nothing of a stopped port', () => {
      const transport = new FakeDatagramTransport();
      const protocol = recorderOn(transport);
      void transport.stopListening();
      transport.reportError(PEER);
      expect(protocol.events.slice(1)).to.deep.equal([]);
    });

    it('throws what errorReceived throws', () => {
      const transport = new FakeDatagramTransport();
      const protocol = recorderOn(transport);
      protocol.errorReceived = () => {
        throw new Error('in the hook');
      };
      expect(() => transport.reportError(PEER)).to.throw('in the hook');
    });
  });

  describe('stopping', () => {
    it('is seen at once, and takes place in a later turn, which is clock.advance(0)', () => {
      const transport = new FakeDatagramTransport();
      const protocol = recorderOn(transport);
      const order: string[] = protocol.events;
      void transport.stopListening().addCallback(() => order.push('fired'));
      expect(transport.stopped).to.equal(true);
      expect(protocol.connected).to.equal(true);
      expect(order.slice(1)).to.deep.equal([]);
      transport.clock.advance(0);
      expect(order.slice(1)).to.deep.equal(['stopped, not connected', 'fired']);
      expect(() => protocol.transport).to.throw(NotConnectedError);
    });

    it('is not seen before', () => {
      expect(new FakeDatagramTransport().stopped).to.equal(false);
    });

    it('fires a Deferred for each call, before and after', () => {
      const transport = new FakeDatagramTransport();
      const [first, second] = [transport.stopListening(), transport.stopListening()];
      transport.clock.advance(0);
      for (const each of [first, second, transport.stopListening()]) expect(successResultOf(each)).to.equal(undefined);
    });

    it('fires also when stopProtocol throws, whose error is not lost', async () => {
      const transport = new FakeDatagramTransport();
      const protocol = recorderOn(transport);
      protocol.stopProtocol = () => {
        throw new Error('in the hook');
      };
      const lost = nextLost('unhandledRejection');
      const stopped = transport.stopListening();
      transport.clock.advance(0);
      expect(successResultOf(stopped)).to.equal(undefined);
      expect((await lost).message).to.equal('in the hook');
    });
  });

  describe('its reactor', () => {
    it('has the time of its clock, which starts at 0 where none is given', () => {
      const { reactor, clock } = new FakeDatagramTransport();
      const called: number[] = [];
      reactor.callLater(1.5, () => called.push(reactor.seconds()));
      expect(reactor.getDelayedCalls()).to.have.lengthOf(1);
      clock.advance(2);
      expect(called).to.deep.equal([1.5]);
      expect(reactor.seconds()).to.equal(2);
    });

    it('shares a clock that is given', () => {
      const clock = new Clock(10);
      const [one, two] = [new FakeDatagramTransport({ clock }), new FakeDatagramTransport({ clock })];
      expect(one.clock).to.equal(clock);
      clock.advance(1);
      expect([one.reactor.seconds(), two.reactor.seconds()]).to.deep.equal([11, 11]);
    });

    it('draws the same numbers for the same seed, and others for another', () => {
      const draw = (seed?: number | string): unknown[] => {
        const { reactor } = new FakeDatagramTransport(seed === undefined ? {} : { seed });
        return [reactor.random(), reactor.randomBytes(8).toString('hex'), reactor.random()];
      };
      expect(draw(7)).to.deep.equal(draw(7));
      expect(draw(7)).to.deep.equal(draw('7'));
      expect(draw()).to.deep.equal(draw(1));
      expect(draw(7)).to.not.deep.equal(draw(8));
    });

    it('gives as many random bytes as are asked for', () => {
      const { reactor } = new FakeDatagramTransport();
      for (const size of [0, 1, 4, 7, 100]) expect(reactor.randomBytes(size)).to.have.lengthOf(size);
    });
  });
});
