/**
 * What waits to be sent to one peer, in order, and those who wait for room in it. A linked list, so that what is cancelled
 * or has waited too long is taken out at once, wherever it stands.
 */
import { Deferred } from '../../lib/deferred/deferred.js';

/** What can stand in a queue; the links are the queue's. */
export interface Queued {
  /** Bytes. */
  readonly length: number;
  previous: Queued | undefined;
  next: Queued | undefined;
}

/** The bounds of a queue. */
export interface QueueLimits {
  readonly messages: number;
  readonly bytes: number;
  /** Bytes of the longest message that may come. */
  readonly longest: number;
}

export class SendQueue<T extends Queued> {
  readonly #limits: QueueLimits;
  #first: Queued | undefined;
  #last: Queued | undefined;
  #messages = 0;
  #bytes = 0;
  #writers: Set<Deferred<void>> | undefined;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get first(): T | undefined {
    return this.#first as T | undefined;
  }

  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a message of that length may be added; one may in any case where none waits. */
  hasRoom(length: number): boolean {
    const { messages, bytes } = this.#limits;
    return this.#messages === 0 || (this.#messages < messages && this.#bytes + length <= bytes);
  }

  push(entry: T): void {
    entry.previous = this.#last;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#messages++;
    this.#bytes += entry.length;
  }

  remove(entry: T): void {
    if (entry.previous === undefined) this.#first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.#last = entry.previous;
    else entry.next.previous = entry.previous;
    entry.previous = entry.next = undefined;
    this.#messages--;
    this.#bytes -= entry.length;
  }

  /** Fires when there is room for any message: at once, or, where there is not, when half of what may wait is free too. */
  whenWritable(): Deferred<void> {
    const writable = new Deferred<void>((deferred) => this.#writers?.delete(deferred));
    if (this.hasRoom(this.#limits.longest)) writable.callback();
    else (this.#writers ??= new Set()).add(writable);
    return writable;
  }

  /** Tells those who wait for room, if there is enough. To be called when nothing is half done: they may send at once. */
  tellWriters(): void {
    if (this.#writers === undefined) return;
    const { messages, bytes, longest } = this.#limits;
    if (2 * this.#messages > messages || 2 * this.#bytes > bytes || !this.hasRoom(longest)) return;
    const writers = this.#writers;
    this.#writers = undefined;
    for (const writer of writers) if (!writer.called) writer.callback();
  }

  /** Tells those who wait for room that there will be none. */
  failWriters(reason: () => Error): void {
    const writers = this.#writers;
    this.#writers = undefined;
    for (const writer of writers ?? []) if (!writer.called) writer.errback(reason());
  }
}
