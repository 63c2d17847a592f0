import { expect } from 'chai';
import { describe, it } from 'mocha';
import { AlreadyConnectedError, DatagramProtocol, type DatagramTransport, NotConnectedError } from '../../index.js';
import { Echo } from '../../protocols/index.js';
import { FakeDatagramTransport } from '../../testing.js';

const PEER = { host: '192.0.2.1', port: 7 };

class Noted extends DatagramProtocol {
  readonly events: string[] = [];

  override startProtocol(): void {
    this.events.push('start');
  }

  override stopProtocol(): void {
    this.events.push('stop');
  }
}

describe('DatagramProtocol', () => {
  it('has hooks that do nothing', () => {
    const protocol = new DatagramProtocol();
    const transport = new FakeDatagramTransport();
    expect(protocol.makeConnection(transport)).to.equal(undefined);
    transport.connect(PEER.host, PEER.port);
    transport.deliver('x', PEER);
    transport.refuse();
    expect(protocol.doStop()).to.equal(undefined);
    expect(transport.stats).to.include({ sent: 0, received: 1, refused: 1 });
  });

  describe('on no port', () => {
    it('is not connected, and says so by the name of its class when its transport is asked for', () => {
      const protocol = new Noted();
      expect(protocol.connected).to.equal(false);
      expect(() => protocol.transport).to.throw(NotConnectedError, 'Noted');
    });

    it('is not harmed by doStop', () => {
      const protocol = new Noted();
      void protocol.doStop();
      void protocol.doStop(new FakeDatagramTransport());
      expect(protocol.events).to.deep.equal([]);
    });
  });

  describe('on one port', () => {
    it('has its transport from startProtocol on', () => {
      const transport = new FakeDatagramTransport();
      const seen: unknown[] = [];
      const protocol = new DatagramProtocol();
      protocol.startProtocol = () => void seen.push(protocol.transport, protocol.connected);
      void protocol.makeConnection(transport);
      expect(seen).to.deep.equal([transport, true]);
      expect(protocol.transport).to.equal(transport);
    });

    it('has no transport any more in stopProtocol', () => {
      const protocol = new DatagramProtocol();
      const seen: boolean[] = [];
      protocol.stopProtocol = () => void seen.push(protocol.connected);
      void protocol.makeConnection(new FakeDatagramTransport());
      void protocol.doStop();
      expect(seen).to.deep.equal([false]);
      expect(() => protocol.transport).to.throw(NotConnectedError);
    });

    it('stops once', () => {
      const protocol = new Noted();
      void protocol.makeConnection(new FakeDatagramTransport());
      void protocol.doStop();
      void protocol.doStop();
      expect(protocol.events).to.deep.equal(['start', 'stop']);
    });

    it('can be put on a port again', () => {
      const protocol = new Noted();
      const transport = new FakeDatagramTransport();
      for (let i = 0; i < 2; i++) {
        void protocol.makeConnection(transport);
        void protocol.doStop();
      }
      expect(protocol.events).to.deep.equal(['start', 'stop', 'start', 'stop']);
    });

    it('refuses the same port a second time', () => {
      const protocol = new Noted();
      const transport = new FakeDatagramTransport();
      void protocol.makeConnection(transport);
      expect(() => protocol.makeConnection(transport)).to.throw(AlreadyConnectedError);
      expect(protocol.events).to.deep.equal(['start']);
      void protocol.doStop();
      expect(protocol.connected).to.equal(false);
    });

    it('is not on it when startProtocol throws', () => {
      const protocol = new DatagramProtocol();
      protocol.startProtocol = () => {
        throw new Error('no start');
      };
      expect(() => protocol.makeConnection(new FakeDatagramTransport())).to.throw('no start');
      expect(protocol.connected).to.equal(false);
    });

    it('passes on what startProtocol and stopProtocol return', () => {
      const protocol = new DatagramProtocol();
      const [started, stopped] = [Promise.resolve(), Promise.resolve()];
      protocol.startProtocol = () => started;
      protocol.stopProtocol = () => stopped;
      expect(protocol.makeConnection(new FakeDatagramTransport())).to.equal(started);
      expect(protocol.doStop()).to.equal(stopped);
    });
  });

  describe('on several ports', () => {
    function onTwo(protocol: DatagramProtocol): [FakeDatagramTransport, FakeDatagramTransport] {
      const ports = [new FakeDatagramTransport({ port: 1 }), new FakeDatagramTransport({ port: 2 })] as const;
      for (const port of ports) void protocol.makeConnection(port);
      return [...ports];
    }

    it('starts at the first and stops after the last', () => {
      const protocol = new Noted();
      const [one, two] = onTwo(protocol);
      expect(protocol.events).to.deep.equal(['start']);
      void protocol.doStop(one);
      expect(protocol.events).to.deep.equal(['start']);
      void protocol.doStop(two);
      expect(protocol.events).to.deep.equal(['start', 'stop']);
    });

    it('has the oldest open one as its transport, outside of hooks', () => {
      const protocol = new Noted();
      const [one, two] = onTwo(protocol);
      expect(protocol.transport).to.equal(one);
      void protocol.doStop(one);
      expect(protocol.transport).to.equal(two);
    });

    it('has the one whose hook is running as its transport', () => {
      const protocol = new DatagramProtocol();
      const ports = onTwo(protocol);
      const seen: DatagramTransport[] = [];
      protocol.datagramReceived = () => void seen.push(protocol.transport);
      protocol.connectionRefused = () => void seen.push(protocol.transport);
      for (const port of ports) {
        port.connect(PEER.host, PEER.port);
        port.deliver('x', PEER);
        port.refuse();
      }
      expect(seen.map((each) => each.getHost().port)).to.deep.equal([1, 1, 2, 2]);
    });

    it('has the outer one again after a hook within a hook', () => {
      const protocol = new DatagramProtocol();
      const [one, two] = onTwo(protocol);
      const seen: number[] = [];
      protocol.datagramReceived = (data) => {
        seen.push(protocol.transport.getHost().port);
        if (data.toString() === 'outer') two.deliver('inner', PEER);
        seen.push(protocol.transport.getHost().port);
      };
      one.deliver('outer', PEER);
      expect(seen).to.deep.equal([1, 2, 2, 1]);
    });

    it('has the oldest one again after a hook that threw', () => {
      const protocol = new DatagramProtocol();
      const [one, two] = onTwo(protocol);
      protocol.datagramReceived = () => {
        throw new Error('in the hook');
      };
      expect(() => two.deliver('x', PEER)).to.throw('in the hook');
      expect(protocol.transport).to.equal(one);
    });

    it('answers from the port that was asked', () => {
      const [one, two] = onTwo(new Echo());
      two.deliver('x', PEER);
      expect(one.written).to.deep.equal([]);
      expect(two.written).to.have.lengthOf(1);
    });

    it('takes the oldest one off where none is named', () => {
      const protocol = new Noted();
      const [, two] = onTwo(protocol);
      void protocol.doStop();
      expect(protocol.transport).to.equal(two);
    });

    it('does not lose another port that its failing startProtocol put it on', () => {
      const protocol = new DatagramProtocol();
      const [failing, other] = [new FakeDatagramTransport(), new FakeDatagramTransport()];
      protocol.startProtocol = () => {
        void protocol.makeConnection(other);
        throw new Error('no start');
      };
      expect(() => protocol.makeConnection(failing)).to.throw('no start');
      expect(protocol.transport).to.equal(other);
    });
  });
});
