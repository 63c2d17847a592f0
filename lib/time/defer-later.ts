/// <reference types="node" preserve="true" />
/** A Deferred for a call that is made later. */
import { Deferred } from '../deferred/deferred.js';
import { CancelledError } from '../deferred/errors.js';
import type { ReactorTime } from '../interfaces.js';

/** Options of `deferLater`. */
export interface DeferLaterOptions {
  /** Cancels the Deferred, which then fails with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Calls `f` after `delay` seconds. The Deferred fires with what `f` returns (a promise or Deferred is waited for), or with
 * undefined where there is no `f`, and fails with what it throws. Cancelling it cancels the call, or what `f` returned.
 * @throws RangeError when `delay` is negative or not finite.
 */
export function deferLater<T = void>(
  clock: ReactorTime,
  delay: number,
  f?: () => T | PromiseLike<T>,
  options: DeferLaterOptions = {},
): Deferred<T> {
  const deferred = new Deferred<unknown>(() => {
    if (call.active()) call.cancel();
  });
  const call = clock.callLater(delay, () => deferred.callback(undefined));
  const result = (f === undefined ? deferred : deferred.addCallback(f)) as Deferred<T>;
  return options.signal === undefined ? result : cancelledBy(options.signal, result);
}

function cancelledBy<T>(signal: AbortSignal, deferred: Deferred<T>): Deferred<T> {
  const cancel = (): void => deferred.cancel();
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  return deferred.addCallbacks(
    (value) => {
      signal.removeEventListener('abort', cancel);
      return value;
    },
    (error): never => {
      signal.removeEventListener('abort', cancel);
      throw signal.aborted && error instanceof CancelledError ? signal.reason : error;
    },
  );
}
