/// <reference types="node" preserve="true" />
/** Only one at a time; who waits longest is next. */
import type { Deferred } from './deferred.js';
import { DeferredSemaphore } from './deferred-semaphore.js';

/** A lock: `acquire` and `release`, or better `run`, which does both. */
export class DeferredLock {
  readonly #semaphore: DeferredSemaphore = new DeferredSemaphore(1);

  /** Whether somebody has it. */
  get locked(): boolean {
    return this.#semaphore.tokens === 0;
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#semaphore.waiting;
  }

  /**
   * Fires with this lock when it is this caller's turn, at once if it is free. It must be released. To cancel the Deferred
   * while it waits gives up the place in the queue.
   */
  acquire(): Deferred<this> {
    return this.#semaphore.acquire().addCallback(() => this);
  }

  /** Gives it back: the first who waits has it now. @throws NotAcquiredError when nobody has it. */
  release(): void {
    this.#semaphore.release();
  }

  /** Acquires it, calls `f`, and releases it when what `f` returns has a result. Gives that result. */
  run<A extends unknown[], R>(f: (...args: A) => R | PromiseLike<R>, ...args: A): Deferred<R> {
    return this.#semaphore.run(f, ...args);
  }

  /** Releases it: `using held = await lock.acquire();` */
  [Symbol.dispose](): void {
    this.release();
  }
}
