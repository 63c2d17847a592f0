/** What `DeferredList` and `race` share: the members of a list, observed one by one. */
import type { Chain, Observer } from './chain.js';
import { Deferred } from './deferred.js';
import { isThenable } from './thenable.js';
import { succeed } from './wrap.js';

/** Hears of the results of its members. Like an Observer it must not throw, and may give back what is to run next. */
export interface Owner {
  arrived(index: number, failed: boolean, result: unknown): Chain | undefined;
}

/** One member of a list. */
export class Member implements Observer {
  readonly #owner: Owner;
  readonly #index: number;

  constructor(owner: Owner, index: number) {
    this.#owner = owner;
    this.#index = index;
  }

  succeeded(value: unknown): Chain | undefined {
    return this.#owner.arrived(this.#index, false, value);
  }

  failed(error: Error): Chain | undefined {
    return this.#owner.arrived(this.#index, true, error);
  }
}

/** Deferreds as they are, promises as Deferreds; any other value stands for itself. */
export function toDeferreds(values: readonly unknown[]): Deferred<unknown>[] {
  return values.map((value) => (isThenable(value) ? Deferred.fromPromise(value) : succeed(value)));
}

/**
 * Cancels all but one. What a canceller throws does not spare the others: it is thrown when all are cancelled, in an
 * AggregateError if it is more than one.
 */
export function cancelAll(members: readonly Deferred<unknown>[], except?: Deferred<unknown>): void {
  const errors: unknown[] = [];
  for (const member of members) {
    try {
      if (member !== except) member.cancel();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} cancellers threw`);
}
