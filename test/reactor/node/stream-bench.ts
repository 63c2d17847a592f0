/// <reference types="node" preserve="true" />
/**
 * A reactor on the machine's own network for tests of connections: closed after each test, with nothing open and no
 * error that the test has not taken. Bare sockets stand in for peers that misbehave.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { afterEach, beforeEach } from 'mocha';
import { type ClientFactoryLike, type FactoryLike, type HookResult, Reactor, type TLSOptions } from '../../../index.js';
import { Recorder, type RecorderHooks } from '../../../testing/contract/stream-stage.js';
import { until } from './sockets.js';

/** What a SecureRecorder does in its hooks. */
export interface SecureHooks extends RecorderHooks {
  handshakeCompleted?(protocol: Recorder): HookResult;
}

/** A protocol that keeps a record of its hooks, the end of the handshake among them. */
export class SecureRecorder extends Recorder {
  readonly #secure: SecureHooks;

  constructor(hooks: SecureHooks = {}) {
    super(hooks);
    this.#secure = hooks;
  }

  /** Whether the peers have agreed. */
  get agreed(): boolean {
    return this.log.includes('handshakeCompleted');
  }

  handshakeCompleted(): HookResult {
    this.log.push('handshakeCompleted');
    return this.#secure.handshakeCompleted?.(this);
  }
}

export class StreamBench {
  reactor!: Reactor;
  /** What was reported, until a test takes it. */
  errors: Error[] = [];
  #bare: (Socket | Server)[] = [];

  /** For the body of a `describe`. */
  constructor() {
    beforeEach(() => {
      this.reactor = new Reactor();
      this.reactor.on('error', (error) => this.errors.push(error));
    });
    afterEach(async () => {
      for (const each of this.#bare.splice(0)) {
        if ('destroy' in each) each.destroy();
        else each.close();
      }
      await this.reactor.close();
      expect(this.errors.splice(0)).to.deep.equal([]);
      expect(this.reactor.openHandles()).to.deep.equal([]);
    });
  }

  /** The number of a port that gives its connections to this protocol. In TLS, where options are given. */
  async listen(factory: FactoryLike, tls?: TLSOptions): Promise<number> {
    const options = { interface: '127.0.0.1' };
    const port =
      tls === undefined
        ? this.reactor.listenTCP(0, factory, options)
        : this.reactor.listenSSL(0, factory, tls, options);
    return (await port.listening).port;
  }

  /** Connects to that port of this machine. In TLS, where options are given. */
  connect(port: number, factory: ClientFactoryLike, tls?: TLSOptions): void {
    if (tls === undefined) this.reactor.connectTCP('127.0.0.1', port, factory);
    else this.reactor.connectSSL('127.0.0.1', port, factory, tls);
  }

  /** Waits until all of them have lost their connection. */
  lost(...protocols: Recorder[]): Promise<void> {
    return until(() => protocols.every(({ reason }) => reason !== undefined));
  }

  /** A bare socket that is connected to that port. */
  async bareClient(port: number): Promise<Socket> {
    const socket = this.#keep(connect({ host: '127.0.0.1', port, allowHalfOpen: true }));
    await once(socket, 'connect');
    return socket;
  }

  /** The number of a port that gives bare sockets to `accept`. */
  async bareServer(accept: (socket: Socket) => void): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, (socket) => accept(this.#keep(socket)));
    this.#bare.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as { port: number }).port;
  }

  /** A port that passes everything on to another one and back, from `opened` on, and of what goes there what `tap` makes of it. */
  relay(
    port: number,
    tap = (data: Buffer): Buffer => data,
    opened: Promise<void> = Promise.resolve(),
  ): Promise<number> {
    return this.bareServer((front) => {
      const back = this.#keep(connect({ host: '127.0.0.1', port, allowHalfOpen: true }));
      void opened.then(() => {
        front.on('data', (data) => back.write(tap(data)));
        back.on('data', (data) => front.write(data));
      });
      for (const [one, other] of [
        [front, back],
        [back, front],
      ] as const) {
        one.on('end', () => other.end()).on('close', () => other.destroySoon());
      }
    });
  }

  #keep(socket: Socket): Socket {
    this.#bare.push(socket);
    return socket.on('error', () => {}); // what befalls it is told to the other end
  }
}
