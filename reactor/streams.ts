/**
 * What a reactor has of connections: the ports that take them, the connectors that make them, and they themselves. It
 * opens them and, when the reactor shuts down, closes them.
 */
import type { Deferred } from '../lib/deferred/deferred.js';
import type { Origin, ReactorRandom, ReactorTime, ResolveOptions } from '../lib/interfaces.js';
import { NotSupportedError, toError } from '../lib/errors.js';
import type {
  ClientFactoryLike,
  ConnectTCPOptions,
  ConnectUNIXOptions,
  FactoryLike,
  ListenTCPOptions,
  ListenUNIXOptions,
  StreamHandler,
  TLSOptions,
} from '../lib/stream.js';
import type { Protocol } from '../lib/stream-protocol.js';
import { checkInteger, checkLiteral, checkPort } from './checks.js';
import { StreamConnector } from './connector.js';
import type { Driver, StreamPlace } from './network.js';
import { type StreamOwner, streamChannels } from './stream-owner.js';
import { asStreamProtocol } from './stream-handler.js';
import { TCPConnection } from './tcp-connection.js';
import { ListeningPort } from './tcp-port.js';

/** What is asked of the reactor. */
export interface StreamsOwner {
  readonly reactor: ReactorTime & ReactorRandom;
  report(error: unknown, origin: Origin): void;
  deferred<T>(canceller?: (deferred: Deferred<T>) => void): Deferred<T>;
  resolve(name: string, options: ResolveOptions): Deferred<string>;
  listening(port: ListeningPort): void;
  closed(port: ListeningPort): void;
}

/** Seconds that what was written has to leave when the reactor shuts down. */
const SHUTDOWN_PATIENCE = 1;

/** Seconds that an attempt to connect may take when nothing is said. */
const CONNECT_TIMEOUT = 30;

export class Streams {
  readonly ports: Set<ListeningPort> = new Set();
  readonly connectors: Set<StreamConnector> = new Set();
  readonly connections: Set<TCPConnection> = new Set();
  readonly #owner: StreamOwner;
  readonly #reactor: StreamsOwner;
  readonly #driver: Driver;
  readonly #noTLS: string | undefined;
  #shuttingDown = false;

  constructor(reactor: StreamsOwner, driver: Driver) {
    this.#reactor = reactor;
    this.#driver = driver;
    this.#noTLS = driver.noTLS;
    const isShuttingDown = (): boolean => this.#shuttingDown;
    this.#owner = {
      get shuttingDown(): boolean {
        return isShuttingDown();
      },
      reactor: reactor.reactor,
      streamChannels: streamChannels(driver),
      connections: this.connections,
      soon: (f) => driver.soon(f),
      report: (error, origin) => reactor.report(error, origin),
      asError: toError,
      deferred: (canceller) => reactor.deferred(canceller),
      resolve: (name, options) => reactor.resolve(name, options),
      listenStream: (spec, sink) => driver.listenStream(spec, sink),
      connectStream: (spec, sink) => driver.connectStream(spec, sink),
    };
  }

  listenTCP(port: number, factory: FactoryLike, options: ListenTCPOptions, tls?: TLSOptions): ListeningPort {
    checkPort(port, 0);
    this.#checkTLS('listenSSL', tls);
    const host = options.interface === undefined || options.interface === '' ? '0.0.0.0' : options.interface;
    checkLiteral(host, 'interface');
    return this.#listen({ host, port }, factory, options.backlog, tls);
  }

  listenUNIX(path: string, factory: FactoryLike, options: ListenUNIXOptions): ListeningPort {
    checkPath(path);
    return this.#listen({ path }, factory, options.backlog, undefined);
  }

  connectTCP(
    host: string,
    port: number,
    factory: ClientFactoryLike,
    options: ConnectTCPOptions,
    tls?: TLSOptions,
  ): StreamConnector {
    if (typeof host !== 'string') throw new TypeError('A host is a string: a name or an address');
    checkPort(port, 1);
    this.#checkTLS('connectSSL', tls);
    const { timeout, bindAddress } = options;
    if (bindAddress !== undefined) {
      checkLiteral(bindAddress.host, 'bindAddress');
      checkPort(bindAddress.port ?? 0, 0);
    }
    const local = bindAddress && { host: bindAddress.host, port: bindAddress.port ?? 0 };
    return this.#connect({ host, port }, local, factory, timeout, tls);
  }

  connectUNIX(path: string, factory: ClientFactoryLike, options: ConnectUNIXOptions): StreamConnector {
    checkPath(path);
    return this.#connect({ path }, undefined, factory, options.timeout, undefined);
  }

  standardIO(protocol: Protocol | StreamHandler): TCPConnection {
    const made = asStreamProtocol(protocol);
    if (this.#driver.standardStreams === undefined) {
      throw new NotSupportedError('standardIO', 'this network has no standard streams');
    }
    let opened!: TCPConnection;
    this.#driver.standardStreams((socket) => {
      opened = new TCPConnection(this.#owner, socket, undefined, () => {});
      return opened;
    });
    opened.start(made);
    return opened;
  }

  /** Closes what is open now; resolves when that is done. */
  async shutDown(): Promise<void> {
    this.#shuttingDown = true;
    await Promise.all([
      ...[...this.connectors].map((connector) => connector.shutDown()),
      ...[...this.ports].map((port) => port.stopListening().addErrback((error) => this.#report(error, port))),
      ...[...this.connections].map((connection) => connection.shutDown(SHUTDOWN_PATIENCE)),
    ]);
    this.#shuttingDown = false;
  }

  /** The machine is gone. */
  vanish(): void {
    for (const port of this.ports) port.vanish();
    for (const connection of this.connections) connection.vanish();
    this.ports.clear();
    this.connections.clear();
    this.connectors.clear();
  }

  #listen(
    place: StreamPlace,
    factory: FactoryLike,
    backlog: number | undefined,
    tls: TLSOptions | undefined,
  ): ListeningPort {
    checkInteger('backlog', backlog, 1, 0x7fffffff);
    const port = new ListeningPort(this.#owner, { place, backlog }, factory, tls, (closed) => {
      this.ports.delete(closed);
      if (closed.listened) this.#reactor.closed(closed);
    });
    this.ports.add(port);
    port.listening.addCallback((address) => {
      this.#reactor.listening(port);
      return address;
    });
    return port;
  }

  #connect(
    place: StreamPlace,
    local: { host: string; port: number } | undefined,
    factory: ClientFactoryLike,
    timeout: number = CONNECT_TIMEOUT,
    tls: TLSOptions | undefined,
  ): StreamConnector {
    if (!(timeout >= 0)) throw new RangeError(`A timeout is 0 seconds or more, not ${String(timeout)}`);
    const connector = new StreamConnector(this.#owner, { place, local, timeout, tls }, factory, (which, held) => {
      if (held) this.connectors.add(which);
      else this.connectors.delete(which);
    });
    connector.connect();
    return connector;
  }

  /** @throws NotSupportedError */
  #checkTLS(feature: string, tls: TLSOptions | undefined): void {
    if (tls !== undefined && this.#noTLS !== undefined) throw new NotSupportedError(feature, this.#noTLS);
  }

  #report(error: Error, source: object): void {
    this.#reactor.report(error, { hook: 'stopFactory', source });
  }
}

function checkPath(path: string): void {
  if (typeof path !== 'string' || path === '')
    throw new TypeError('The path of a UNIX socket is a string with something in it');
}
