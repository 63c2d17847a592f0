/**
 * Looking at a Deferred from a synchronous test: what it has, now, without waiting.
 */
import type { Deferred } from '../lib/deferred/deferred.js';
import { PlaitError } from '../lib/errors.js';

/** A Deferred has another result than a test expected. `cause` is its failure, where it has one. */
export class UnexpectedResultError extends PlaitError {
  override readonly name: string = 'UnexpectedResultError';

  constructor(message: string, options?: ErrorOptions) {
    super('ERR_PLAIT_UNEXPECTED_RESULT', message, options);
  }
}

/** The value that a Deferred has fired with. @throws UnexpectedResultError when it has none, or has failed. */
export function successResultOf<T>(deferred: Deferred<T>): T {
  const result = resultOf(deferred);
  if (result === undefined) throw new UnexpectedResultError('Expected a success, but the Deferred has no result yet');
  if (!result.success) {
    throw new UnexpectedResultError(`Expected a success, but the Deferred failed: ${result.error.message}`, {
      cause: result.error,
    });
  }
  return result.value;
}

/**
 * The error that a Deferred has failed with, which counts as handled from then on.
 * @throws UnexpectedResultError when it has none, has succeeded, or failed with an error of none of the classes given.
 */
export function failureResultOf<E extends Error = Error>(
  deferred: Deferred<unknown>,
  ...classes: (abstract new (...args: never[]) => E)[]
): E {
  const result = resultOf(deferred);
  if (result === undefined) throw new UnexpectedResultError('Expected a failure, but the Deferred has no result yet');
  if (result.success) throw new UnexpectedResultError('Expected a failure, but the Deferred succeeded');
  if (classes.length > 0 && !classes.some((each) => result.error instanceof each)) {
    const expected = classes.map((each) => each.name).join(' or ');
    throw new UnexpectedResultError(`Expected ${expected}, but the Deferred failed with ${String(result.error)}`, {
      cause: result.error,
    });
  }
  return result.error as E;
}

/** @throws UnexpectedResultError when the Deferred has fired. Its later result is left as it is. */
export function assertNoResult(deferred: Deferred<unknown>): void {
  const result = resultOf(deferred);
  if (result === undefined) return;
  const what = result.success ? 'succeeded' : `failed: ${result.error.message}`;
  throw new UnexpectedResultError(`Expected no result, but the Deferred has ${what}`);
}

type Result<T> = { success: true; value: T } | { success: false; error: Error };

/** The result is left in the Deferred, but for a failure, which is taken. */
function resultOf<T>(deferred: Deferred<T>): Result<T> | undefined {
  let result: Result<T> | undefined;
  let looking = true;
  deferred.addCallbacks(
    (value) => {
      if (looking) result = { success: true, value };
      return value;
    },
    (error: Error) => {
      if (!looking) throw error;
      result = { success: false, error };
      return undefined;
    },
  );
  looking = false;
  return result;
}
