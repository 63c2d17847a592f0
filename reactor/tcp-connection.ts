/// <reference types="node" preserve="true" />
/**
 * A connection: what Twisted promises of one, over whichever network it is on. TCP, UNIX sockets and TLS alike.
 *
 *     open --loseConnection--> closing --all has left--> closed
 *       \----abortConnection, error, the peer's end, a hook that throws----/
 *
 * Only an open connection delivers: what arrives at a closing one is read, because data that nobody has read would turn
 * the end into a reset, and thrown away. A closing one still takes writes until its turn ends, or its producer is done.
 * The two directions may be closed one by one: `loseWriteConnection` here, the peer's end there.
 */
import type { Deferred } from '../lib/deferred/deferred.js';
import { AlreadyConnectedError, NotConnectedError } from '../lib/errors.js';
import type { HookResult, Origin } from '../lib/interfaces.js';
import type {
  PeerCertificate,
  PullProducer,
  PushProducer,
  StreamAddress,
  StreamTransport,
  TLSOptions,
} from '../lib/stream.js';
import { ConnectionAborted, ConnectionDone, ConnectionLost, ProducerError, TLSError } from '../lib/stream-errors.js';
import { type HalfCloseable, type Protocol, RESUMED, RUN } from '../lib/stream-protocol.js';
import type { StreamSocket, TLSSession } from './network.js';
import { handlerOf } from './stream-handler.js';
import type { StreamOwner } from './stream-owner.js';
import { whenDone } from './when-done.js';

/** Bytes waiting to be sent above which a streaming producer is paused. */
const HIGH_WATER_MARK = 65536;

/** A protocol with the hooks that only some have. */
type AnyProtocol = Protocol<never> &
  Partial<HalfCloseable> & { handshakeCompleted?(): HookResult; [RESUMED]?(): HookResult };

// A StreamSink too, which is nobody's business but the network's: those methods are internal.
export class TCPConnection implements StreamTransport {
  readonly #owner: StreamOwner;
  readonly #socket: StreamSocket;
  /** Told when all is over, after the protocol. */
  readonly #over: (reason: Error) => void;
  #protocol: AnyProtocol | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  /** Why it ends, where this end knows better than the network. */
  #reason: Error | undefined;
  /** Whether that was thrown by a hook. */
  #hookFailed = false;
  #readEnded = false;
  /** `loseWriteConnection`: not called, called, passed on to the socket, or done. */
  #writing: 'open' | 'ending' | 'ended' | 'finished' = 'open';
  #paused = false;
  /** What the socket was told: to close when all has left, or at once. */
  #ending: 'close' | 'abort' | undefined;
  #producer: { producer: PushProducer | PullProducer; streaming: boolean; paused: boolean } | undefined;
  #noDelay = false;
  #keepAlive = false;
  #tls = false;
  #session: TLSSession | undefined;
  readonly #isServer: boolean;
  readonly #destination: string | undefined;

  /** `destination`: the host that was connected to, by its name; undefined where this end was connected to. */
  constructor(
    owner: StreamOwner,
    socket: StreamSocket,
    destination: string | undefined,
    over: (reason: Error) => void,
  ) {
    this.#owner = owner;
    this.#socket = socket;
    this.#isServer = destination === undefined;
    this.#destination = destination;
    this.#over = over;
  }

  /** Puts a protocol on this connection without running a hook: it was given the connection otherwise. @internal */
  protected attach(protocol: Protocol): void {
    this.#protocol ??= protocol as AnyProtocol;
  }

  /** Gives the protocol its connection; if `connectionMade` throws, the connection is closed. @internal */
  start(protocol: Protocol): void {
    // One that has a connection already refuses this one, and is not to hear of its end.
    if (!protocol.connected) this.#protocol = protocol as AnyProtocol;
    this.#owner.connections.add(this);
    const { connected } = this.#owner.streamChannels;
    if (connected.hasSubscribers) connected.publish({ connection: this, host: this.getHost(), peer: this.getPeer() });
    this.#run('connectionMade', () => protocol.makeConnection(this));
  }

  /** There is no protocol: closes the connection, without a hook. @internal */
  refuse(): void {
    this.#owner.connections.add(this);
    this.loseConnection();
  }

  get reactor(): StreamTransport['reactor'] {
    return this.#owner.reactor;
  }

  get writeQueueSize(): number {
    return this.#socket.queued;
  }

  /** Whether `loseConnection` was called. */
  get disconnecting(): boolean {
    return this.#state === 'closing';
  }

  /** Whether what arrives is delivered now: the connection is open, and not paused. */
  get producing(): boolean {
    return this.#state === 'open' && !this.#paused;
  }

  /** This end. */
  getHost(): StreamAddress {
    return this.#socket.local;
  }

  /** The other end. */
  getPeer(): StreamAddress {
    return this.#socket.peer;
  }

  write(data: Uint8Array | string): void {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
      throw new TypeError('A stream is written as Uint8Array or string');
    }
    if (!this.#writable || data.length === 0) return;
    const { send } = this.#owner.streamChannels;
    if (send.hasSubscribers) send.publish({ connection: this, data });
    this.#socket.write(data);
    const producing = this.#producer;
    if (producing?.streaming && !producing.paused && this.#socket.queued > HIGH_WATER_MARK) {
      producing.paused = true;
      this.#ask(() => (producing.producer as PushProducer).pauseProducing());
    }
  }

  writeSequence(list: Iterable<Uint8Array | string>): void {
    const all = [...list];
    for (const data of all) {
      if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
        throw new TypeError('A stream is written as Uint8Array or string');
      }
    }
    for (const data of all) this.write(data);
  }

  flush(): void {
    if (this.#state !== 'closed') this.#socket.flush();
  }

  loseConnection(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    if (this.#paused) this.#socket.resume();
    this.#closeIfDone();
  }

  loseWriteConnection(): void {
    if (this.#state !== 'open' || this.#writing !== 'open') return;
    this.#writing = 'ending';
    this.#finishIfDone();
  }

  abortConnection(): void {
    this.#fail(new ConnectionAborted());
  }

  setTcpNoDelay(enabled: boolean): void {
    this.#noDelay = enabled;
    this.#socket.setNoDelay(enabled);
  }

  /** What was set; false at first. */
  getTcpNoDelay(): boolean {
    return this.#noDelay;
  }

  setTcpKeepAlive(enabled: boolean): void {
    this.#keepAlive = enabled;
    this.#socket.setKeepAlive(enabled);
  }

  /** What was set; false at first. */
  getTcpKeepAlive(): boolean {
    return this.#keepAlive;
  }

  pauseProducing(): void {
    if (this.#state !== 'open') return;
    this.#paused = true;
    this.#socket.pause();
  }

  resumeProducing(): void {
    if (this.#state !== 'open' || !this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
    const protocol = this.#protocol;
    if (protocol?.[RESUMED] !== undefined) this.#run('dataReceived', () => protocol[RESUMED]!());
  }

  /** @internal */
  [RUN](f: () => HookResult): void {
    this.#run('dataReceived', f);
  }

  stopProducing(): void {
    this.loseConnection();
  }

  registerProducer(producer: PushProducer | PullProducer, streaming: boolean): void {
    if (this.#producer !== undefined) throw new ProducerError('A producer is registered already');
    if (!this.#writable) {
      producer.stopProducing();
      return;
    }
    const producing = { producer, streaming, paused: false };
    this.#producer = producing;
    this.#socket.watchDrain(true);
    if (!streaming) this.#ask(() => producer.resumeProducing());
    else if (this.#socket.queued > HIGH_WATER_MARK) {
      producing.paused = true;
      this.#ask(() => (producer as PushProducer).pauseProducing());
    }
  }

  unregisterProducer(): void {
    if (this.#producer === undefined) return;
    this.#producer = undefined;
    this.#socket.watchDrain(false);
    if (this.#state === 'closing') this.#closeIfDone();
    else this.#finishIfDone();
  }

  startTLS(options: TLSOptions = {}): Deferred<void> {
    if (this.#state !== 'open') throw new NotConnectedError('startTLS: the connection is closed');
    return this.secure(options);
  }

  /** As `startTLS`, also where it is being closed already: what its protocol still writes must not leave in the clear. @internal */
  secure(options: TLSOptions): Deferred<void> {
    if (this.#tls) throw new AlreadyConnectedError('startTLS: TLS is spoken already');
    const done = this.#owner.deferred<void>();
    const servername = options.servername ?? this.#destination;
    const all = servername === undefined ? options : { ...options, servername };
    this.#socket.startTLS(all, options.isServer ?? this.#isServer, (error, session) => {
      if (error !== null) {
        // Where this end has closed the connection meanwhile, that is the reason.
        if (this.#state === 'open') this.#reason ??= new TLSError(error);
        done.errback(this.#reason ?? new ConnectionDone());
        return;
      }
      this.#session = session;
      done.callback();
      const protocol = this.#protocol;
      if (this.#state !== 'open' || protocol?.handshakeCompleted === undefined) return;
      this.#run('handshakeCompleted', () => protocol.handshakeCompleted!());
    });
    this.#tls = true;
    return done;
  }

  getPeerCertificate(): PeerCertificate | undefined {
    return this.#session?.peerCertificate;
  }

  get negotiatedProtocol(): string | undefined {
    return this.#session?.negotiatedProtocol;
  }

  /** The reactor shuts down: what was written has that many seconds to leave. @internal */
  shutDown(patience: number): Deferred<void> {
    const closed = this.#owner.deferred<void>();
    const whenClosed = (this.#whenClosed ??= []);
    whenClosed.push(() => closed.callback());
    const producing = this.#producer;
    this.#producer = undefined;
    if (producing !== undefined) this.#ask(() => producing.producer.stopProducing());
    this.loseConnection();
    this.#closeIfDone();
    const deadline = this.#owner.reactor.callLater(patience, () => this.abortConnection());
    whenClosed.push(() => {
      if (deadline.active()) deadline.cancel();
    });
    return closed;
  }

  /** The machine is gone: no hook runs any more. @internal */
  vanish(): void {
    this.#state = 'closed';
    this.#protocol = undefined;
    for (const f of this.#whenClosed?.splice(0) ?? []) f();
  }

  toString(): string {
    return `<connection ${this.#isServer ? 'from' : 'to'} ${placeOf(this.getPeer())}, ${this.#state}>`;
  }

  /** @internal */
  connected(): void {}

  /** @internal */
  data(data: Buffer): void {
    const protocol = this.#protocol;
    if (this.#state !== 'open' || protocol === undefined) return;
    const { receive } = this.#owner.streamChannels;
    if (receive.hasSubscribers) receive.publish({ connection: this, data });
    try {
      const result = protocol.dataReceived(data);
      if (result !== undefined) this.#watch('dataReceived', result);
    } catch (error) {
      this.#thrown('dataReceived', error);
    }
  }

  /** @internal */
  ended(): void {
    if (this.#state !== 'open') return;
    this.#readEnded = true;
    const protocol = this.#protocol;
    if (protocol?.readConnectionLost === undefined) {
      this.loseConnection();
      return;
    }
    this.#run('readConnectionLost', () => protocol.readConnectionLost!());
    if (this.#writing === 'finished') this.loseConnection();
  }

  /** @internal */
  finished(): void {
    if (this.#state !== 'open') return;
    this.#writing = 'finished';
    const protocol = this.#protocol;
    if (protocol?.writeConnectionLost !== undefined) {
      this.#run('writeConnectionLost', () => protocol.writeConnectionLost!());
    }
    if (this.#readEnded) this.loseConnection();
  }

  /** @internal */
  drained(): void {
    const producing = this.#producer;
    if (producing === undefined || !this.#writable) return;
    if (producing.streaming) {
      if (!producing.paused) return;
      producing.paused = false;
    }
    this.#ask(() => producing.producer.resumeProducing());
  }

  /** @internal */
  closed(error: Error | null): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const reason = this.#reason ?? (error === null ? new ConnectionDone() : new ConnectionLost(error));
    const producing = this.#producer;
    this.#producer = undefined;
    if (producing !== undefined) this.#ask(() => producing.producer.stopProducing());
    const protocol = this.#protocol;
    this.#protocol = undefined;
    if (protocol !== undefined) {
      try {
        const result = protocol.connectionLost(reason);
        if (result !== undefined)
          whenDone(result, undefined, (thrown) => this.#report('connectionLost', thrown, protocol));
      } catch (thrown) {
        this.#report('connectionLost', thrown, protocol);
      }
    }
    const { close } = this.#owner.streamChannels;
    if (close.hasSubscribers) close.publish({ connection: this, reason });
    this.#owner.connections.delete(this);
    for (const f of this.#whenClosed?.splice(0) ?? []) f();
    this.#over(reason);
  }

  /** Whom the end of the connection is told, too; undefined where there is nobody, as mostly. */
  #whenClosed: (() => void)[] | undefined;

  /** A hook of the protocol. One that throws ends the connection with what it has thrown. */
  #run(hook: Origin['hook'], f: () => HookResult): void {
    try {
      const result = f();
      if (result !== undefined) this.#watch(hook, result);
    } catch (error) {
      this.#thrown(hook, error);
    }
  }

  #watch(hook: Origin['hook'], result: unknown): void {
    whenDone(result, undefined, (error) => this.#thrown(hook, error));
  }

  #thrown(hook: Origin['hook'], thrown: unknown): void {
    const error = this.#owner.asError(thrown);
    this.#report(hook, error, this.#protocol ?? this);
    // What a hook has thrown is the reason also where that hook has aborted the connection before. Of several, the first is.
    if (this.#state !== 'closed' && !this.#hookFailed) this.#reason = error;
    this.#hookFailed = true;
    this.#fail(error);
  }

  #report(hook: Origin['hook'], error: unknown, source: object): void {
    this.#owner.report(error, { hook, source: handlerOf(source) });
  }

  /** Something of a producer's own: its errors are reported, and end the connection as those of a protocol do. */
  #ask(f: () => void): void {
    try {
      f();
    } catch (error) {
      this.#thrown('producer', error);
    }
  }

  #fail(reason: Error): void {
    if (this.#state === 'closed' || this.#ending === 'abort') return;
    this.#reason ??= reason;
    this.#state = 'closing';
    this.#ending = 'abort';
    this.#socket.abort();
  }

  /** Whether what is written is sent. */
  get #writable(): boolean {
    const writing = this.#writing === 'open' || this.#writing === 'ending';
    return this.#state !== 'closed' && this.#ending === undefined && writing;
  }

  /** In a later turn, as everything that closes: what the same turn still writes is sent. */
  #finishIfDone(): void {
    if (this.#producer !== undefined || this.#writing !== 'ending') return;
    this.#owner.soon(() => {
      if (this.#state !== 'open' || this.#writing !== 'ending' || this.#producer !== undefined) return;
      this.#writing = 'ended';
      this.#socket.finish();
    });
  }

  #closeIfDone(): void {
    if (this.#producer !== undefined || this.#ending !== undefined) return;
    // In a later turn: what the same turn still writes is sent.
    this.#owner.soon(() => {
      if (this.#state !== 'closing' || this.#ending !== undefined || this.#producer !== undefined) return;
      this.#ending = 'close';
      this.#socket.close();
    });
  }
}

/** An address as people write it. */
export function placeOf(address: StreamAddress): string {
  if (address.type === 'UNIX') return address.path === '' ? 'a UNIX socket' : address.path;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
