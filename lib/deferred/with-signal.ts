/**
 * The bridge from AbortSignal to Deferred.
 */
import type { Deferred } from './deferred.js';
import { CancelledError } from './errors.js';

/**
 * Cancels a Deferred when the signal aborts; it then fails with the signal's reason instead of a CancelledError. A
 * signal that has aborted already cancels it now. The signal is let go of when the Deferred fires.
 */
export function withSignal<T>(deferred: Deferred<T>, signal: AbortSignal): Deferred<T> {
  const abort = (): void => deferred.cancel();
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return deferred.addCallbacks(
    (value) => {
      signal.removeEventListener('abort', abort);
      return value;
    },
    (error) => {
      signal.removeEventListener('abort', abort);
      throw signal.aborted && error instanceof CancelledError ? signal.reason : error;
    },
  );
}
