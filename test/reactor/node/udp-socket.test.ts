import { createSocket } from 'node:dgram';
import dns from 'node:dns';
import { once } from 'node:events';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import sinon from 'sinon';
import { CannotListenError, DatagramProtocol, nodeNetwork, Reactor } from '../../../index.js';
import { openUDPSocket } from '../../../reactor/node/udp-socket.js';
import { holdSends } from './hold-sends.js';
import { RecordingSink, sockets, specOf, thrownBy, until } from './sockets.js';

describe('a UDP socket on node:dgram', () => {
  const open = sockets();

  describe('opening', () => {
    it('is bound to its port when the call returns', () => {
      const { address } = open();
      expect(address.host).to.equal('127.0.0.1');
      expect(address.port).to.be.greaterThan(0);
    });

    it('throws the error of a bind at once, with its errno code', () => {
      const { address } = open();
      expect(thrownBy(() => open({ port: address.port })).code).to.equal('EADDRINUSE');
      expect(thrownBy(() => open({ host: '192.0.2.77' })).code).to.equal('EADDRNOTAVAIL');
    });

    it('leaves no handle behind when it fails', async () => {
      const { address } = open();
      const before = openSockets();
      thrownBy(() => open({ port: address.port }));
      thrownBy(() => open({ host: '192.0.2.77' }));
      await until(() => openSockets() === before);
    });

    it('leaves no handle behind when it was closed', async () => {
      const before = openSockets();
      const opened = open();
      expect(openSockets()).to.equal(before + 1);
      await opened.close();
      await until(() => openSockets() === before);
    });

    it('finds a port taken that another dgram socket has', async () => {
      const other = createSocket('udp4').bind(0, '127.0.0.1');
      await once(other, 'listening');
      try {
        expect(thrownBy(() => open({ port: other.address().port })).code).to.equal('EADDRINUSE');
      } finally {
        other.close();
      }
    });

    it('makes the port available again by closing', async () => {
      const first = open();
      await first.close();
      expect(open({ port: first.address.port }).address.port).to.equal(first.address.port);
    });

    it('tells through a reactor of a port in use as a CannotListenError with the system error as cause', async () => {
      await using reactor = new Reactor({ network: nodeNetwork() });
      const { address } = open();
      const listen = (): unknown => reactor.listenUDP(address.port, new DatagramProtocol(), { interface: '127.0.0.1' });
      const error = thrownBy(listen) as CannotListenError;
      expect(error).to.be.instanceOf(CannotListenError);
      expect(error.interface).to.equal('127.0.0.1');
      expect(error.port).to.equal(address.port);
      expect(error.cause).to.include({ code: 'EADDRINUSE', syscall: 'bind' });
    });
  });

  describe('sending', () => {
    it('reaches the other socket as it was written', async () => {
      const here = open();
      const there = open();
      here.socket.send(Buffer.from('hello'), there.address);
      await until(() => there.told.datagrams.length === 1);
      expect(there.told.texts).to.deep.equal(['hello']);
      expect(there.told.datagrams[0]?.peer).to.deep.equal(here.address);
    });

    it('delivers an empty datagram as one', async () => {
      const here = open();
      const there = open();
      here.socket.send(Buffer.alloc(0), there.address);
      here.socket.send(Buffer.from('after'), there.address);
      await until(() => there.told.datagrams.length === 2);
      expect(there.told.texts).to.deep.equal(['', 'after']);
    });

    for (const connected of [false, true]) {
      const socketOf = connected ? 'a connected socket' : 'an unconnected socket';

      it(`sends on ${socketOf} what the buffer held at the call, whatever is done with it then`, async () => {
        const here = open();
        const there = open();
        if (connected) here.socket.connect(there.address);
        const buffer = Buffer.from('at the call');
        here.socket.send(buffer, connected ? undefined : there.address);
        buffer.fill('x');
        await until(() => there.told.datagrams.length === 1);
        expect(there.told.texts).to.deep.equal(['at the call']);
      });

      it(`sends on ${socketOf} what the buffer held at the call, also when the kernel takes it later`, async () => {
        const here = open();
        const there = open();
        if (connected) here.socket.connect(there.address);
        const buffer = Buffer.from('at the call');
        using kernel = holdSends();
        here.socket.send(buffer, connected ? undefined : there.address);
        buffer.fill('x');
        kernel.release();
        await until(() => there.told.datagrams.length === 1);
        expect(there.told.texts).to.deep.equal(['at the call']);
      });
    }

    it('delivers more datagrams than dgram reads in one turn, in order', async () => {
      const here = open();
      const there = open();
      const sent = Array.from({ length: 100 }, (_, i) => String(i));
      for (const text of sent) here.socket.send(Buffer.from(text), there.address);
      await until(() => there.told.datagrams.length === sent.length);
      expect(there.told.texts).to.deep.equal(sent);
    });

    it('never asks the resolver about an address', async () => {
      const lookup = sinon.spy(dns, 'lookup');
      try {
        const here = open();
        const there = open();
        here.socket.send(Buffer.from('1'), there.address);
        here.socket.connect(there.address);
        here.socket.send(Buffer.from('2'));
        await until(() => there.told.datagrams.length === 2);
        expect(lookup.callCount).to.equal(0);
      } finally {
        lookup.restore();
      }
    });

    it('sends nothing to a hostname, and counts it as lost', async () => {
      const { socket, told } = open();
      socket.send(Buffer.from('x'), { host: 'localhost', port: 9 });
      await until(() => told.losses.length === 1);
      expect(told.losses).to.deep.equal(['ENOTFOUND']);
      expect(told.failures).to.deep.equal([]);
    });

    it('gives each datagram a buffer of its own', async () => {
      const here = open();
      const there = open();
      here.socket.send(Buffer.from('first'), there.address);
      here.socket.send(Buffer.from('second'), there.address);
      await until(() => there.told.datagrams.length === 2);
      there.told.datagrams[0]?.data.fill('x');
      expect(there.told.texts).to.deep.equal(['xxxxx', 'second']);
    });

    it('gives the same frozen object for the same peer, and another for another', async () => {
      const [here, other, there] = [open(), open(), open()];
      here.socket.send(Buffer.from('1'), there.address);
      here.socket.send(Buffer.from('2'), there.address);
      other.socket.send(Buffer.from('3'), there.address);
      await until(() => there.told.datagrams.length === 3);
      const [first, second, third] = there.told.datagrams.map(({ peer }) => peer);
      expect(first).to.be.frozen;
      expect(second).to.equal(first);
      expect(third).to.deep.equal(other.address);
    });
  });

  describe('closing', () => {
    it('loses nothing that was sent before', async () => {
      const here = open();
      const there = open();
      const sent = Array.from({ length: 20 }, (_, i) => String(i));
      for (const text of sent) here.socket.send(Buffer.from(text), there.address);
      await here.close();
      await until(() => there.told.datagrams.length === sent.length);
      expect(there.told.texts).to.deep.equal(sent);
    });

    it('waits for what the kernel has not taken yet', async () => {
      const here = open();
      const there = open();
      using kernel = holdSends();
      here.socket.send(Buffer.from('1'), there.address);
      here.socket.send(Buffer.from('2'), there.address);
      let closed = false;
      const closing = here.close().then(() => (closed = true));
      await until(() => kernel.held === 2);
      expect(closed).to.equal(false);
      kernel.release();
      await closing;
      await until(() => there.told.datagrams.length === 2);
      expect(there.told.texts).to.deep.equal(['1', '2']);
    });

    it('tells nothing more, of what comes or of what was lost', async () => {
      const here = open({ host: '0.0.0.0' });
      const there = open();
      there.socket.send(Buffer.from('late'), { host: '127.0.0.1', port: here.address.port });
      here.socket.send(Buffer.alloc(65508), there.address);
      await here.close();
      expect(here.told).to.deep.include({ datagrams: [], losses: [], failures: [], refusals: 0 });
    });

    it('answers in a later turn', async () => {
      const told = new RecordingSink();
      const socket = openUDPSocket(specOf(), told);
      let answered = false;
      socket.close(() => (answered = true));
      expect(answered).to.equal(false);
      await until(() => answered);
    });
  });
});

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((each) => each === 'UDPWrap').length;
}
