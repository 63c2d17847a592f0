/// <reference types="node" preserve="true" />
/** AbortSignals for Deferreds. The other direction, a Deferred that aborts, is `Deferred.fromPromise(p, controller)`. */
import { toError } from '../errors.js';
import type { Deferred } from './deferred.js';
import { CancelledError } from './errors.js';

/**
 * Cancels the Deferred when the signal is aborted, or now if it is already: instead of a CancelledError it then fails with
 * the signal's reason. It listens no longer than until the result is there.
 * @returns the same Deferred. Without a signal nothing is done.
 */
export function withSignal<D extends Deferred<any>>(deferred: D, signal: AbortSignal | undefined): D {
  if (signal === undefined) return deferred;
  const cancel = (): void => deferred.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  deferred.addCallbacks(
    (value: unknown) => {
      signal.removeEventListener('abort', cancel);
      return value;
    },
    (error) => {
      signal.removeEventListener('abort', cancel);
      throw signal.aborted && error instanceof CancelledError ? toError(signal.reason) : error;
    },
  );
  if (signal.aborted) cancel();
  return deferred;
}
