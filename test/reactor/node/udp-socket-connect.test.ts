import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ConnectError, DatagramProtocol, nodeNetwork, Reactor } from '../../../index.js';
import type { BindSpec } from '../../../reactor/network.js';
import { loopbackName, sockets, thrownBy, until } from './sockets.js';

describe('connecting a UDP socket on node:dgram', () => {
  const open = sockets();

  it('is complete when the call returns: what strangers send then is not heard', async () => {
    const [here, peer, stranger] = [open(), open(), open()];
    here.socket.connect(peer.address);
    stranger.socket.send(Buffer.from('stranger'), here.address);
    peer.socket.send(Buffer.from('peer'), here.address);
    await until(() => here.told.datagrams.length > 0);
    expect(here.told.texts).to.deep.equal(['peer']);
  });

  it('sends without an address to the peer, at once', async () => {
    const [here, peer] = [open(), open()];
    here.socket.connect(peer.address);
    here.socket.send(Buffer.from('x'));
    await until(() => peer.told.datagrams.length === 1);
    expect(peer.told.datagrams[0]?.peer).to.deep.equal(here.address);
  });

  it('keeps the port', async () => {
    const [here, peer] = [open(), open()];
    here.socket.connect(peer.address);
    peer.socket.send(Buffer.from('x'), here.address);
    await until(() => here.told.datagrams.length === 1);
    expect(here.socket.address).to.deep.equal(here.address);
  });

  const refused: [what: string, spec: Partial<BindSpec>, host: string][] = [
    ['a broadcast that was not allowed', { host: '0.0.0.0' }, '255.255.255.255'],
    ['another host from the loopback address', {}, '192.0.2.1'],
    ['what no route leads to', { host: '::1', family: 6 }, `ff02::1%${loopbackName()}`],
    ['a link-local address without its link', { host: '::', family: 6 }, 'fe80::1'],
  ];

  for (const [what, spec, host] of refused) {
    it(`throws at once for ${what}, and tells nothing later`, async () => {
      const { socket, told, address } = open(spec);
      const there = open(spec.family === 6 ? { host: '::1', family: 6 } : {});
      expect(thrownBy(() => socket.connect({ host, port: 9 }))).to.be.instanceOf(Error);
      socket.send(Buffer.from('still unconnected'), there.address);
      await until(() => there.told.datagrams.length === 1);
      there.socket.send(Buffer.from('and heard'), { host: there.address.host, port: address.port });
      await until(() => told.datagrams.length === 1);
      expect(told).to.deep.include({ failures: [], losses: [], refusals: 0 });
    });
  }

  it('can be tried again elsewhere after it was refused', async () => {
    const [here, peer] = [open({ host: '0.0.0.0' }), open()];
    thrownBy(() => here.socket.connect({ host: '255.255.255.255', port: 9 }));
    here.socket.connect(peer.address);
    here.socket.send(Buffer.from('x'));
    await until(() => peer.told.datagrams.length === 1);
  });

  it('is refused by a port as a ConnectError with a cause, and the port stays unconnected', async () => {
    await using reactor = new Reactor({ network: nodeNetwork() });
    const peer = open();
    const port = reactor.listenUDP(0, new DatagramProtocol());
    const error = thrownBy(() => port.connect('255.255.255.255', 9)) as ConnectError;
    expect(error).to.be.instanceOf(ConnectError);
    expect(error).to.include({ host: '255.255.255.255', port: 9 });
    expect(error.cause).to.be.instanceOf(Error);
    port.connect(peer.address.host, peer.address.port);
    port.write('x');
    await until(() => peer.told.datagrams.length === 1);
  });

  it('succeeds with a broadcast that is allowed', async () => {
    await using reactor = new Reactor({ network: nodeNetwork() });
    const port = reactor.listenUDP(0, new DatagramProtocol());
    port.setBroadcastAllowed(true);
    port.connect('127.255.255.255', 9);
    port.write('x');
    expect(port.stats.sent).to.equal(1);
  });
});
