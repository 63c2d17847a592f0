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
import type { StreamSocket, TLSSession } from '../reactor/network.js';
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

  constructor(options: StringTransportOptions = {}) {
    const { clock = new Clock(), seed = 1 } = options;
    const host = options.host ?? internetAddress('TCP', '127.0.0.1', 4321);
    const peer = options.peer ?? internetAddress('TCP', '127.0.0.1', 12345);
    const owner = new FakeOwner(clock, seed);
    const socket = new WrittenStream(host, peer);
    super(owner, socket, undefined, () => {});
    this.clock = clock;
    this.#owner = owner;
    this.#socket = socket;
    socket.over = (error) => void clock.callLater(0, () => this.closed(error));
    socket.leaves = (f) => void clock.callLater(0, f);
    socket.drained = () => this.drained();
    socket.finished = () => this.finished();
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
    return super.disconnecting || this.#socket.state !== 'open';
  }

  /** Whether the protocol has ended it by `abortConnection`. */
  get aborted(): boolean {
    return this.#socket.state === 'aborted';
  }

  /** Whether the protocol takes data now: not after `pauseProducing`, and never again after the end. */
  get producerState(): 'producing' | 'paused' | 'stopped' {
    if (this.disconnecting) return 'stopped';
    return this.#socket.paused ? 'paused' : 'producing';
  }

  /** Bytes arrive. What `dataReceived` throws, this throws. */
  deliver(data: Uint8Array | string): void {
    this.#owner.throwing(() => this.data(Buffer.from(data as string)));
  }

  /** The peer will send no more: in a later turn the connection closes, unless the protocol is half-closeable. */
  deliverEnd(): void {
    this.#owner.throwing(() => this.ended());
  }

  /** The connection is gone: by an error, or cleanly. What `connectionLost` throws, this throws. */
  disconnect(error: Error | null = null): void {
    this.#owner.throwing(() => this.closed(error));
  }

  /** Bytes that are written from now on stay in the queue, until `drain()`. */
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
  state: 'open' | 'closed' | 'aborted' = 'open';
  paused = false;
  congested = false;
  queued = 0;
  over: (error: Error | null) => void = () => {};
  leaves: (f: () => void) => void = () => {};
  drained: () => void = () => {};
  finished: () => void = () => {};
  #watching = false;

  constructor(local: StreamAddress, peer: StreamAddress) {
    this.local = local;
    this.peer = peer;
  }

  write(data: Uint8Array | string): void {
    const copy = Buffer.from(data as string);
    this.written.push(copy);
    if (this.congested) this.queued += copy.length;
    else if (this.#watching) {
      this.leaves(() => {
        if (this.#watching) this.drained();
      });
    }
  }

  flush(): void {}

  watchDrain(on: boolean): void {
    this.#watching = on;
  }

  drain(): void {
    this.congested = false;
    this.queued = 0;
    if (this.#watching) this.drained();
  }

  finish(): void {
    this.leaves(() => this.finished());
  }

  close(): void {
    this.state = 'closed';
    this.over(null);
  }

  abort(): void {
    this.state = 'aborted';
    this.over(null);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  setNoDelay(): void {}

  setKeepAlive(): void {}

  startTLS(_options: unknown, _isServer: boolean, done: (error: Error | null, session?: TLSSession) => void): void {
    this.leaves(() => done(null, { peerCertificate: undefined, negotiatedProtocol: undefined }));
  }
}
