/// <reference types="node" preserve="true" />
/** Permits to do something, for at most so many at a time; who waits longest is next. */
import { Deferred } from './deferred.js';
import { NotAcquiredError } from './errors.js';
import { maybeDeferred, succeed } from './wrap.js';

/** A semaphore: `acquire` and `release`, or better `run`, which does both. */
export class DeferredSemaphore {
  /** How many may hold it at the same time. */
  readonly limit: number;
  #tokens: number;
  readonly #waiters: Deferred<this>[] = [];
  /** Tokens given back that have not been passed on yet. */
  #returned: number = 0;
  #passing: boolean = false;

  /** @throws RangeError unless `tokens` is an integer of 1 or more. */
  constructor(tokens: number) {
    if (!Number.isSafeInteger(tokens) || tokens < 1) {
      throw new RangeError(`DeferredSemaphore: ${String(tokens)} is not an integer of 1 or more`);
    }
    this.limit = tokens;
    this.#tokens = tokens;
  }

  /** How many could acquire it now without waiting. */
  get tokens(): number {
    return this.#tokens;
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /**
   * Fires with this object when it is this caller's turn, at once if a token is free. Each must be released. To cancel the
   * Deferred while it waits gives up the place in the queue.
   */
  acquire(): Deferred<this> {
    if (this.#tokens > 0) {
      this.#tokens -= 1;
      return succeed(this);
    }
    const waiter = new Deferred<this>((deferred) => {
      this.#waiters.splice(this.#waiters.indexOf(deferred), 1);
    });
    this.#waiters.push(waiter);
    return waiter;
  }

  /**
   * Gives one back: the first who waits has it now; or, when this is called in the turn of one whom another `release` has
   * given it to, as soon as that turn's code has returned.
   * @throws NotAcquiredError when all are free.
   */
  release(): void {
    if (this.#tokens + this.#returned >= this.limit) throw new NotAcquiredError();
    this.#returned += 1;
    // In a loop, because a turn may be over at once: a long queue must not grow the stack.
    if (this.#passing) return;
    this.#passing = true;
    while (this.#returned > 0) {
      const waiter = this.#waiters.shift();
      // One that was fired by its owner has lost its turn.
      if (waiter?.called === true) continue;
      this.#returned -= 1;
      if (waiter === undefined) this.#tokens += 1;
      else waiter.callback(this);
    }
    this.#passing = false;
  }

  /** Acquires it, calls `f`, and releases it when what `f` returns has a result. Gives that result. */
  run<A extends unknown[], R>(f: (...args: A) => R | PromiseLike<R>, ...args: A): Deferred<R> {
    return this.acquire().addCallback(() =>
      maybeDeferred(f, ...args).addCallbacks(
        (value) => {
          this.release();
          return value;
        },
        (error) => {
          this.release();
          throw error;
        },
      ),
    );
  }

  /** Releases it: `using permit = await semaphore.acquire();` */
  [Symbol.dispose](): void {
    this.release();
  }
}
