/** Values, errors and calls as Deferreds. */
import { Deferred } from './deferred.js';
import { isThenable } from './thenable.js';

/** A Deferred that has succeeded: its callbacks run as they are added. */
export function succeed(): Deferred<void>;
export function succeed<T>(value: T): Deferred<T>;
export function succeed(value?: unknown): Deferred<unknown> {
  const deferred = new Deferred<unknown>();
  deferred.callback(value);
  return deferred;
}

/** A Deferred that has failed. What is not an Error is wrapped in a ThrownValueError. */
export function fail(error: unknown): Deferred<never> {
  const deferred = new Deferred<never>();
  deferred.errback(error);
  return deferred;
}

/**
 * Calls `f`, whatever kind of function it is, and gives a Deferred: the very one that it returns, or one with the value or
 * the promise it returns, or with what it throws.
 */
export function maybeDeferred<A extends unknown[], R>(f: (...args: A) => R | PromiseLike<R>, ...args: A): Deferred<R> {
  try {
    const result = f(...args);
    return isThenable(result) ? Deferred.fromPromise(result as PromiseLike<R>) : succeed(result as R);
  } catch (error) {
    return fail(error);
  }
}
