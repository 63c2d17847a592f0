/// <reference types="node" preserve="true" />
/**
 * A connection as the program of a simulated host has it: a TCP end, and what the system keeps between the two. What is
 * written in one turn leaves when the turn is over, together.
 */
import type { InternetAddress } from '../../lib/address.js';
import { NotSupportedError } from '../../lib/errors.js';
import type { StreamSink, StreamSocket } from '../network.js';
import { type EndContext, TCPEnd } from './tcp-end.js';

/** What is said to who asks for TLS. */
export const NO_TLS = 'the simulated network has no TLS';

/** Bytes that the system takes from a program before the peer has acknowledged them. */
const SEND_BUFFER = 65536;

/** What a socket has of its host. */
export interface StreamSocketContext extends Pick<
  EndContext,
  'segmentSize' | 'now' | 'callLater' | 'transmit' | 'gone'
> {
  /** Calls in a later turn of the host, unless it has crashed. */
  soon(f: () => void): void;
  /** There is a connection. */
  established(): void;
}

export class SimulatedStreamSocket implements StreamSocket {
  readonly local: InternetAddress;
  readonly peer: InternetAddress;
  readonly end: TCPEnd;
  readonly #context: StreamSocketContext;
  #sink: StreamSink | undefined;
  #paused = false;
  #watching = false;
  #drainDue = false;
  /** What was written in this turn. */
  #written: Buffer[] = [];
  #writtenBytes = 0;
  /** Whether it was found that nothing waits, since the last write. */
  #drained = true;
  /** What the program has asked for: nothing, the end of its writing, the end of all. */
  #asked: 'nothing' | 'finish' | 'close' = 'nothing';
  #finishedTold = false;
  /** The peer has ended, and the program, which does not read now, was not told. */
  #endDue = false;
  #over = false;

  constructor(
    local: InternetAddress,
    peer: InternetAddress,
    context: StreamSocketContext,
    sink: StreamSink | undefined,
  ) {
    this.local = local;
    this.peer = peer;
    this.#context = context;
    this.#sink = sink;
    this.end = new TCPEnd(
      {
        segmentSize: context.segmentSize,
        now: () => context.now(),
        callLater: (delay, f) => context.callLater(delay, f),
        transmit: (segment, data) => context.transmit(segment, data),
        gone: () => context.gone(),
        established: () => context.established(),
        data: (data) => this.#data(data),
        ended: () => {
          if (this.#paused) this.#endDue = true;
          else this.#tellEnd();
        },
        acknowledged: () => this.#acknowledged(),
        failed: (error) => this.#closed(error),
      },
      sink === undefined,
    );
  }

  attach(sink: StreamSink): void {
    this.#sink = sink;
  }

  get queued(): number {
    if (this.#over) return 0;
    return Math.max(0, this.#writtenBytes + this.end.outstanding - SEND_BUFFER);
  }

  write(data: Uint8Array | string): void {
    if (this.#over || this.#asked !== 'nothing') return;
    const copy = Buffer.from(data as Uint8Array);
    if (this.#written.push(copy) === 1) this.#context.soon(() => this.#flush());
    this.#writtenBytes += copy.length;
    this.#drained = false;
  }

  flush(): void {
    this.#flush();
  }

  watchDrain(on: boolean): void {
    this.#watching = on;
  }

  finish(): void {
    if (this.#asked !== 'nothing') return;
    this.#flush();
    this.#asked = 'finish';
    this.end.finish();
    this.#context.soon(() => this.#acknowledged());
  }

  close(): void {
    if (this.#asked === 'close') return;
    this.#flush();
    this.#asked = 'close';
    this.#context.soon(() => this.#acknowledged());
  }

  abort(): void {
    if (this.#over) return;
    this.#asked = 'close';
    this.#written = [];
    this.#writtenBytes = 0;
    this.end.reset();
    this.#context.soon(() => this.#closed(null));
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#context.soon(() => {
      if (this.#paused || this.#over) return;
      this.end.read();
      if (!this.#endDue || this.#paused) return;
      this.#endDue = false;
      this.#tellEnd();
    });
  }

  /** Small writes leave at once here anyway. */
  setNoDelay(): void {}

  setKeepAlive(enabled: boolean): void {
    this.end.keepAlive(enabled);
  }

  startTLS(): void {
    throw new NotSupportedError('startTLS', NO_TLS);
  }

  /** The host has crashed. */
  vanish(): void {
    this.#over = true;
    this.end.vanish();
  }

  #flush(): void {
    if (this.#over || this.#written.length === 0) return;
    const data = this.#written.length === 1 ? this.#written[0]! : Buffer.concat(this.#written);
    this.#written = [];
    this.#writtenBytes = 0;
    this.end.write(data);
    this.#drainSoon();
  }

  #data(data: Buffer): boolean {
    if (this.#paused || this.#sink === undefined) return false;
    if (this.#over || this.#asked === 'close') return true; // thrown away
    // A copy: the sender keeps what it sent until it is acknowledged.
    this.#sink.data(Buffer.from(data));
    return true;
  }

  #tellEnd(): void {
    if (this.#asked !== 'close' && !this.#over) this.#sink?.ended();
  }

  #acknowledged(): void {
    if (this.#over || this.queued > 0) return;
    this.#drainSoon();
    if (this.#asked === 'finish' && !this.#finishedTold) {
      this.#finishedTold = true;
      this.#sink?.finished();
    } else if (this.#asked === 'close') {
      this.end.abandon();
      this.#closed(null);
    }
  }

  #drainSoon(): void {
    if (!this.#watching || this.#drained || this.#drainDue || this.queued > 0) return;
    this.#drainDue = true;
    this.#context.soon(() => {
      this.#drainDue = false;
      if (!this.#watching || this.#over || this.queued > 0) return;
      this.#drained = true;
      this.#sink?.drained();
    });
  }

  #closed(error: Error | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#sink?.closed(error);
  }
}
