/** Whether a value is a promise, a Deferred, or something else that has `then`. What a getter `then` throws is thrown. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
