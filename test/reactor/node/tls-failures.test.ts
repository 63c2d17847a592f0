import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  ConnectionAborted,
  ConnectionDone,
  ConnectionLost,
  type Deferred,
  TLSError,
  type TLSOptions,
} from '../../../index.js';
import type { Recorder } from '../../../testing/contract/stream-stage.js';
import { CLIENT, pem, SERVER } from './certificates.js';
import { until } from './sockets.js';
import { type SecureHooks, SecureRecorder, StreamBench } from './stream-bench.js';

/** Half of the record that a handshake begins with: what a server waits for the rest of. */
const HALF_HELLO = Buffer.from('16030100f0010000ec0303', 'hex');

describe('TLS that fails', () => {
  const bench = new StreamBench();

  /** Both ends of a connection in TLS, from its beginning. */
  async function pair(serverTLS: TLSOptions, clientTLS: TLSOptions): Promise<[SecureRecorder, SecureRecorder]> {
    const [server, client] = [new SecureRecorder(), new SecureRecorder()];
    bench.connect(await bench.listen(() => server, serverTLS), () => client, clientTLS);
    await until(() => server.made && client.made);
    return [server, client];
  }

  /** A server in TLS, and a bare client of it. */
  async function bareClient(hooks: SecureHooks = {}): Promise<[SecureRecorder, Socket]> {
    const server = new SecureRecorder(hooks);
    const socket = await bench.bareClient(await bench.listen(() => server, SERVER));
    await until(() => server.made);
    return [server, socket];
  }

  /** A client in TLS, and what it has said to a bare server. */
  async function bareServer(hooks: SecureHooks = {}): Promise<[SecureRecorder, Socket]> {
    const client = new SecureRecorder(hooks);
    let socket: Socket | undefined;
    let heard = false;
    const port = await bench.bareServer((accepted) => {
      socket = accepted.once('data', () => (heard = true));
    });
    bench.connect(port, () => client, CLIENT);
    await until(() => heard);
    return [client, socket!];
  }

  /** That it never came to an agreement, and was told why, once. */
  function failed({ log, reason }: Recorder, code?: RegExp): void {
    expect(reason).to.be.instanceOf(TLSError).and.have.property('code', 'ERR_PLAIT_TLS');
    expect(log).to.deep.equal(['connectionMade', 'connectionLost']);
    if (code !== undefined) expect(reason!.cause).to.have.property('code').that.matches(code);
  }

  describe('because of the certificate', () => {
    const CASES: readonly [name: string, code: RegExp, server: TLSOptions, client: TLSOptions][] = [
      ['is not signed by whom the client trusts', /^UNABLE_TO_/, SERVER, { ca: pem('client-cert') }],
      ['is not signed by whom the system trusts', /^UNABLE_TO_|^SELF_SIGNED/, SERVER, {}],
      ['is for another name', /^ERR_TLS_CERT_ALTNAME_INVALID$/, SERVER, { ...CLIENT, servername: 'other.plait.test' }],
      ['is for another IPv6 address', /^ERR_TLS_CERT_ALTNAME_INVALID$/, SERVER, { ...CLIENT, servername: '::2' }],
      ['is for another address', /^ERR_TLS_CERT_ALTNAME_INVALID$/, SERVER, { ...CLIENT, servername: '127.0.0.2' }],
      [
        'has expired',
        /^CERT_HAS_EXPIRED$/,
        { key: pem('expired-key'), cert: pem('expired-cert') },
        { ca: pem('expired-cert') },
      ],
    ];
    for (const [name, code, serverTLS, clientTLS] of CASES) {
      it(`that ${name}: the client has a TLSError with the cause, and nothing of it arrives`, async () => {
        const [server, client] = await pair(serverTLS, clientTLS);
        client.transport.write('only for the right one');
        await bench.lost(server, client);
        failed(client, code);
        expect(server.bytes).to.equal(0);
      });
    }

    it('that is missing: both ends have a TLSError', async () => {
      const [server, client] = await pair({}, CLIENT);
      await bench.lost(server, client);
      failed(server, /^ERR_SSL_/);
      failed(client, /^ERR_SSL_/);
    });

    it('that is none: both ends have a TLSError, in a later turn', async () => {
      const [server, client] = await pair({ key: 'no key', cert: 'no certificate' }, CLIENT);
      await bench.lost(server, client);
      failed(server);
      failed(client);
    });

    it('fails the Deferred of startTLS with the reason of connectionLost', async () => {
      let started: Deferred<void> | undefined;
      const client = new SecureRecorder({
        connectionMade({ transport }) {
          started = transport.startTLS({});
        },
      });
      const server = new SecureRecorder();
      bench.connect(await bench.listen(() => server, SERVER), () => client);
      await until(() => started !== undefined);
      const error: unknown = await started!.then(undefined, (reason: unknown) => reason);
      await bench.lost(client, server);
      failed(client);
      expect(client.reason).to.equal(error);
    });
  });

  describe('because the peer speaks something else', () => {
    for (const [what, garbage] of [
      ['text', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
      ['zeros', Buffer.alloc(5000)],
      ['a record of impossible length', Buffer.from('160301ffff', 'hex')],
      ['an alert', Buffer.from('15030100020228', 'hex')],
    ] as const) {
      it(`as a client, ${what}: the server has a TLSError, and closes; others are served`, async () => {
        const servers: SecureRecorder[] = [];
        const port = await bench.listen(() => {
          servers.push(new SecureRecorder());
          return servers.at(-1)!;
        }, SERVER);
        const socket = await bench.bareClient(port);
        let closed = false;
        socket.on('close', () => (closed = true)).resume();
        socket.end(garbage);
        await until(() => closed && servers[0]?.reason !== undefined);
        failed(servers[0]!, /^ERR_SSL_|^EPROTO|^ECONNRESET/);
        const client = new SecureRecorder();
        bench.connect(port, () => client, CLIENT);
        await until(() => client.agreed && servers[1]!.agreed);
      });

      it(`as a server, ${what}: the client has a TLSError, and closes`, async () => {
        const [client, socket] = await bareServer();
        let closed = false;
        socket.on('close', () => (closed = true)).resume();
        socket.end(garbage);
        await bench.lost(client);
        failed(client, /^ERR_SSL_|^EPROTO|^ECONNRESET/);
        await until(() => closed);
      });
    }

    it('and, after the peers have agreed, what is no TLS any more: both lose the connection', async () => {
      let broken = false;
      const [server, client] = [new SecureRecorder(), new SecureRecorder()];
      const port = await bench.relay(await bench.listen(() => server, SERVER), (data) => {
        if (broken) data[data.length - 1]! ^= 1;
        return data;
      });
      bench.connect(port, () => client, CLIENT);
      await until(() => server.agreed && client.agreed);
      broken = true;
      client.transport.write('x');
      await bench.lost(server, client);
      expect(server.reason).to.be.instanceOf(ConnectionLost);
      expect(server.reason!.cause)
        .to.have.property('code')
        .that.matches(/^ERR_SSL_/);
      expect(client.reason).to.be.instanceOf(ConnectionLost);
      expect(server.bytes).to.equal(0);
    });
  });

  describe('because the peer goes in the middle of the handshake', () => {
    const GOING: Record<string, (socket: Socket) => void> = {
      closes: (socket) => void socket.end(),
      resets: (socket) => void socket.resetAndDestroy(),
    };
    for (const [how, go] of Object.entries(GOING)) {
      it(`the server hears of a client that ${how} before it has said anything`, async () => {
        const [server, socket] = await bareClient();
        go(socket);
        await bench.lost(server);
        failed(server, /^ECONNRESET$/);
      });

      it(`the server hears of a client that ${how} in the middle of its first message`, async () => {
        const [server, socket] = await bareClient();
        socket.write(HALF_HELLO);
        await until(() => socket.bytesWritten > 0 && socket.writableLength === 0);
        await nextTurn();
        go(socket);
        await bench.lost(server);
        failed(server, /^ECONNRESET$/);
      });

      it(`the client hears of a server that ${how} before it has answered`, async () => {
        const [client, socket] = await bareServer();
        go(socket);
        await bench.lost(client);
        failed(client, /^ECONNRESET$/);
      });

      it(`the client hears of a server that ${how} in the middle of its answer`, async () => {
        const [client, socket] = await bareServer();
        socket.write(HALF_HELLO);
        await until(() => socket.writableLength === 0);
        await nextTurn();
        go(socket);
        await bench.lost(client);
        failed(client, /^ECONNRESET$/);
      });
    }
  });

  describe('because this end goes in the middle of the handshake', () => {
    const ENDS = [
      ['server', bareClient],
      ['client', bareServer],
    ] as const;
    for (const [who, start] of ENDS) {
      it(`by abortConnection of the ${who}: it has a ConnectionAborted, and the peer a reset`, async () => {
        const [end, socket] = await start();
        let error: Error | undefined;
        socket.on('error', (reset) => (error = reset)).resume();
        end.transport.write('never');
        end.transport.abortConnection();
        await bench.lost(end);
        expect(end.reason).to.be.instanceOf(ConnectionAborted);
        await until(() => error !== undefined);
        expect(error).to.have.property('code', 'ECONNRESET');
      });

      it(`by abortConnection of the ${who}, in any turn after the peer has ended`, async () => {
        for (let turns = 0; turns < 6; turns++) {
          const [end, socket] = await start();
          socket.end(HALF_HELLO);
          for (let i = 0; i < turns; i++) await nextTurn();
          end.transport.abortConnection();
          await bench.lost(end);
          if (end.reason instanceof ConnectionAborted) continue;
          failed(end, /^ECONNRESET$/);
        }
      });

      it(`by loseConnection of the ${who}, with nothing written: it has a ConnectionDone`, async () => {
        const [end, socket] = await start();
        let closed = false;
        socket.on('close', () => (closed = true)).resume();
        end.transport.loseConnection();
        await bench.lost(end);
        expect(end.reason).to.be.instanceOf(ConnectionDone);
        socket.end();
        await until(() => closed);
      });

      it(`by loseConnection of the ${who}, with something written that never leaves: it has a ConnectionLost`, async () => {
        const [end, socket] = await start();
        end.transport.write('never');
        end.transport.loseConnection();
        for (let i = 0; i < 5; i++) await nextTurn();
        expect(end.reason, 'the peers may still agree').to.equal(undefined);
        socket.end();
        await bench.lost(end);
        expect(end.reason).to.be.instanceOf(ConnectionLost);
      });

      it(`when the reactor of the ${who} closes`, async () => {
        const [end] = await start();
        await bench.reactor.close();
        expect(end.reason).to.be.instanceOf(ConnectionDone);
      });
    }

    it('by either end, of two that were about to agree: the other has a TLSError, or was agreed and lost it', async () => {
      for (const end of ['server', 'client'] as const) {
        for (const way of ['abortConnection', 'loseConnection'] as const) {
          for (let turns = 0; turns < 6; turns++) {
            const [server, client] = await pair(SERVER, CLIENT);
            for (let i = 0; i < turns; i++) await nextTurn();
            const [going, other] = end === 'server' ? [server, client] : [client, server];
            if (way === 'abortConnection') going.transport.write('never');
            const before = [...going.log];
            going.transport[way]();
            await bench.lost(server, client);
            expect(going.log).to.deep.equal([...before, 'connectionLost']);
            expect(other.bytes).to.equal(0);
            expect(going.reason).to.be.instanceOf(way === 'abortConnection' ? ConnectionAborted : ConnectionDone);
            if (!other.agreed) failed(other);
          }
        }
      }
    });
  });

  it('leaves alone the handshakes of a port that stops: they end as they would have', async () => {
    const servers: SecureRecorder[] = [];
    const build = (): SecureRecorder => {
      servers.push(new SecureRecorder());
      return servers.at(-1)!;
    };
    const port = bench.reactor.listenSSL(0, build, SERVER, { interface: '127.0.0.1' });
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    const relay = await bench.relay((await port.listening).port, undefined, opened);
    const clients = Array.from({ length: 5 }, () => new SecureRecorder());
    for (const client of clients) bench.connect(relay, () => client, CLIENT);
    await until(() => servers.length === clients.length);
    await port.stopListening();
    expect(servers.some(({ agreed }) => agreed)).to.equal(false);
    open();
    await until(() => [...servers, ...clients].every(({ agreed }) => agreed));
    for (const { transport } of clients) transport.write('x');
    await until(() => servers.every(({ text }) => text === 'x'));
  });
});
