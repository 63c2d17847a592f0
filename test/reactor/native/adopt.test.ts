import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { CannotListenError, nativeNetwork, nodeNetwork, NotSupportedError, Reactor } from '../../../index.js';
import { describeNative } from '../../contract/native-contract-network.js';
import { until } from '../node/sockets.js';

/** Adopts descriptor 3, answers until somebody has asked, stops, and does it again. */
const ADOPTING = `
  import { Reactor, nativeNetwork, Deferred } from '${new URL('../../../index.js', import.meta.url).href}';
  const reactor = new Reactor({ network: nativeNetwork() });
  for (const turn of ['first', 'second']) {
    const asked = new Deferred();
    const port = reactor.adoptDatagramPort(3, {
      datagramReceived(data, address, transport) {
        transport.write(turn, address);
        if (!asked.called) asked.callback();
      },
    });
    if (turn === 'first') console.log(port.getHost().host + ':' + port.getHost().port);
    await asked;
    await port.stopListening();
  }
  console.log('adopted twice');
  setInterval(() => {}, 1e6);`;

/** Node does not show a socket's descriptor in its types. */
function descriptorOf(socket: object): number {
  const [handle] = Object.getOwnPropertySymbols(socket)
    .map((symbol) => (socket as Record<symbol, { handle?: { fd: number } }>)[symbol]?.handle)
    .filter((each) => each !== undefined);
  return handle!.fd;
}

/** The descriptors of this process's sockets. */
function openSockets(): number[] {
  const isSocket = (name: string): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).startsWith('socket:');
    } catch {
      return false; // the one that listed them
    }
  };
  return readdirSync('/proc/self/fd').filter(isSocket).map(Number);
}

describeNative('adoptDatagramPort', () => {
  let reactor: Reactor;

  beforeEach(() => {
    reactor = new Reactor({ network: nativeNetwork() });
  });

  afterEach(() => reactor.close());

  it('puts a protocol on a socket that the process was started with, and leaves that open when it stops', async () => {
    const given = createSocket('udp4');
    given.bind(0, '127.0.0.1');
    await once(given, 'listening');
    const { address: host, port } = given.address();
    const child = spawn(process.execPath, ['--input-type=module', '--eval', ADOPTING], {
      stdio: ['ignore', 'pipe', 'inherit', descriptorOf(given)],
    });
    try {
      const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
      expect((await lines.next()).value).to.equal(`127.0.0.1:${port}`);
      given.close();
      const answers: string[] = [];
      const asker = reactor.listenUDP(
        0,
        { datagramReceived: (data) => void answers.push(data.toString()) },
        { interface: '127.0.0.1' },
      );
      for (const turn of ['first', 'second']) {
        // Until the parent's socket is closed, it may be the one that reads.
        await until(() => {
          asker.write('hello', { host, port });
          return answers.includes(turn);
        });
      }
      expect((await lines.next()).value).to.equal('adopted twice');
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });

  it('leaves the socket as it was to whoever else reads from it: no datagrams are joined', async () => {
    const given = createSocket('udp4');
    given.bind(0, '127.0.0.1');
    await once(given, 'listening');
    const lengths: number[] = [];
    given.on('message', (data) => lengths.push(data.length));
    const { address: host, port } = given.address();
    await reactor.adoptDatagramPort(descriptorOf(given), {}).stopListening();
    const writer = reactor.listenUDP(0, {}, { interface: '127.0.0.1' });
    for (let i = 0; i < 5; i++) writer.write(Buffer.alloc(100), { host, port });
    await until(() => lengths.length === 5);
    expect(lengths).to.deep.equal([100, 100, 100, 100, 100]);
    given.close();
    await once(given, 'close');
  });

  it('goes on where who had the socket before has asked it for errors', async () => {
    const before = openSockets();
    const first = reactor.listenUDP(0, {}, { interface: '127.0.0.1', reportErrors: true });
    const [descriptor] = openSockets().filter((each) => !before.includes(each));
    const reported: unknown[] = [];
    reactor.on('error', (error) => reported.push(error));
    const heard: string[] = [];
    const port = reactor.adoptDatagramPort(descriptor!, { datagramReceived: (data) => void heard.push(String(data)) });
    await first.stopListening();
    const gone = reactor.listenUDP(0, {}, { interface: '127.0.0.1' });
    const nobody = { host: '127.0.0.1', port: gone.getHost().port };
    await gone.stopListening();
    for (let i = 1; i <= 3; i++) {
      port.write('x', nobody);
      await until(() => port.stats.dropped === i);
    }
    reactor.listenUDP(0, {}, { interface: '127.0.0.1' }).write('hello', port.getHost());
    await until(() => heard.length === 1);
    expect(reported).to.deep.equal([]);
  });

  it('knows the family of the socket', async () => {
    const given = createSocket('udp6');
    given.bind(0, '::1');
    await once(given, 'listening');
    const port = reactor.adoptDatagramPort(descriptorOf(given), {});
    expect(port.getHost().family).to.equal('IPv6');
    expect(() => port.write('x', { host: '127.0.0.1', port: 1 })).to.throw(/IPv6|family/);
    given.close();
    await once(given, 'close');
  });

  it('refuses what is no UDP socket: CannotListenError', async () => {
    const file = openSync('/dev/null', 'r');
    expect(() => reactor.adoptDatagramPort(file, {})).to.throw(CannotListenError, /ENOTSOCK/);
    closeSync(file);
    expect(() => reactor.adoptDatagramPort(file, {})).to.throw(CannotListenError, /EBADF|ENOTSOCK/);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    expect(() => reactor.adoptDatagramPort(fd, {})).to.throw(CannotListenError, /EPROTOTYPE/);
    server.close();
    await once(server, 'close');
    expect(reactor.openHandles()).to.deep.equal([]);
  });

  it('refuses what is no descriptor: RangeError', () => {
    for (const wrong of [-1, 1.5, NaN, undefined]) {
      expect(() => reactor.adoptDatagramPort(wrong as number, {}), String(wrong)).to.throw(RangeError);
    }
  });
});

describe('adoptDatagramPort on the node network', () => {
  it('is not supported', async () => {
    await using reactor = new Reactor({ network: nodeNetwork() });
    expect(() => reactor.adoptDatagramPort(0, {})).to.throw(NotSupportedError);
    for (const option of ['reportErrors', 'packetInfo'] as const) {
      expect(() => reactor.listenUDP(0, {}, { [option]: true }), option).to.throw(NotSupportedError, option);
    }
    expect(reactor.openHandles()).to.deep.equal([]);
  });
});
