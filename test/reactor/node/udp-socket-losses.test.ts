import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import {
  type Address,
  DatagramProtocol,
  type DatagramStats,
  nodeNetwork,
  Reactor,
  type UDPPort,
} from '../../../index.js';
import { holdSends } from './hold-sends.js';
import { loopbackName, type Opened, sockets, until } from './sockets.js';

describe('what a UDP socket on node:dgram cannot send', () => {
  const open = sockets();
  const reactors: Reactor[] = [];

  afterEach(async () => {
    await Promise.all(reactors.splice(0).map((reactor) => reactor.close()));
  });

  function listen(address: string): UDPPort {
    const reactor = new Reactor({ network: nodeNetwork() });
    reactors.push(reactor);
    reactor.on('error', (error) => expect.fail(`reported: ${String(error)}`));
    return reactor.listenUDP(0, new DatagramProtocol(), { interface: address });
  }

  async function statsOnceDropped(port: UDPPort): Promise<DatagramStats> {
    await until(() => port.stats.dropped > 0);
    return { ...port.stats };
  }

  describe('is told as a loss, in a later turn, with its errno code', () => {
    it('when it is longer than a datagram can be', async () => {
      const { socket, told } = open();
      socket.send(Buffer.alloc(65508), { host: '127.0.0.1', port: 9 });
      expect(told.losses).to.deep.equal([]);
      await until(() => told.losses.length > 0);
      expect(told).to.deep.include({ losses: ['EMSGSIZE'], failures: [], refusals: 0 });
    });

    it('when it is a broadcast that was not allowed', async () => {
      const { socket, told } = open({ host: '0.0.0.0' });
      socket.send(Buffer.from('x'), { host: '127.255.255.255', port: 9 });
      expect(told.losses).to.deep.equal([]);
      await until(() => told.losses.length > 0);
      expect(told).to.deep.include({ losses: ['EACCES'], failures: [], refusals: 0 });
    });

    it('when no route leads there', async () => {
      const { socket, told } = open({ host: '::1', family: 6 });
      socket.send(Buffer.from('x'), { host: `ff02::1%${loopbackName()}`, port: 9 });
      expect(told.losses).to.deep.equal([]);
      await until(() => told.losses.length > 0);
      expect(told).to.deep.include({ losses: ['ENETUNREACH'], failures: [], refusals: 0 });
    });

    it('each by itself, and what can be sent is sent', async () => {
      const here = open({ host: '0.0.0.0' });
      const there = open();
      const broadcast = { host: '127.255.255.255', port: there.address.port };
      for (const to of [broadcast, there.address, broadcast]) here.socket.send(Buffer.from('x'), to);
      await until(() => here.told.losses.length === 2 && there.told.datagrams.length === 1);
      expect(here.told.losses).to.deep.equal(['EACCES', 'EACCES']);
    });
  });

  describe('is counted as dropped by a port, and never thrown or reported', () => {
    it('when it is a directed broadcast that was not allowed', async () => {
      const port = listen('0.0.0.0');
      port.write('x', { host: '127.255.255.255', port: 9 });
      expect(await statsOnceDropped(port)).to.deep.equal({ sent: 1, received: 0, dropped: 1, refused: 0 });
    });

    it('when no route leads there', async () => {
      const port = listen('::1');
      port.write('x', { host: `ff02::1%${loopbackName()}`, port: 9 });
      expect(await statsOnceDropped(port)).to.deep.equal({ sent: 1, received: 0, dropped: 1, refused: 0 });
    });

    it('also while it is held back and other datagrams go', async () => {
      const port = listen('0.0.0.0');
      const there = open();
      using kernel = holdSends();
      port.write('x', { host: '127.255.255.255', port: 9 });
      port.write('y', { host: '127.0.0.1', port: there.address.port });
      expect(port.stats.dropped).to.equal(0);
      kernel.release();
      await until(() => there.told.datagrams.length === 1);
      expect(await statsOnceDropped(port)).to.include({ sent: 2, dropped: 1 });
    });
  });
});

describe('refusals on node:dgram', () => {
  const open = sockets();

  /** A socket that is connected to a port where nobody listens any more. */
  async function connectedToNobody(): Promise<Opened & { peer: Address }> {
    const here = open();
    const there = open();
    here.socket.connect(there.address);
    await there.close();
    return { ...here, peer: there.address };
  }

  it('are told once each where they come by themselves, without a loss', async () => {
    const { socket, told } = await connectedToNobody();
    for (let refusals = 1; refusals <= 3; refusals++) {
      socket.send(Buffer.from('x'));
      await until(() => told.refusals === refusals);
    }
    expect(told).to.deep.include({ refusals: 3, losses: [], failures: [] });
  });

  it('are told once each where the next send fetches them, which is lost', async () => {
    const { socket, told } = await connectedToNobody();
    for (let i = 0; i < 4; i++) socket.send(Buffer.from('x'));
    // Every second one only fetches the refusal of the one before it.
    await until(() => told.losses.length === 2);
    expect(told).to.deep.include({ refusals: 2, losses: ['ECONNREFUSED', 'ECONNREFUSED'], failures: [] });
    socket.send(Buffer.from('x'));
    await until(() => told.refusals === 3);
    expect(told.losses).to.have.lengthOf(2);
  });

  it('are not told of an unconnected socket', async () => {
    const here = open();
    const nobody = open();
    await nobody.close();
    const there = open();
    here.socket.send(Buffer.from('x'), nobody.address);
    here.socket.send(Buffer.from('x'), there.address);
    await until(() => there.told.datagrams.length === 1);
    expect(here.told).to.deep.include({ refusals: 0, losses: [], failures: [] });
  });

  it('leave the socket usable in both directions', async () => {
    const here = await connectedToNobody();
    here.socket.send(Buffer.from('x'));
    await until(() => here.told.refusals === 1);
    const there = open({ port: here.peer.port });
    here.socket.send(Buffer.from('there'));
    there.socket.send(Buffer.from('and back'), here.address);
    await until(() => there.told.datagrams.length === 1 && here.told.datagrams.length === 1);
    expect([...there.told.texts, ...here.told.texts]).to.deep.equal(['there', 'and back']);
  });

  it('stop no process whose protocol does not ask for them', async () => {
    await using reactor = new Reactor({ network: nodeNetwork() });
    const there = open();
    const port = reactor.listenUDP(0, {}, { interface: '127.0.0.1' });
    port.connect(there.address.host, there.address.port);
    await there.close();
    port.write('x');
    await until(() => port.stats.refused === 1);
    expect(port.stats).to.deep.equal({ sent: 1, received: 0, dropped: 0, refused: 1 });
  });

  it('are counted by a port with what was lost for them', async () => {
    await using reactor = new Reactor({ network: nodeNetwork() });
    let refused = 0;
    const there = open();
    const port = reactor.listenUDP(0, { connectionRefused: () => void refused++ }, { interface: '127.0.0.1' });
    port.connect(there.address.host, there.address.port);
    await there.close();
    for (let i = 0; i < 4; i++) port.write('x');
    await until(() => port.stats.dropped === 2);
    expect(port.stats).to.deep.equal({ sent: 4, received: 0, dropped: 2, refused: 2 });
    expect(refused).to.equal(2);
  });
});
