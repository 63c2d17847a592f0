/// <reference types="node" preserve="true" />
/**
 * A connection for unit tests: the code of the real one, over a socket that keeps what is written and lets the test say
 * what arrives. What it does not have is a peer. "A later turn" is `clock.advance(0)`.
 */
import { internetAddress, type InternetAddress } from '../lib/address.js';
import type { StreamAddress } from '../lib/stream.js';
import type { Protocol } from '../lib/stream-protocol.js';
import { ATTACHED } from '../lib/protocol.js';
import { Clock } from '../lib/time/clock.js';
import type { StreamSink, StreamSocket, TLSSession } from '../reactor/network.js';
import { TCPConnection } from '../reactor/tcp-connection.js';
import { FakeOwner } from './fake-owner.js';

/** Options of a StringTransport. */
export interface StringTransportOptions {
  /** The clock of `transport.reactor`; one of its own, at 0, when left out. */
  clock?: Clock;
  /** This end; 127.0.0.1 port 4321 when left out. */
  host?: InternetAddress;
  /** The other end; 127.0.0.1 port 12345 when left out. */
  peer?: InternetAddress;
  /** Decides `reactor.randomBytes` and `reactor.random`; 1 when left out. */
  seed?: number | string;
}

/** Put a protocol on it with `protocol.makeConnection(transport)`. */
export class StringTransport extends TCPConnection {
  readonly clock: Clock;
  readonly #owner: FakeOwner;
  readonly #socket: WrittenStream;
  #over = false;

  constructor(options: StringTransportOptions = {}) {
    const { clock = new Clock(), seed = 1 } = options;
    const host = options.host ?? internetAddress('TCP', '127.0.0.1', 4321);
    const peer = options.peer ?? internetAddress('TCP', '127.0.0.1', 12345);
    const owner = new FakeOwner(clock, seed);
    const socket = new WrittenStream(host, peer, (f) => void clock.callLater(0, f));
    super(owner, socket, undefined, () => {
      this.#over = true;
    });
    this.clock = clock;
    this.#owner = owner;
    this.#socket = socket;
    socket.sink = this;
  }

  /** What was written since the start, or since `clear()`. */
  value(): Buffer {
    return Buffer.concat(this.#socket.written);
  }

  /** Forgets what was written. */
  clear(): void {
    this.#socket.written.length = 0;
  }

  /** Whether the protocol has asked for the end of the connection. */
  override get disconnecting(): boolean {
    return super.disconnecting || this.#socket.asked === 'close' || this.#socket.asked === 'abort';
  }

  /** Whether the protocol has ended it by `abortConnection`. */
  get aborted(): boolean {
    return this.#socket.asked === 'abort';
  }

  /** Whether the protocol has closed its way to the peer, and all that it wrote has left: by whichever call. */
  get writeEnded(): boolean {
    return this.#socket.ended;
  }

  /** Whether the protocol takes data now: not after `pauseProducing`, and never again after the end. */
  get producerState(): 'producing' | 'paused' | 'stopped' {
    if (this.disconnecting || this.#over) return 'stopped';
    return this.#socket.paused ? 'paused' : 'producing';
  }

  /**
   * Bytes arrive. What `dataReceived` throws, this throws. While the protocol has paused they wait: a later turn after
   * `resumeProducing` delivers them, `clock.advance(0)`.
   */
  deliver(data: Uint8Array | string): void {
    const copy = Buffer.from(data as string);
    this.#owner.throwing(() => this.#socket.arrive((sink) => sink.data(copy)));
  }

  /** The peer will send no more: in a later turn the connection closes, unless the protocol is half-closeable. Waits as data does. */
  deliverEnd(): void {
    this.#owner.throwing(() => this.#socket.arrive((sink) => sink.ended()));
  }

  /** The connection is gone: by an error, or cleanly. What `connectionLost` throws, this throws. */
  disconnect(error: Error | null = null): void {
    this.#owner.throwing(() => this.#socket.lose(error));
  }

  /** Bytes that are written from now on stay in the queue, until `drain()`: the peer reads no more. */
  congest(): void {
    this.#socket.congested = true;
  }

  /** What is in the queue leaves. What a producer throws, this throws. */
  drain(): void {
    this.#owner.throwing(() => this.#socket.drain());
  }

  /** @internal */
  [ATTACHED](protocol: Protocol): void {
    this.attach(protocol);
  }
}

class WrittenStream implements StreamSocket {
  readonly local: StreamAddress;
  readonly peer: StreamAddress;
  readonly written: Buffer[] = [];
  asked: 'nothing' | 'finish' | 'close' | 'abort' = 'nothing';
  paused = false;
  congested = false;
  queued = 0;
  sink: StreamSink | undefined;
  /** The peer would see the end now. */
  ended = false;
  readonly #soon: (f: () => void) => void;
  readonly #arrived: ((sink: StreamSink) => void)[] = [];
  #watching = false;
  #leaving = false;
  /** Whether it was told that all has left, since the last write. */
  #drained = true;
  #finishedTold = false;
  #over = false;

  constructor(local: StreamAddress, peer: StreamAddress, soon: (f: () => void) => void) {
    this.local = local;
    this.peer = peer;
    this.#soon = soon;
  }

  write(data: Uint8Array | string): void {
    const copy = Buffer.from(data as string);
    this.written.push(copy);
    // Where nobody asks, it leaves without a turn of the clock, whose calls are the test's to count.
    if (!this.congested && !this.#watching) return;
    this.queued += copy.length;
    this.#drained = false;
    if (!this.congested) this.#leaveSoon();
  }

  watchDrain(on: boolean): void {
    this.#watching = on;
  }

  flush(): void {}

  drain(): void {
    this.congested = false;
    this.queued = 0;
    this.#left();
  }

  finish(): void {
    this.asked = 'finish';
    this.#soon(() => this.#left());
  }

  close(): void {
    this.asked = 'close';
    this.#soon(() => this.#left());
  }

  abort(): void {
    this.asked = 'abort';
    this.#soon(() => this.lose(null));
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    if (this.#arrived.length > 0) this.#soon(() => this.#deliver());
  }

  setNoDelay(): void {}

  setKeepAlive(): void {}

  startTLS(_options: unknown, _isServer: boolean, done: (error: Error | null, session?: TLSSession) => void): void {
    this.#soon(() => done(null, { peerCertificate: undefined, negotiatedProtocol: undefined }));
  }

  arrive(event: (sink: StreamSink) => void): void {
    this.#arrived.push(event);
    this.#deliver();
  }

  lose(error: Error | null): void {
    if (this.#over) return;
    this.#over = true;
    this.queued = 0;
    this.sink?.closed(error);
  }

  #deliver(): void {
    while (!this.paused && !this.#over && this.#arrived.length > 0) this.#arrived.shift()!(this.sink!);
  }

  /** What follows from an empty queue. */
  #left(): void {
    if (this.queued > 0 || this.#over) return;
    if (this.asked !== 'nothing') this.ended = true;
    if (this.asked === 'close') this.lose(null);
    else if (this.asked === 'finish' && !this.#finishedTold) {
      this.#finishedTold = true;
      this.sink?.finished();
    }
    if (!this.#watching || this.#drained || this.#over) return;
    this.#drained = true;
    this.sink?.drained();
  }

  /** What is written leaves when its turn is over, as on a network. */
  #leaveSoon(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#soon(() => {
      this.#leaving = false;
      if (this.congested) return;
      this.queued = 0;
      this.#left();
    });
  }
}
