/**
 * Waiting for several at once. Members are observed, as by `await`: they keep their results, and a failure that the list
 * has seen counts as handled, so that nothing is reported twice.
 */
import type { Chain } from './chain.js';
import { OBSERVE } from './chain.js';
import { Deferred } from './deferred.js';
import { FirstError } from './errors.js';
import { cancelAll, Member, toDeferreds } from './members.js';

/** What became of one member of a DeferredList. */
export type Outcome<T> = [success: true, value: T] | [success: false, error: Error];

/** The outcomes of all members, in the order of the list. */
export type Outcomes<T extends readonly unknown[]> = { -readonly [I in keyof T]: Outcome<Awaited<T[I]>> };

/** When a DeferredList fires, and what it does to its members; all false when left out. */
export interface DeferredListOptions {
  /** Fire with `[value, index]` of the first member that succeeds; with all outcomes when none does. */
  readonly fireOnOneCallback?: boolean;
  /** Fail with a FirstError as soon as one member fails. */
  readonly fireOnOneErrback?: boolean;
  /** A member that fails goes on with `undefined` instead of its error. */
  readonly consumeErrors?: boolean;
}

/** What a DeferredList fires with, by its options. */
export type DeferredListResult<T extends readonly unknown[], O extends DeferredListOptions> = O extends {
  readonly fireOnOneCallback?: false;
}
  ? Outcomes<T>
  : Outcomes<T> | [value: Awaited<T[number]>, index: number];

/**
 * Fires with the outcomes of all its members, failed or not, when the last one is there; sooner as the options say. An
 * empty list fires at once, but with `fireOnOneCallback` never. To cancel it is to cancel each of its members.
 */
export class DeferredList<
  const T extends readonly unknown[],
  const O extends DeferredListOptions = Record<never, never>,
> extends Deferred<DeferredListResult<T, O>> {
  readonly #members: readonly Deferred<unknown>[];
  readonly #outcomes: Outcome<unknown>[];
  readonly #options: DeferredListOptions;
  #missing: number;

  /** `members` are Deferreds or promises; any other value stands for itself. */
  constructor(members: T, options?: O) {
    super();
    this.#members = toDeferreds(members);
    this.#outcomes = Array.from<Outcome<unknown>>({ length: members.length });
    this.#options = options ?? {};
    this.#missing = members.length;
    if (members.length === 0 && this.#options.fireOnOneCallback !== true) this.fire(false, this.#outcomes);
    const owner = {
      arrived: (index: number, failed: boolean, result: unknown) => this.#arrived(index, failed, result),
    };
    this.#members.forEach((member, index) => {
      member.add(OBSERVE, new Member(owner, index));
      if (this.#options.consumeErrors === true) member.addErrback(ignore);
    });
  }

  /**
   * Cancels each member, and so brings about the list's own result. After that it does what `cancel` does for every
   * Deferred.
   */
  override cancel(): void {
    if (this.called) super.cancel();
    else cancelAll(this.#members);
  }

  #arrived(index: number, failed: boolean, result: unknown): Chain | undefined {
    this.#outcomes[index] = failed ? [false, result as Error] : [true, result];
    this.#missing -= 1;
    if (this.called) return undefined;
    if (failed && this.#options.fireOnOneErrback === true) this.prime(true, new FirstError(result as Error, index));
    else if (!failed && this.#options.fireOnOneCallback === true) this.prime(false, [result, index]);
    else if (this.#missing === 0) this.prime(false, this.#outcomes);
    else return undefined;
    return this;
  }
}

/**
 * Fires with the values of all members, in their order, or fails with a FirstError as soon as one fails. An empty list
 * fires at once. To cancel it is to cancel each of its members.
 */
export function gatherResults<const T extends readonly unknown[]>(
  members: T,
  options?: { readonly consumeErrors?: boolean },
): Deferred<{ -readonly [I in keyof T]: Awaited<T[I]> }> {
  const list: Deferred<Outcome<unknown>[]> = new DeferredList<readonly unknown[]>(members, {
    ...options,
    fireOnOneErrback: true,
  });
  return list.addCallback((outcomes) => outcomes.map((outcome) => outcome[1])) as Deferred<any>;
}

function ignore(): void {}
