/** A queue on which one can wait: values meet those who get them, each side in its order. */
import { Deferred } from './deferred.js';
import { QueueOverflow, QueueUnderflow } from './errors.js';
import { succeed } from './wrap.js';

/** The limits of a DeferredQueue. */
export interface DeferredQueueOptions {
  /** How many values are kept at most while nobody waits; no limit when left out. */
  readonly size?: number;
  /** How many may wait at most while there are no values; no limit when left out. */
  readonly backlog?: number;
}

/** A queue: `put` never waits, `get` gives a Deferred. */
export class DeferredQueue<T> {
  /** How many values it holds at most. */
  readonly size: number;
  /** How many `get` may wait at most. */
  readonly backlog: number;
  readonly #values: T[] = [];
  readonly #waiters: Deferred<T>[] = [];

  /** @throws RangeError unless `size` and `backlog`, where given, are 0 or more. */
  constructor(options: DeferredQueueOptions = {}) {
    this.size = checkLimit('size', options.size);
    this.backlog = checkLimit('backlog', options.backlog);
  }

  /** How many values are in it. */
  get pending(): number {
    return this.#values.length;
  }

  /** How many wait for a value. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** Gives the value to the first who waits, or keeps it. @throws QueueOverflow when it is full. */
  put(value: T): void {
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter.callback(value);
    else if (this.#values.length < this.size) this.#values.push(value);
    else throw new QueueOverflow(this.size);
  }

  /**
   * Fires with the next value, at once if there is one. To cancel the Deferred while it waits gives up the place in the
   * queue: no value is lost.
   * @throws QueueUnderflow when as many wait as may.
   */
  get(): Deferred<T> {
    if (this.#values.length > 0) return succeed(this.#values.shift() as T);
    if (this.#waiters.length >= this.backlog) throw new QueueUnderflow(this.backlog);
    const waiter = new Deferred<T>((deferred) => {
      this.#waiters.splice(this.#waiters.indexOf(deferred), 1);
    });
    this.#waiters.push(waiter);
    return waiter;
  }
}

function checkLimit(name: string, limit: number = Infinity): number {
  if (!(limit >= 0)) throw new RangeError(`DeferredQueue: ${name} ${String(limit)} is not 0 or more`);
  return limit;
}
