/**
 * What the native network promises beyond the contract of every network, and what could go wrong in a batch.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { afterEach, beforeEach, it } from 'mocha';
import { type Address, DatagramProtocol, nativeNetwork, Reactor, type UDPPort } from '../../../index.js';
import { describeNative } from '../../contract/native-contract-network.js';
import { hasIPv6 } from '../../contract/node-contract-network.js';
import { until } from '../node/sockets.js';

const HERE = { interface: '127.0.0.1' };

class Keeper extends DatagramProtocol {
  readonly datagrams: { data: Buffer; copy: Buffer; address: Address }[] = [];

  override datagramReceived(data: Buffer, address: Address): void {
    this.datagrams.push({ data, copy: Buffer.from(data), address });
  }
}

describeNative('a port of the native network', () => {
  let reactor: Reactor;

  beforeEach(() => {
    reactor = new Reactor({ network: nativeNetwork() });
  });

  afterEach(() => reactor.close());

  /** Two ports, and a function that writes from the one to the other. */
  function pair(keeper: Keeper = new Keeper()): { keeper: Keeper; to: UDPPort; send: (data: Uint8Array) => void } {
    // What a batch can bring waits in the system until it is read.
    const to = reactor.listenUDP(0, keeper, { ...HERE, recvBufferSize: 4_000_000 });
    const from = reactor.listenUDP(0, {}, HERE);
    const address = to.getHost();
    return { keeper, to, send: (data) => from.write(data, address) };
  }

  async function arrive(sizes: readonly number[]): Promise<void> {
    const { keeper, send } = pair();
    for (const [i, size] of sizes.entries()) send(Buffer.alloc(size, i));
    await until(() => keeper.datagrams.length === sizes.length);
    expect(keeper.datagrams.map(({ data }) => data.length)).to.deep.equal(sizes);
    for (const [i, { data }] of keeper.datagrams.entries())
      expect(data.equals(Buffer.alloc(sizes[i]!, i))).to.equal(true);
  }

  it('delivers, whole and in order, many of one size written in one turn', () =>
    arrive(Array.from({ length: 300 }, () => 100)));

  it('delivers, whole and in order, many of any size written in one turn', () =>
    arrive(Array.from({ length: 200 }, (_, i) => (i * 977) % 2001)));

  it('delivers runs of one size that end with a shorter one, and empty ones between them', () =>
    arrive([500, 500, 500, 20, 500, 500, 0, 0, 500, 500, 499, 501, 500]));

  it('delivers the longest that UDP carries, several in one turn', () => arrive([65507, 65507, 4096, 4097, 65507]));

  it('delivers datagrams longer than the route takes in one piece, several of a size', () =>
    arrive(Array.from({ length: 12 }, () => 9000)));

  it('takes more in one turn than it gathers before it sends', async () => {
    const { keeper, send } = pair();
    for (let i = 0; i < 1500; i++) {
      send(Buffer.from(String(i)));
      if (i % 100 === 99) await until(() => keeper.datagrams.length === i + 1);
    }
    for (let i = 0; i < 20; i++) send(Buffer.alloc(40_000, i));
    await until(() => keeper.datagrams.length === 1520);
    expect(keeper.datagrams.slice(0, 1500).map(({ data }) => Number(data.toString()))).to.deep.equal([
      ...Array(1500).keys(),
    ]);
  });

  it('gives each datagram memory that nothing is put into again', async () => {
    const { keeper, send } = pair();
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i < 50; i++) send(Buffer.alloc(1 + ((round * 53 + i * 97) % 3000), round * 50 + i));
      await until(() => keeper.datagrams.length === (round + 1) * 50);
    }
    send(Buffer.alloc(60_000, 1));
    send(Buffer.alloc(60_000, 2));
    await until(() => keeper.datagrams.length === 1502);
    for (const { data, copy } of keeper.datagrams) expect(data.equals(copy)).to.equal(true);
  });

  it('gives memory that may be written to, and not be taken away from the datagrams beside it', async () => {
    const { keeper, send } = pair();
    send(Buffer.from('one'));
    send(Buffer.from('two'));
    await until(() => keeper.datagrams.length === 2);
    const [one, two] = keeper.datagrams.map(({ data }) => data);
    one!.fill(0xff);
    expect(two!.toString()).to.equal('two');
    try {
      structuredClone(one, { transfer: [one!.buffer as ArrayBuffer] });
    } catch {
      // Node 20 copies instead of it
    }
    expect(two!.toString()).to.equal('two');
  });

  it('delivers nothing of a batch after stopListening inside it', async () => {
    let seen = 0;
    const keeper = new (class extends Keeper {
      override datagramReceived(): void {
        if (++seen === 3) void this.transport.stopListening();
      }
    })();
    const { to, send } = pair(keeper);
    for (let i = 0; i < 40; i++) send(Buffer.from('x'));
    await until(() => seen === 3);
    for (let i = 0; i < 10; i++) await nextTurn();
    expect(seen).to.equal(3);
    expect(reactor.openHandles()).to.not.include(to);
  });

  it('lets leave what was written in the turn in which it was stopped', async () => {
    const keeper = new Keeper();
    const to = reactor.listenUDP(0, keeper, HERE);
    const from = reactor.listenUDP(0, {}, HERE);
    for (let i = 0; i < 3; i++) from.write(String(i), to.getHost());
    await from.stopListening();
    await until(() => keeper.datagrams.length === 3);
  });

  it('may open another port on its number as soon as it is closed', async () => {
    const first = reactor.listenUDP(0, {}, HERE);
    const { port } = first.getHost();
    await first.stopListening();
    expect(reactor.listenUDP(port, {}, HERE).getHost().port).to.equal(port);
  });

  it('takes turns with other ports and with timers, however much is there to read', async () => {
    const order: string[] = [];
    const busy = reactor.listenUDP(
      0,
      { datagramReceived: () => void order.push('busy') },
      {
        ...HERE,
        recvBufferSize: 4_000_000,
      },
    );
    const other = reactor.listenUDP(0, { datagramReceived: () => void order.push('other') }, HERE);
    const from = reactor.listenUDP(0, {}, HERE);
    // Datagrams of different lengths are not joined by the system, so that none stands for many.
    for (let i = 0; i < 400; i++) from.write(Buffer.alloc(1 + (i % 2 === 0 ? i : 1)), busy.getHost());
    from.write('x', other.getHost());
    reactor.callLater(0, () => order.push('timer'));
    await until(() => order.length === 402);
    expect(order.indexOf('other')).to.be.lessThan(400);
    expect(order.indexOf('timer')).to.be.lessThan(400);
  });

  it('drops what is longer than maxPacketSize, which the system has cut off, and counts it', async () => {
    const keeper = new Keeper();
    const to = reactor.listenUDP(0, keeper, { ...HERE, maxPacketSize: 100 });
    const from = reactor.listenUDP(0, {}, HERE);
    for (const size of [100, 101, 5000, 99]) from.write(Buffer.alloc(size), to.getHost());
    await until(() => keeper.datagrams.length === 2);
    expect(keeper.datagrams.map(({ data }) => data.length)).to.deep.equal([100, 99]);
    expect(to.stats).to.deep.equal({ sent: 0, received: 2, dropped: 2, refused: 0 });
  });

  it('shows the options as the system has them', () => {
    const port = reactor.listenMulticast(0, {}, { ...HERE, recvBufferSize: 8192, sendBufferSize: 16384 });
    expect(port.getSocketOption('recvBufferSize')).to.equal(2 * 8192);
    expect(port.getSocketOption('sendBufferSize')).to.equal(2 * 16384);
    expect(port.getSocketOption('broadcast')).to.equal(false);
    port.setBroadcastAllowed(true);
    expect(port.getSocketOption('broadcast')).to.equal(true);
    port.setTTL(7);
    expect(port.getSocketOption('multicastTTL')).to.equal(7);
    port.setLoopbackMode(false);
    expect(port.getSocketOption('multicastLoopback')).to.equal(false);
    expect(port.getSocketOption('ttl')).to.be.within(1, 255);
    expect(port.getSocketOption('reuseAddress')).to.equal(false);
    expect(() => port.getSocketOption('nothing' as 'ttl')).to.throw(RangeError);
  });

  it('shares its number with others by reusePort, on every Node', async () => {
    const one = reactor.listenUDP(0, {}, { ...HERE, reusePort: true });
    const { port } = one.getHost();
    const another = reactor.listenUDP(port, {}, { ...HERE, reusePort: true });
    expect(another.getSocketOption('reusePort')).to.equal(true);
    expect(() => reactor.listenUDP(port, {}, HERE)).to.throw(/EADDRINUSE/);
  });

  it('answers from the address that it was asked at, with packetInfo', async () => {
    const server = reactor.listenUDP(
      0,
      { datagramReceived: (data, address, transport) => transport.write(data, address) },
      { packetInfo: true },
    );
    const { port } = server.getHost();
    for (const host of ['127.0.0.1', '127.0.0.2', '127.1.2.3']) {
      const keeper = new Keeper();
      const client = reactor.listenUDP(0, keeper, HERE);
      client.write('hello', { host, port });
      await until(() => keeper.datagrams.length === 1);
      expect(keeper.datagrams[0]!.address).to.deep.equal({ host, port });
    }
  });

  for (const any of hasIPv6() ? ['0.0.0.0', '::'] : ['0.0.0.0']) {
    it(`answers what was sent to a broadcast address from its own, with packetInfo, on ${any}`, async () => {
      const destinations: unknown[] = [];
      const server = reactor.listenUDP(
        0,
        {
          datagramReceived(data, address, transport) {
            destinations.push(address.destination);
            transport.write(data, address);
          },
        },
        { interface: any, packetInfo: true },
      );
      const keeper = new Keeper();
      const client = reactor.listenUDP(0, keeper, HERE);
      client.setBroadcastAllowed(true);
      const { port } = server.getHost();
      client.write('hello', { host: '127.255.255.255', port });
      await until(() => keeper.datagrams.length === 1);
      expect(keeper.datagrams[0]!.address).to.deep.equal({ host: '127.0.0.1', port });
      expect(destinations).to.deep.equal([any === '::' ? '::ffff:127.255.255.255' : '127.255.255.255']);
    });
  }

  it('is told of refusals for each of several peers, with reportErrors', async () => {
    const gone: Address[] = [];
    for (let i = 0; i < 3; i++) {
      const port = reactor.listenUDP(0, {}, HERE);
      gone.push({ host: '127.0.0.1', port: port.getHost().port });
      await port.stopListening();
    }
    const heard = new Set<number>();
    const port = reactor.listenUDP(
      0,
      { errorReceived: (_, { port: of }) => void heard.add(of) },
      {
        ...HERE,
        reportErrors: true,
      },
    );
    for (const address of gone) port.write('x', address);
    await until(() => heard.size === 3);
    expect([...heard]).to.have.members(gone.map((address) => address.port));
  });

  it('has connectionRefused called for each refusal of a burst', async () => {
    const there = reactor.listenUDP(0, {}, HERE);
    let refused = 0;
    const port = reactor.listenUDP(0, { connectionRefused: () => void refused++ }, HERE);
    port.connect('127.0.0.1', there.getHost().port);
    await there.stopListening();
    for (let i = 0; i < 4; i++) port.write(Buffer.alloc(1 + i)); // of growing length, so that each goes by itself
    await until(() => refused === 4);
    expect(port.stats).to.deep.equal({ sent: 4, received: 0, dropped: 0, refused: 4 });
  });
});
