/**
 * A connection to be made, and made again: what `connectTCP` gives.
 *
 *     disconnected --connect--> connecting --> connected --connection lost--> disconnected
 *                                   \--failed, timed out, given up--> disconnected
 *
 * The factory is started before an attempt and stopped after the last hook of it, unless a hook has begun another.
 */
import { type InternetAddress, ipFamily } from '../lib/address.js';
import type { Deferred } from '../lib/deferred/deferred.js';
import { ConnectError, PlaitError } from '../lib/errors.js';
import type { DelayedCall } from '../lib/time/delayed-call.js';
import type { Connector, FactoryLike, TLSOptions, UnixAddress } from '../lib/stream.js';
import {
  ConnectionRefusedError,
  ConnectorStateError,
  ConnectTimeoutError,
  UserAbortError,
} from '../lib/stream-errors.js';
import type { Protocol } from '../lib/stream-protocol.js';
import { callFactory, type FactoryHooks } from './factory-hooks.js';
import type { ConnectSpec, StreamPlace, StreamSink, StreamSocket } from './network.js';
import type { StreamOwner } from './stream-owner.js';
import { TCPConnection } from './tcp-connection.js';

/** What a connector connects to and how. */
export interface ConnectorSpec {
  /** `host` may be a name. */
  readonly place: StreamPlace;
  readonly local: ConnectSpec['local'];
  /** Seconds. */
  readonly timeout: number;
  readonly tls: TLSOptions | undefined;
}

export class StreamConnector implements Connector {
  readonly #owner: StreamOwner;
  readonly #spec: ConnectorSpec;
  readonly #factory: FactoryHooks;
  /** Told when the connector begins and ceases to hold anything. */
  readonly #held: (connector: StreamConnector, held: boolean) => void;
  #state: 'disconnected' | 'connecting' | 'connected' = 'disconnected';
  #factoryStarted = false;
  #attempt: Attempt | undefined;
  #connection: TCPConnection | undefined;
  /** Told once when this holds nothing any more. */
  readonly #whenOver: (() => void)[] = [];

  constructor(
    owner: StreamOwner,
    spec: ConnectorSpec,
    factory: FactoryLike,
    held: (connector: StreamConnector, held: boolean) => void,
  ) {
    this.#owner = owner;
    this.#spec = spec;
    this.#factory = callFactory(factory, owner);
    this.#held = held;
  }

  get state(): Connector['state'] {
    return this.#state;
  }

  connect(): void {
    if (this.#state !== 'disconnected') throw new ConnectorStateError('connect', this.#state);
    // Who reconnects whenever a connection is lost would keep the reactor from ever being closed.
    if (this.#owner.shuttingDown && this.#factoryStarted) return;
    if (!this.#factoryStarted) {
      this.#factory.start();
      this.#factoryStarted = true;
    }
    this.#state = 'connecting';
    this.#held(this, true);
    const attempt = new Attempt(this.#owner, this.#spec, (socket) => this.#connected(socket));
    this.#attempt = attempt;
    attempt.failed = (reason) => {
      if (this.#attempt === attempt) this.#ended('clientConnectionFailed', reason);
    };
    this.#factory.call('startedConnecting', this);
    if (this.#attempt !== attempt || attempt.over) return;
    try {
      attempt.start();
    } catch (error) {
      this.#attempt = undefined;
      this.#state = 'disconnected';
      this.#letGo();
      throw error;
    }
  }

  stopConnecting(): void {
    if (this.#state !== 'connecting') throw new ConnectorStateError('stopConnecting', this.#state);
    this.#attempt!.giveUp(new UserAbortError());
  }

  disconnect(): void {
    if (this.#state === 'connecting') this.stopConnecting();
    else this.#connection?.loseConnection();
  }

  getDestination(): { readonly host: string; readonly port: number } | UnixAddress {
    const { place } = this.#spec;
    return 'path' in place ? { type: 'UNIX', path: place.path } : place;
  }

  toString(): string {
    return `<connector to ${describe(this.#spec.place)} of ${this.#factory.name}, ${this.#state}>`;
  }

  /** The reactor shuts down: gives up an attempt. Resolves when nothing is held any more, a connection included. @internal */
  shutDown(): Promise<void> {
    if (this.#state === 'connecting') this.stopConnecting();
    return new Promise((resolve) => this.#whenOver.push(resolve));
  }

  #connected(socket: StreamSocket): StreamSink {
    const { place, tls } = this.#spec;
    const destination = 'path' in place ? place.path : place.host;
    const connection = new TCPConnection(this.#owner, socket, destination, (reason) => {
      this.#connection = undefined;
      this.#ended('clientConnectionLost', reason);
    });
    this.#attempt = undefined;
    this.#state = 'connected';
    this.#connection = connection;
    const protocol = this.#factory.build(socket.peer as InternetAddress);
    if (protocol === null) connection.refuse();
    else this.#start(connection, protocol, tls);
    return connection;
  }

  #start(connection: TCPConnection, protocol: Protocol, tls: TLSOptions | undefined): void {
    if (tls !== undefined) connection.secure({ ...tls, isServer: false }).addErrback(() => undefined);
    connection.start(protocol);
  }

  #ended(hook: 'clientConnectionFailed' | 'clientConnectionLost', reason: Error): void {
    this.#attempt = undefined;
    this.#state = 'disconnected';
    const heard = this.#factory.call(hook, this, reason);
    if (!heard && hook === 'clientConnectionFailed' && !(reason instanceof UserAbortError)) {
      this.#owner.report(reason, { hook, source: this.#factory.source });
    }
    if (this.#current() === 'disconnected') this.#letGo();
  }

  /** There is no attempt, no connection, and none is to come. */
  #letGo(): void {
    this.#held(this, false);
    this.#factoryStarted = false;
    const failure = this.#factory.stop();
    if (failure !== undefined) this.#owner.report(failure, { hook: 'stopFactory', source: this.#factory.source });
    for (const f of this.#whenOver.splice(0)) f();
  }

  /** The state now, which a hook may have changed. */
  #current(): Connector['state'] {
    return this.#state;
  }
}

/** One attempt: resolving, connecting, and the time it may take. It ends once. */
class Attempt {
  over = false;
  failed: (reason: Error) => void = () => {};
  readonly #owner: StreamOwner;
  readonly #spec: ConnectorSpec;
  readonly #made: (socket: StreamSocket) => StreamSink;
  #deadline: DelayedCall | undefined;
  #lookup: Deferred<void> | undefined;
  #socket: StreamSocket | undefined;

  constructor(owner: StreamOwner, spec: ConnectorSpec, made: (socket: StreamSocket) => StreamSink) {
    this.#owner = owner;
    this.#spec = spec;
    this.#made = made;
  }

  /** @throws NotSupportedError, HostDownError */
  start(): void {
    const { place, timeout } = this.#spec;
    if (timeout !== Infinity) {
      this.#deadline = this.#owner.reactor.callLater(timeout, () =>
        this.giveUp(new ConnectTimeoutError(destination(place), timeout)),
      );
    }
    if ('path' in place || ipFamily(place.host) !== 0) {
      try {
        this.#connect(place);
      } catch (error) {
        this.#end();
        throw error;
      }
      return;
    }
    const local = this.#spec.local;
    const family = local === undefined ? 0 : ipFamily(local.host);
    this.#lookup = this.#owner
      .resolve(place.host, family === 0 ? { timeout: Infinity } : { timeout: Infinity, family })
      .addCallback((host) => {
        if (!this.over) this.#connect({ host, port: place.port });
      })
      .addErrback((error) => this.giveUp(error));
  }

  /** Ends the attempt, in a later turn. */
  giveUp(reason: Error): void {
    if (this.over) return;
    this.#end();
    this.#lookup?.cancel();
    this.#socket?.abort();
    this.#owner.soon(() => this.failed(reason));
  }

  /** @throws NotSupportedError, HostDownError */
  #connect(place: StreamPlace): void {
    let sink: StreamSink | undefined;
    try {
      this.#socket = this.#owner.connectStream(
        { place, local: this.#spec.local },
        {
          connected: () => {
            if (this.over) return;
            this.#end();
            sink = this.#made(this.#socket!);
          },
          data: (data) => sink?.data(data),
          ended: () => sink?.ended(),
          finished: () => sink?.finished(),
          drained: () => sink?.drained(),
          closed: (error) => {
            if (sink !== undefined) sink.closed(error);
            else this.#fail(connectFailure(place, error));
          },
        },
      );
    } catch (error) {
      if (error instanceof PlaitError) throw error;
      this.giveUp(connectFailure(place, error));
    }
  }

  #fail(reason: Error): void {
    if (this.over) return;
    this.#end();
    this.failed(reason);
  }

  #end(): void {
    this.over = true;
    if (this.#deadline?.active()) this.#deadline.cancel();
  }
}

/** The named error for what the system says. */
function connectFailure(place: StreamPlace, error: unknown): Error {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'ECONNREFUSED') return new ConnectionRefusedError(destination(place), error);
  if (code === 'ETIMEDOUT') return new ConnectTimeoutError(destination(place), undefined, error);
  const { host, port } = destination(place);
  return new ConnectError(host, port, error ?? undefined);
}

function destination(place: StreamPlace): { host: string; port: number } {
  return 'path' in place ? { host: place.path, port: 0 } : place;
}

function describe(place: StreamPlace): string {
  return 'path' in place ? place.path : `${place.host}:${place.port}`;
}
