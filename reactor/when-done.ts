/**
 * The one place where the result of user code is looked at: a promise or Deferred is waited for, anything else is done.
 * A Deferred answers synchronously when it fires; its value stays for others who have it, its failure is consumed.
 */
import { Deferred } from '../lib/deferred/deferred.js';

/**
 * Calls `failed` if `result` fails, and then, in any case, `done` once it is over: at once when there is nothing to wait for.
 */
export function whenDone(result: unknown, done?: () => void, failed?: (error: unknown) => void): void {
  if (!isThenable(result)) {
    done?.();
    return;
  }
  const bad = (error: unknown): void => {
    failed?.(error);
    done?.();
  };
  if (result instanceof Deferred) {
    result.addCallbacks((value: unknown) => {
      done?.();
      return value;
    }, bad);
    return;
  }
  let settled = false;
  const once = (f: () => void): void => {
    if (settled) return;
    settled = true;
    f();
  };
  try {
    result.then(
      () => once(() => done?.()),
      (error: unknown) => once(() => bad(error)),
    );
  } catch (error) {
    once(() => bad(error));
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
