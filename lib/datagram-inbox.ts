/// <reference types="node" preserve="true" />
/**
 * Datagrams as an async iteration: `reactor.listenUDP(0, inbox)`, then `for await (const [data, address] of inbox)`.
 *
 * UDP can't be told to wait, so the inbox is bounded: what finds it full is dropped and counted. The iteration ends
 * when the port has stopped and what had arrived is consumed. Leaving the loop does not close the port.
 */
import type { Address } from './address.js';
import { DatagramProtocol } from './protocol.js';

/** Options of a DatagramInbox. */
export interface DatagramInboxOptions {
  /** Datagrams kept while nobody takes them, 1 or more; 1024 when left out. */
  highWaterMark?: number;
  /** When it aborts, the iteration fails with its reason; the port stays open. */
  signal?: AbortSignal;
}

/** A datagram and where it came from. */
export type ReceivedDatagram = [data: Buffer, address: Address];

/** A protocol whose datagrams are taken with `for await`. Several loops share them. */
export class DatagramInbox extends DatagramProtocol implements AsyncIterable<ReceivedDatagram> {
  readonly #highWaterMark: number;
  readonly #signal: AbortSignal | undefined;
  /** Arrived and not taken; `#taken` of them at the front are gone. */
  #queue: ReceivedDatagram[] = [];
  #taken = 0;
  #dropped = 0;
  #ended = false;
  readonly #waiting: Waiter[] = [];

  /** @throws RangeError for a high-water mark that is no integer of 1 or more. */
  constructor(options: DatagramInboxOptions = {}) {
    super();
    const { highWaterMark = 1024, signal } = options;
    if (!Number.isInteger(highWaterMark) || highWaterMark < 1) {
      throw new RangeError(`A high-water mark is an integer of 1 or more, not ${String(highWaterMark)}`);
    }
    this.#highWaterMark = highWaterMark;
    this.#signal = signal;
  }

  /** How many datagrams found the inbox full and were dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many datagrams have arrived and were not taken yet. */
  get size(): number {
    return this.#queue.length - this.#taken;
  }

  override startProtocol(): void {
    this.#ended = false;
  }

  override stopProtocol(): void {
    this.#ended = true;
    this.#signal?.removeEventListener('abort', this.#aborted);
    for (const waiter of this.#waiting.splice(0)) waiter.resolve({ done: true, value: undefined });
  }

  override datagramReceived(data: Buffer, address: Address): void {
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      if (this.#waiting.length === 0) this.#signal?.removeEventListener('abort', this.#aborted);
      waiter.resolve({ done: false, value: [data, address] });
    } else if (this.size < this.#highWaterMark) this.#queue.push([data, address]);
    else this.#dropped++;
  }

  /** One loop over the datagrams; several share them. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ReceivedDatagram> {
    const iterator: AsyncIterableIterator<ReceivedDatagram> = {
      next: () => this.#next(),
      return: () => Promise.resolve({ done: true, value: undefined }),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  #next(): Promise<IteratorResult<ReceivedDatagram>> {
    if (this.#signal?.aborted) return Promise.reject(this.#signal.reason as Error);
    if (this.size > 0) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    // Listened to while somebody waits only: a signal may live longer than its inboxes.
    if (this.#waiting.length === 0) this.#signal?.addEventListener('abort', this.#aborted);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  readonly #aborted = (): void => {
    this.#signal?.removeEventListener('abort', this.#aborted);
    for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#signal?.reason);
  };

  #take(): ReceivedDatagram {
    const first = this.#queue[this.#taken++]!;
    // Shortened now and then only: taking from the front of an array costs its length.
    if (this.#taken > 64 && this.#taken * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#taken);
      this.#taken = 0;
    }
    return first;
  }
}

interface Waiter {
  resolve(result: IteratorResult<ReceivedDatagram>): void;
  reject(reason: unknown): void;
}
