/** The first of several that succeeds. */
import type { Chain } from './chain.js';
import { OBSERVE } from './chain.js';
import { Deferred } from './deferred.js';
import { FailureGroup } from './errors.js';
import { cancelAll, Member, toDeferreds } from './members.js';
import type { Owner } from './members.js';
import { fail } from './wrap.js';

/**
 * Fires with `[index, value]` of the first member that succeeds, and cancels the others. Fails with a FailureGroup when
 * all fail. An empty race never fires. To cancel it is to cancel all members. Members are Deferreds or promises, which
 * keep their results; any other value stands for itself.
 */
export function race<const T extends readonly unknown[]>(
  members: T,
): Deferred<[index: number, value: Awaited<T[number]>]> {
  const deferreds = toDeferreds(members);
  const result = new Deferred<any>(() => cancelAll(deferreds));
  const owner = new Race(deferreds, result);
  deferreds.forEach((member, index) => member.add(OBSERVE, new Member(owner, index)));
  return result;
}

class Race implements Owner {
  readonly #members: readonly Deferred<unknown>[];
  readonly #result: Deferred<unknown>;
  readonly #failures: Error[] = [];
  #running: number;
  #won: boolean = false;

  constructor(members: readonly Deferred<unknown>[], result: Deferred<unknown>) {
    this.#members = members;
    this.#result = result;
    this.#running = members.length;
  }

  arrived(index: number, failed: boolean, result: unknown): Chain | undefined {
    this.#running -= 1;
    if (failed) this.#failures[index] = result as Error;
    // A member may also succeed because it was cancelled, as its canceller likes: too late.
    if (this.#won || this.#result.called) return undefined;
    if (!failed) {
      this.#won = true;
      this.#stop(this.#members[index]);
      this.#result.prime(false, [index, result]);
    } else if (this.#running === 0) {
      this.#result.prime(true, new FailureGroup(this.#failures));
    } else {
      return undefined;
    }
    return this.#result;
  }

  /** Cancels the losers. A canceller that throws must not take the prize from the winner: it is reported by itself. */
  #stop(winner: Deferred<unknown> | undefined): void {
    try {
      cancelAll(this.#members, winner);
    } catch (error) {
      fail(error);
    }
  }
}
