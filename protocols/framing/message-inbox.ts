/// <reference types="node" preserve="true" />
/**
 * Messages as an async iteration: `for await (const line of inbox)`, for any framing.
 *
 *     open   the peer closes, the connection is lost, what comes is no message → ended
 *     ended  for good: what has arrived is still given out, then the iteration is done, or fails
 *
 * What nobody has taken is bounded: above the high-water mark the connection is paused, below half of it resumed. Leaving
 * the loop closes nothing, so that another one can go on where it stopped.
 */
import { ConnectionDone } from '../../lib/stream-errors.js';
import type { StreamTransport } from '../../lib/stream.js';
import type { Decoder, Framing } from './decoder.js';
import { FramedProtocol } from './framed-protocol.js';

/** Options of a MessageInbox. */
export interface MessageInboxOptions {
  /** How many messages may wait to be taken, 1 or more; 1024 when left out. Then the connection is paused. */
  highWaterMark?: number;
  /** How many bytes the messages that wait may have, 1 or more; 65536 when left out. One message may have more. */
  highWaterBytes?: number;
  /** When it aborts, the iteration fails with its reason; the connection stays open. */
  signal?: AbortSignal;
}

/**
 * A protocol whose messages are taken with `for await`. Several loops share them. The iteration is done when the
 * connection has been closed in good order; it fails with the reason of any other end, and with a LengthLimitError or
 * NetstringParseError where the peer does not keep to the framing, which closes the connection. What the subclass does in
 * `connectionLost` it does beside `super.connectionLost(reason)`.
 */
export class MessageInbox<T extends StreamTransport = StreamTransport>
  extends FramedProtocol<T>
  implements AsyncIterable<Buffer>
{
  readonly #framing: Framing;
  readonly #highWaterMark: number;
  readonly #highWaterBytes: number;
  readonly #signal: AbortSignal | undefined;
  /** Arrived and not taken; `#taken` of them at the front are gone. */
  #queue: Buffer[] = [];
  #taken = 0;
  #bytes = 0;
  /** Whether this has paused the connection. */
  #full = false;
  /** Why there is no more, once there is not. */
  #end: Error | undefined;
  readonly #waiting: Waiter[] = [];

  /** @throws RangeError for a mark that is no integer of 1 or more. */
  constructor(framing: Framing, options: MessageInboxOptions = {}) {
    super();
    const { highWaterMark = 1024, highWaterBytes = 65536, signal } = options;
    for (const mark of [highWaterMark, highWaterBytes]) {
      if (Number.isInteger(mark) && mark >= 1) continue;
      throw new RangeError(`A high-water mark is an integer of 1 or more, not ${String(mark)}`);
    }
    this.#framing = framing;
    this.#highWaterMark = highWaterMark;
    this.#highWaterBytes = highWaterBytes;
    this.#signal = signal;
  }

  /** How many messages have arrived and were not taken yet. */
  get size(): number {
    return this.#queue.length - this.#taken;
  }

  /** Sends a message; text goes as UTF-8. @throws what the framing's `encode` does, NotConnectedError */
  send(message: Uint8Array | string): void {
    this.transport.write(this.#framing.encode(message));
  }

  /** One loop over the messages; several share them. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    const iterator: AsyncIterableIterator<Buffer> = {
      next: () => this.#next(),
      return: () => Promise.resolve({ done: true, value: undefined }),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** What has arrived is still given out: nothing that came before the end is lost. */
  override connectionLost(reason: Error): void {
    void this.deliverAll();
    this.#finish(reason);
  }

  protected override createDecoder(): Decoder {
    return this.#framing.decoder();
  }

  protected override messageReceived(message: Buffer): void {
    if (this.#end !== undefined) return;
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      if (this.#waiting.length === 0) this.#signal?.removeEventListener('abort', this.#aborted);
      waiter.resolve({ done: false, value: message });
      return;
    }
    this.#queue.push(message);
    this.#bytes += message.length;
    if (this.#full || (this.size < this.#highWaterMark && this.#bytes < this.#highWaterBytes)) return;
    this.#full = true;
    this.pauseProducing();
  }

  protected override framingFailed(error: Error): void {
    this.clearBuffer();
    this.#finish(error);
    this.transport.loseConnection();
  }

  #next(): Promise<IteratorResult<Buffer>> {
    if (this.#signal?.aborted) return Promise.reject(this.#signal.reason as Error);
    if (this.size > 0) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#end instanceof ConnectionDone) return Promise.resolve({ done: true, value: undefined });
    if (this.#end !== undefined) return Promise.reject(this.#end);
    // Listened to while somebody waits only: a signal may live longer than its connections.
    if (this.#waiting.length === 0) this.#signal?.addEventListener('abort', this.#aborted);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #take(): Buffer {
    const first = this.#queue[this.#taken]!;
    this.#queue[this.#taken++] = GONE;
    this.#bytes -= first.length;
    // Shortened now and then only: taking from the front of an array costs its length.
    if (this.#taken > 64 && this.#taken * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#taken);
      this.#taken = 0;
    }
    if (this.#full && this.size <= this.#highWaterMark / 2 && this.#bytes <= this.#highWaterBytes / 2) {
      this.#full = false;
      this.resumeProducing();
    }
    return first;
  }

  #finish(reason: Error): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.#signal?.removeEventListener('abort', this.#aborted);
    for (const waiter of this.#waiting.splice(0)) {
      if (reason instanceof ConnectionDone) waiter.resolve({ done: true, value: undefined });
      else waiter.reject(reason);
    }
  }

  readonly #aborted = (): void => {
    this.#signal?.removeEventListener('abort', this.#aborted);
    for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#signal?.reason);
  };
}

interface Waiter {
  resolve(result: IteratorResult<Buffer>): void;
  reject(reason: unknown): void;
}

/** Stands where a message was that has been taken, which it so does not keep alive. */
const GONE: Buffer = Buffer.alloc(0);
