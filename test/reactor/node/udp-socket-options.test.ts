import type { Socket } from 'node:dgram';
import diagnosticsChannel from 'node:diagnostics_channel';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DatagramProtocol, NotSupportedError, nodeNetwork, Reactor } from '../../../index.js';
import { sockets, thrownBy, until } from './sockets.js';

describe('the options of a UDP socket on node:dgram', () => {
  const open = sockets();

  describe('buffer sizes', () => {
    // Linux doubles what it is asked for.
    const factor = process.platform === 'linux' ? 2 : 1;

    it('are the system’s where none are given', () => {
      const [first, second] = nodeSocketsOf(() => [open(), open({ recvBufferSize: 8192, sendBufferSize: 16384 })]);
      expect(first?.getRecvBufferSize()).to.not.equal(second?.getRecvBufferSize());
      expect(first?.getSendBufferSize()).to.not.equal(second?.getSendBufferSize());
    });

    it('take effect', () => {
      const [socket] = nodeSocketsOf(() => open({ recvBufferSize: 8192, sendBufferSize: 16384 }));
      expect(socket?.getRecvBufferSize()).to.equal(8192 * factor);
      expect(socket?.getSendBufferSize()).to.equal(16384 * factor);
    });

    it('take effect through a reactor', async () => {
      await using reactor = new Reactor({ network: nodeNetwork() });
      const options = { interface: '127.0.0.1', recvBufferSize: 8192, sendBufferSize: 16384 };
      const [socket] = nodeSocketsOf(() => reactor.listenUDP(0, new DatagramProtocol(), options));
      expect(socket?.getRecvBufferSize()).to.equal(8192 * factor);
      expect(socket?.getSendBufferSize()).to.equal(16384 * factor);
    });
  });

  describe('reusePort', () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const known = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);

    if (known) {
      it('lets several sockets have one port', () => {
        const { address } = open({ reusePort: true });
        expect(open({ port: address.port, reusePort: true }).address).to.deep.equal(address);
      });

      it('must be asked for by each of them', () => {
        const { address } = open({ reusePort: true });
        expect(thrownBy(() => open({ port: address.port })).code).to.equal('EADDRINUSE');
      });
    } else {
      it('is refused where Node would overlook it', () => {
        const error = thrownBy(() => open({ reusePort: true }));
        expect(error).to.be.instanceOf(NotSupportedError);
        expect((error as NotSupportedError).feature).to.equal('reusePort');
      });

      it('is refused by listenUDP with the same error, and opens nothing', async () => {
        await using reactor = new Reactor({ network: nodeNetwork() });
        const listen = (): unknown => reactor.listenUDP(0, new DatagramProtocol(), { reusePort: true });
        expect(listen).to.throw(NotSupportedError);
        expect(reactor.openHandles()).to.deep.equal([]);
      });
    }
  });

  describe('reuseAddress', () => {
    it('lets several sockets have one port', () => {
      const { address } = open({ reuseAddress: true });
      expect(open({ port: address.port, reuseAddress: true }).address).to.deep.equal(address);
    });
  });

  describe('broadcast', () => {
    it('lets a broadcast leave', async () => {
      const { socket, told } = open({ host: '0.0.0.0' });
      const there = open({ host: '0.0.0.0' });
      socket.set('broadcast', true);
      socket.send(Buffer.from('all'), { host: '127.255.255.255', port: there.address.port });
      await until(() => there.told.datagrams.length === 1);
      expect(there.told.texts).to.deep.equal(['all']);
      expect(told.losses).to.deep.equal([]);
    });
  });
});

/** The sockets that Node makes while `f` runs. */
function nodeSocketsOf(f: () => unknown): Socket[] {
  const made: Socket[] = [];
  const note = (message: unknown): void => void made.push((message as { socket: Socket }).socket);
  diagnosticsChannel.subscribe('udp.socket', note);
  try {
    f();
  } finally {
    diagnosticsChannel.unsubscribe('udp.socket', note);
  }
  return made;
}
