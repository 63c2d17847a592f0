/** Few at a time. */
import { type Deferred, DeferredQueue, DeferredSemaphore, gatherResults, type ReactorCore } from 'plait';

// region semaphore
/** Looks up many names, three at a time. */
export function lookUp(reactor: Pick<ReactorCore, 'resolve'>, names: string[]): Deferred<string[]> {
  const lookups = new DeferredSemaphore(3);
  return gatherResults(names.map((name) => lookups.run(() => reactor.resolve(name))));
}
// endregion

// region queue
/** Values are taken in the order in which they came, by who asks in the order in which they asked. */
export async function inOrder(): Promise<string[]> {
  const queue = new DeferredQueue<string>({ size: 10 });
  const first = queue.get();
  queue.put('a');
  queue.put('b');
  return [await first, await queue.get()];
}
// endregion
