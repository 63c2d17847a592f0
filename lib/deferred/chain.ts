/**
 * The machine inside a Deferred: its state, and the chain of callbacks that a result runs through. It knows no types; the
 * class Deferred puts them on.
 *
 *   PENDING ── cancel(), with a canceller ──▶ CANCELLING       nothing has fired it
 *      └───────────── callback(), errback() ──────┘
 *                          ▼
 *   SUCCEEDED, FAILED ◀──▶ RUNNING                             one callback after the other
 *            ▲                ▼
 *            └───────────── WAITING                            a callback returned a Deferred that has no result yet
 *
 * A chain runs at once and in order, from the call that makes it possible, and never within itself: what a callback adds
 * to its own chain comes after all others. Chains that wait for each other are run in a loop, not by recursion, so that
 * neither long nor deep ones grow the stack. A chain whose result another one has waited for goes on with `undefined`,
 * as in Twisted; observers (`then`, `await`) take nothing away.
 */
import { toError } from '../errors.js';
import { AlreadyCalledError, CancelledError, CircularDeferredError, NotPausedError } from './errors.js';
import { isThenable } from './thenable.js';
import { noteCreation, UnhandledFailure } from './unhandled.js';
import type { UnhandledSink } from './unhandled.js';

/** What a chain does at one place: calls one of two functions, either of which may be missing … */
export const CALL = 0;
/** … or gives its result to a chain that waits for it … */
export const RESUME = 1;
/** … or fires another chain with it … */
export const CHAIN = 2;
/** … or shows it to an observer. */
export const OBSERVE = 3;
export type Kind = 0 | 1 | 2 | 3;

/**
 * Is shown the result at one place of a chain, without changing it. What it gives back, a chain that it has primed with a
 * result, is run next: by the loop that called it, so that long rows of observers do not grow the stack. Must not throw.
 */
export interface Observer {
  succeeded(value: unknown): Chain | undefined;
  failed(error: Error): Chain | undefined;
}

const PENDING = 0;
const CANCELLING = 1;
const RUNNING = 2;
const WAITING = 3;
const SUCCEEDED = 4;
const FAILED = 5;
type State = 0 | 1 | 2 | 3 | 4 | 5;

interface Link {
  readonly kind: Kind;
  /** The callback, the other chain, or the observer. */
  readonly target: unknown;
  readonly onError: unknown;
  next: Link | undefined;
}

/** What Node's console asks an object for. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/** The part of a Deferred that does not depend on the type of its result. */
export class Chain {
  #state: State = PENDING;
  /** The value or the Error; while WAITING, the chain waited for. */
  #result: unknown = undefined;
  #first: Link | undefined = undefined;
  #last: Link | undefined = undefined;
  #pauses: number = 0;
  /** Cancelled without a canceller: the one result that may still come is dropped. */
  #dropsOne: boolean = false;
  /** Some other chain has waited for this one. Only then can waiting close a circle. */
  #awaited: boolean = false;
  /** The failure at the end of the chain, until somebody handles it. */
  #unhandled: UnhandledFailure | undefined = undefined;
  readonly #canceller: ((chain: any) => void) | undefined;
  readonly #sink: UnhandledSink | undefined;
  readonly #created: string | undefined;

  /** @internal */
  constructor(canceller?: (chain: any) => void, sink?: UnhandledSink, created?: string) {
    this.#canceller = canceller;
    this.#sink = sink;
    this.#created = created;
  }

  /** Whether it has been fired. Its callbacks may still be running, waiting or paused. */
  get called(): boolean {
    return this.#state > CANCELLING;
  }

  /** Runs no callback until `unpause` has been called as often as `pause`. */
  pause(): void {
    this.#pauses += 1;
  }

  /** @throws NotPausedError when it is not paused. */
  unpause(): void {
    if (this.#pauses === 0) throw new NotPausedError();
    this.#pauses -= 1;
    run(this);
  }

  /**
   * Asks to give up. Before it is fired: calls the canceller, and fails with a CancelledError if that has not fired it.
   * Without a canceller one later `callback` or `errback` is ignored. While it waits for another Deferred: cancels that
   * one. Otherwise, with a result, nothing happens. What a canceller throws is thrown here, and nothing else happens.
   */
  cancel(): void {
    if (this.#state === PENDING) {
      if (this.#canceller === undefined) this.#dropsOne = true;
      else this.#callCanceller(this.#canceller);
      if (this.#state === PENDING) this.fire(true, new CancelledError());
      return;
    }
    let inner = this.#inner;
    if (inner === undefined) return;
    for (let next = inner.#inner; next !== undefined; next = inner.#inner) inner = next;
    inner.cancel();
  }

  /** For people: the state and the result. */
  toString(): string {
    return `Deferred <${this.#pauses > 0 ? 'paused, ' : ''}${this.#describe()}>`;
  }

  /** @internal */
  [INSPECT](): string {
    return this.toString();
  }

  /** @internal Fires it and runs its callbacks. @throws AlreadyCalledError the second time. */
  fire(failed: boolean, result: unknown): void {
    if (this.prime(failed, result)) run(this);
  }

  /**
   * @internal Fires it and leaves it to the caller to have its callbacks run. False when it was cancelled before, and the
   *   result is dropped. @throws AlreadyCalledError the second time.
   */
  prime(failed: boolean, result: unknown): boolean {
    if (!this.#mayFire()) return false;
    if (failed) this.#settle(FAILED, toError(result));
    else this.#accept(result);
    return true;
  }

  /** @internal Appends to the chain, and runs it if the result is there. */
  add(kind: Kind, target: unknown, onError?: unknown): void {
    const link: Link = { kind, target, onError, next: undefined };
    if (this.#last === undefined) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    if (this.#state >= SUCCEEDED) run(this);
  }

  /** @internal Takes the result of a promise, unless it has one when that comes. */
  follow(promise: PromiseLike<unknown>): void {
    // By way of a native promise, because other thenables may answer twice, or at once, or throw.
    Promise.resolve(promise).then(
      (value) => {
        if (!this.called) this.fire(false, value);
      },
      (error: unknown) => {
        if (!this.called) this.fire(true, error);
      },
    );
  }

  /**
   * @internal Runs what can be run of this chain alone. Gives back the chain that has to run next, before the rest of
   *   this one.
   */
  drain(): Chain | undefined {
    while (this.#state >= SUCCEEDED && this.#pauses === 0) {
      const link = this.#first;
      if (link === undefined) {
        if (this.#state === FAILED) this.#watch();
        return undefined;
      }
      this.#first = link.next;
      if (link.next === undefined) this.#last = undefined;
      if (link.kind === CALL) {
        const f = this.#state === FAILED ? link.onError : link.target;
        if (f !== undefined) this.#call(f as (argument: unknown) => unknown);
        continue;
      }
      const next =
        link.kind === OBSERVE ? this.#show(link.target as Observer) : this.#give(link.target as Chain, link.kind);
      if (next !== undefined) return next;
    }
    return undefined;
  }

  /** @internal Whether it has callbacks that were not run yet. */
  get unfinished(): boolean {
    return this.#first !== undefined;
  }

  #call(f: (argument: unknown) => unknown): void {
    const argument = this.#result;
    this.#release();
    this.#state = RUNNING;
    let result: unknown;
    try {
      result = f(argument);
    } catch (error) {
      this.#settle(FAILED, toError(error));
      return;
    }
    this.#accept(result);
  }

  /** Takes a value as the result, or begins to wait for it. */
  #accept(value: unknown): void {
    let inner: Chain | undefined;
    try {
      if (value instanceof Chain) {
        inner = value;
      } else if (isThenable(value)) {
        inner = new Chain();
        inner.follow(value);
      }
    } catch (error) {
      // Reading `then` may throw.
      this.#settle(FAILED, toError(error));
      return;
    }
    if (inner === undefined) this.#settle(SUCCEEDED, value);
    else this.#wait(inner);
  }

  #wait(inner: Chain): void {
    if (inner === this || (this.#awaited && this.#isAwaitedBy(inner))) {
      this.#settle(FAILED, new CircularDeferredError());
    } else if (inner.#state >= SUCCEEDED && inner.#pauses === 0 && inner.#first === undefined) {
      this.#settle(inner.#state, inner.#result);
      inner.#empty();
    } else {
      this.#settle(WAITING, inner);
      inner.#awaited = true;
      inner.add(RESUME, this);
    }
  }

  /** The chain that this one waits for. */
  get #inner(): Chain | undefined {
    return this.#state === WAITING ? (this.#result as Chain) : undefined;
  }

  /** Whether `inner`, by way of any others, waits for this chain. */
  #isAwaitedBy(inner: Chain): boolean {
    for (let next = inner.#inner; next !== undefined; next = next.#inner) {
      if (next === this) return true;
    }
    return false;
  }

  /** Shows the result to an observer. A failure counts as handled, and stays. */
  #show(observer: Observer): Chain | undefined {
    const state = this.#state;
    const result = this.#result;
    if (state === FAILED) {
      this.#release();
      this.#unhandled = UnhandledFailure.SEEN;
    }
    this.#state = RUNNING;
    const next = state === FAILED ? observer.failed(result as Error) : observer.succeeded(result);
    this.#state = state;
    return next;
  }

  /** Gives the result away, to a chain that has to run next: one that waits for it, or one to be fired. */
  #give(other: Chain, kind: Kind): Chain | undefined {
    let takes = true;
    try {
      if (kind === CHAIN) takes = other.#mayFire();
    } catch (error) {
      this.#empty();
      this.#settle(FAILED, error);
      return undefined;
    }
    if (takes) other.#settle(this.#state, this.#result);
    this.#empty();
    return takes ? other : undefined;
  }

  /** The result is somebody else's now. */
  #empty(): void {
    this.#release();
    this.#settle(SUCCEEDED, undefined);
  }

  #settle(state: State, result: unknown): void {
    this.#state = state;
    this.#result = result;
  }

  #mayFire(): boolean {
    if (this.#state <= CANCELLING) return true;
    if (!this.#dropsOne) throw new AlreadyCalledError();
    this.#dropsOne = false;
    return false;
  }

  #callCanceller(canceller: (chain: this) => void): void {
    this.#state = CANCELLING;
    try {
      canceller(this);
    } finally {
      if (this.#state === CANCELLING) this.#state = PENDING;
    }
  }

  /** The chain ends here with a failure: it will be reported, unless somebody handles it in time. */
  #watch(): void {
    if (this.#unhandled !== undefined) return;
    const error = this.#result as Error;
    if (this.#created !== undefined) noteCreation(error, this.#created);
    this.#unhandled = new UnhandledFailure(error, this, this.#sink);
  }

  /** The failure, if there is one, is handled. */
  #release(): void {
    if (this.#unhandled === undefined) return;
    this.#unhandled.handled();
    this.#unhandled = undefined;
  }

  #describe(): string {
    if (this.#state < RUNNING) return 'pending';
    if (this.#state === RUNNING) return 'running';
    const inner = this.#inner;
    // One step only: a row of those that wait for each other may be long.
    if (inner !== undefined)
      return `waiting for Deferred <${inner.#inner === undefined ? inner.#describe() : 'waiting'}>`;
    return `${this.#state === FAILED ? 'failed' : 'value'}: ${textOf(this.#result)}`;
  }
}

/** Runs a chain, and those that it sets going, until each has no callbacks left, or waits, or is paused. */
export function run(first: Chain): void {
  // Those that have set another one going before they had finished: they go on when that has done.
  let interrupted: Chain[] | undefined;
  let current: Chain | undefined = first;
  while (current !== undefined) {
    const next: Chain | undefined = current.drain();
    if (next === undefined) {
      current = interrupted?.pop();
    } else {
      if (current.unfinished) (interrupted ??= []).push(current);
      current = next;
    }
  }
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
