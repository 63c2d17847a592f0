/** What looks at the result of a Deferred without changing it. Internal: users observe by `then` and `await`. */
import type { Deferred } from './deferred.js';

/**
 * Is shown the result of a Deferred at one place of its chain. What it gives back, a Deferred that was primed with a
 * result of its own, is run next: by a loop, so that long rows of observers do not grow the stack. It must not throw.
 * @internal
 */
export interface Observer {
  succeeded(value: unknown): Deferred<any> | undefined;
  failed(error: Error): Deferred<any> | undefined;
}

/**
 * The resolving functions of a promise.
 * @internal
 */
export class PromiseObserver implements Observer {
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: Error) => void;

  constructor(resolve: (value: any) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  succeeded(value: unknown): undefined {
    this.#resolve(value);
  }

  failed(error: Error): undefined {
    this.#reject(error);
  }
}
