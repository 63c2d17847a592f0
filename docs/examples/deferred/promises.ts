/** Deferreds among promises. */
import { Deferred, succeed } from 'plait';

// region await
/** `await` looks at a result and leaves it where it is. */
export async function lookTwice(deferred: Deferred<string>): Promise<string[]> {
  const seen = [await deferred];
  deferred.addCallback((value) => seen.push(value));
  return seen; // the same, twice
}
// endregion

// region from-promise
/** A promise as a Deferred, and a callback that returns a promise: the chain waits for it. */
export function lengthOf(text: Promise<string>): Deferred<number> {
  return Deferred.fromPromise(text).addCallback(async (value) => value.length);
}
// endregion

// region value
/** An Error that is returned is a value. To fail, throw. */
export function returned(): Deferred<string> {
  return succeed('fine')
    .addCallback(() => new Error('only a value'))
    .addCallbacks(
      (value) => `value: ${value.message}`,
      () => 'failed',
    ); // value: only a value
}
// endregion
