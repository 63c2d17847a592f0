/** Who waits for a connection, and for how many failures. */
import { Deferred } from '../../lib/deferred/index.js';

interface Waiter<T> {
  readonly connected: Deferred<T>;
  failuresLeft: number;
}

/**
 * Each is told once. Those told together are taken off before the first is told, because what hears of it may wait anew, or
 * stop others from waiting.
 */
export class Waiters<T> {
  #waiting: Waiter<T>[] = [];

  /** Waits until there is a connection, or for that many failures. To cancel it is to wait no longer. */
  add(failures: number): Deferred<T> {
    const connected = new Deferred<T>(() => {
      this.#waiting = this.#waiting.filter((each) => each !== waiter);
    });
    const waiter = { connected, failuresLeft: failures };
    this.#waiting.push(waiter);
    return connected;
  }

  /** There is a connection. */
  succeed(value: T): void {
    for (const { connected } of this.#waiting.splice(0)) if (!connected.called) connected.callback(value);
  }

  /** One failure more. */
  fail(error: Error): void {
    for (const waiter of this.#waiting) waiter.failuresLeft--;
    const done = this.#waiting.filter(({ failuresLeft }) => failuresLeft <= 0);
    this.#waiting = this.#waiting.filter(({ failuresLeft }) => failuresLeft > 0);
    tell(done, error);
  }

  /** Takes all off, and gives what tells them that there will be no connection. Answers whether there was one to tell. */
  dismiss(): (error: Error) => boolean {
    const all = this.#waiting.splice(0);
    return (error) => {
      tell(all, error);
      return all.length > 0;
    };
  }
}

function tell(waiting: readonly Waiter<unknown>[], error: Error): void {
  for (const { connected } of waiting) if (!connected.called) connected.errback(error);
}
