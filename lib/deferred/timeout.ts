/** The time limit of a Deferred, apart from its state machine: a timed call that cancels it, and two callbacks. */
import type { ReactorTime } from '../interfaces.js';
import type { Deferred } from './deferred.js';
import { CancelledError, TimeoutError } from './errors.js';

/**
 * What `addTimeout` may be given: gets the result that the cancelled Deferred came to (a value, or an Error), and its
 * own result takes that one's place.
 */
export type TimeoutHandler<T> = (result: T | Error, seconds: number) => T | PromiseLike<T>;

/**
 * See Deferred.addTimeout.
 * @internal
 */
export function addTimeout<T>(
  deferred: Deferred<T>,
  seconds: number,
  clock: ReactorTime,
  onTimeout: TimeoutHandler<T> | undefined,
): void {
  let timedOut = false;
  const call = clock.callLater(seconds, () => {
    timedOut = true;
    deferred.cancel();
  });
  const stop = (): void => {
    if (call.active()) call.cancel();
  };
  deferred.addCallbacks(
    (value): T | PromiseLike<T> => {
      if (!timedOut) stop();
      // A canceller may know a good result: it stands, unless the handler says otherwise.
      else if (onTimeout !== undefined) return onTimeout(value, seconds);
      return value;
    },
    (error): T | PromiseLike<T> => {
      if (!timedOut) stop();
      else if (onTimeout !== undefined) return onTimeout(error, seconds);
      else if (error instanceof CancelledError) throw new TimeoutError(seconds);
      throw error;
    },
  );
}
