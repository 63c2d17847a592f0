/**
 * A port that takes connections: each gets a protocol from the factory. TCP and UNIX sockets alike.
 *
 *     binding --bound--> listening --stopListening--> stopping --socket closed--> closed
 *        \--can't be had--> closed
 *
 * Connections outlive their port.
 */
import { type InternetAddress } from '../lib/address.js';
import type { Deferred } from '../lib/deferred/deferred.js';
import { CannotListenError, NotConnectedError } from '../lib/errors.js';
import type { FactoryLike, StreamAddress, TCPPort, TLSOptions } from '../lib/stream.js';
import { callFactory, type FactoryHooks } from './factory-hooks.js';
import type { ListenSpec, StreamListener, StreamSink, StreamSocket } from './network.js';
import type { StreamOwner } from './stream-owner.js';
import { placeOf, TCPConnection } from './tcp-connection.js';

export class ListeningPort implements TCPPort {
  readonly listening: Deferred<InternetAddress>;
  readonly #owner: StreamOwner;
  readonly #spec: ListenSpec;
  readonly #factory: FactoryHooks;
  readonly #tls: TLSOptions | undefined;
  readonly #closed: (port: ListeningPort) => void;
  readonly #listener: StreamListener;
  #state: 'binding' | 'listening' | 'stopping' | 'closed' = 'binding';
  #address: StreamAddress | undefined;
  /** Whether it has ever listened. */
  #listened = false;
  readonly #waiting: Deferred<void>[] = [];

  /** Starts the factory; what its `startFactory` throws passes through, and nothing is open then. */
  constructor(
    owner: StreamOwner,
    spec: ListenSpec,
    factory: FactoryLike,
    tls: TLSOptions | undefined,
    closed: (port: ListeningPort) => void,
  ) {
    this.#owner = owner;
    this.#spec = spec;
    this.#tls = tls;
    this.#closed = closed;
    this.#factory = callFactory(factory, owner);
    this.listening = owner.deferred<InternetAddress>(() => void this.stopListening());
    this.#factory.start();
    try {
      this.#listener = owner.listenStream(spec, this);
    } catch (error) {
      this.#factory.stop();
      throw error;
    }
  }

  getHost(): InternetAddress {
    if (this.#address === undefined) throw new NotConnectedError('The port does not listen yet: wait for `listening`');
    return this.#address as InternetAddress;
  }

  stopListening(): Deferred<void> {
    const stopped = this.#owner.deferred<void>();
    if (this.#state === 'closed') {
      stopped.callback();
      return stopped;
    }
    this.#waiting.push(stopped);
    if (this.#state === 'stopping') return stopped;
    const early = this.#state === 'binding';
    this.#state = 'stopping';
    this.#owner.soon(() => {
      this.#listener.close(() => {
        if (early && !this.listening.called) {
          // Whoever waits is told; where nobody does, it is no failure: it was asked for.
          void this.listening.then(undefined, () => {});
          this.listening.errback(this.#cannotListen(new Error('stopped before it listened')));
        }
        this.#end();
      });
    });
    return stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopListening();
  }

  /** Whether it has ever listened. @internal */
  get listened(): boolean {
    return this.#listened;
  }

  toString(): string {
    const where = this.#address === undefined ? 'nowhere yet' : `on ${placeOf(this.#address)}`;
    return `<port ${where} of ${this.#factory.name}, ${this.#state}>`;
  }

  /** The machine is gone. @internal */
  vanish(): void {
    this.#state = 'closed';
    for (const stopped of this.#waiting.splice(0)) if (!stopped.called) stopped.callback();
  }

  /** @internal */
  bound(address: StreamAddress): void {
    this.#address = address;
    if (this.#state !== 'binding') return;
    this.#state = 'listening';
    this.#listened = true;
    const { listening } = this.#owner.streamChannels;
    if (listening.hasSubscribers) listening.publish({ port: this, address });
    this.listening.callback(address as InternetAddress);
  }

  /** @internal */
  failed(error: Error): void {
    if (this.#state === 'closed') return;
    if (!this.listening.called) this.listening.errback(this.#cannotListen(error));
    this.#end();
  }

  /** @internal */
  dropped(error: Error): void {
    this.#owner.report(error, { hook: 'port', source: this });
  }

  /** @internal */
  accepted(socket: StreamSocket): StreamSink | undefined {
    if (this.#state !== 'listening') return undefined;
    const protocol = this.#factory.build(socket.peer as InternetAddress);
    if (protocol === null) return undefined;
    const connection: TCPConnection = new TCPConnection(this.#owner, socket, undefined, nobody);
    if (this.#tls !== undefined) connection.secure({ ...this.#tls, isServer: true }).addErrback(() => undefined);
    connection.start(protocol);
    return connection;
  }

  #cannotListen(cause: Error): CannotListenError {
    const { place } = this.#spec;
    return 'path' in place
      ? new CannotListenError(place.path, 0, cause)
      : new CannotListenError(place.host, place.port, cause);
  }

  #end(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const failure = this.#factory.stop();
    const { close } = this.#owner.streamChannels;
    if (this.#listened && close.hasSubscribers) close.publish({ port: this, address: this.#address });
    this.#closed(this);
    const waiting = this.#waiting.splice(0).filter((stopped) => !stopped.called);
    if (failure !== undefined && waiting.length === 0) {
      this.#owner.report(failure, { hook: 'stopFactory', source: this.#factory.source });
    }
    for (const stopped of waiting) {
      if (failure === undefined) stopped.callback();
      else stopped.errback(failure);
    }
  }
}

/** Waits for the end of a connection that was taken: a port does not. */
function nobody(): void {}
