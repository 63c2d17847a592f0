/** What `listen` and `connect` have in common: TLS options found out first, a time limit, a signal. */
import { type Deferred, fail, maybeDeferred, withSignal } from '../../lib/deferred/index.js';
import type { ReactorTime } from '../../lib/interfaces.js';
import type { TLSOptions } from '../../lib/stream.js';
import { ConnectTimeoutError } from '../../lib/stream-errors.js';
import type { TLSSource } from './endpoint.js';

/** Begins with the TLS options, once they are known. */
export function withTLS<T>(
  source: TLSSource | undefined,
  begin: (tls: TLSOptions | undefined) => Deferred<T>,
): Deferred<T> {
  return typeof source === 'function' ? maybeDeferred(source).addCallback(begin) : begin(source);
}

/** Begins, unless the signal is aborted already, and cancels when it is. */
export function underSignal<T>(signal: AbortSignal | undefined, begin: () => Deferred<T>): Deferred<T> {
  if (signal?.aborted) return fail(signal.reason);
  return withSignal(maybeDeferred(begin), signal);
}

/** Cancels after so many seconds, which is then a ConnectTimeoutError. */
export function withinTime<T>(
  connecting: Deferred<T>,
  clock: ReactorTime,
  seconds: number,
  place: { readonly host: string; readonly port: number },
): Deferred<T> {
  if (seconds === Infinity) return connecting;
  return connecting.addTimeout(seconds, clock, (result) => {
    if (!(result instanceof Error)) return result;
    throw new ConnectTimeoutError(place, seconds);
  });
}

/** Seconds that a connection may take to be made when nothing is said. */
export const DEFAULT_TIMEOUT = 30;

/** @throws RangeError for a negative number of seconds, and for NaN. */
export function checkTimeout(timeout: number = DEFAULT_TIMEOUT): void {
  if (!(timeout >= 0)) throw new RangeError(`A timeout is 0 seconds or more, not ${String(timeout)}`);
}
