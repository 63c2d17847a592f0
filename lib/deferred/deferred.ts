/// <reference types="node" preserve="true" />
/**
 * A Deferred: a result that is not there yet, and the chain of callbacks that it will run through.
 *
 * Its states:
 *
 *   PENDING ── cancel(), with a canceller ──▶ CANCELLING       nothing has fired it
 *      └───────────── callback(), errback() ──────┘
 *                          ▼
 *   SUCCEEDED, FAILED ◀──▶ RUNNING                             one callback after the other
 *            ▲                ▼
 *            └───────────── WAITING                            a callback returned a Deferred that has no result yet
 *
 * A chain runs at once and in order, from the call that makes it possible, and never within itself: what a callback adds
 * to its own Deferred comes after all others. Chains that wait for each other are run in a loop, not by recursion, so
 * that neither long nor deep ones grow the stack. A Deferred whose result another one has waited for goes on with
 * `undefined`, as in Twisted; observers (`then`, `await`) take nothing away.
 */
import { toError } from '../errors.js';
import type { ReactorTime } from '../interfaces.js';
import { AlreadyCalledError, CancelledError, CircularDeferredError, NotPausedError } from './errors.js';
import { PromiseObserver } from './observer.js';
import type { Observer } from './observer.js';
import { isThenable } from './thenable.js';
import { addTimeout } from './timeout.js';
import type { TimeoutHandler } from './timeout.js';
import { creationStack, noteCreation, UnhandledFailure } from './unhandled.js';
import type { UnhandledSink } from './unhandled.js';

/** One place in a chain. */
interface Link {
  readonly kind: Kind;
  /** The callback, the Deferred that gets the result, or the observer. */
  readonly target: unknown;
  readonly onError: unknown;
  next: Link | undefined;
}

/** A callback and an errback, either of which may be missing. */
const CALL = 0;
/** Another Deferred waits for the result. */
const RESUME = 1;
/** Another Deferred is to be fired with the result. */
const CHAIN = 2;
const OBSERVE = 3;
type Kind = 0 | 1 | 2 | 3;

const PENDING = 0;
const CANCELLING = 1;
const RUNNING = 2;
const WAITING = 3;
const SUCCEEDED = 4;
const FAILED = 5;
type State = 0 | 1 | 2 | 3 | 4 | 5;

/** What Node's console asks an object for. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');

export class Deferred<T> implements PromiseLike<T> {
  /**
   * When on, each Deferred remembers where it was created, and adds that to the stack of an error that nobody handles.
   * It costs a stack trace for each.
   */
  static debug: boolean = false;

  #state: State = PENDING;
  /** The value or the Error; while WAITING, the Deferred waited for. */
  #result: unknown = undefined;
  #first: Link | undefined = undefined;
  #last: Link | undefined = undefined;
  #pauses: number = 0;
  /** Cancelled without a canceller: the one result that may still come is dropped. */
  #dropsOne: boolean = false;
  /** Some other Deferred has waited for this one. Only then can waiting close a circle. */
  #awaited: boolean = false;
  /** The failure at the end of the chain, until it is handled. */
  #unhandled: UnhandledFailure | undefined = undefined;
  // Not typed by T, which would make it invariant: a Deferred<never> has to do for any.
  readonly #canceller: ((deferred: any) => void) | undefined;
  readonly #sink: UnhandledSink | undefined;
  readonly #created: string | undefined;

  /**
   * @param canceller is called by `cancel` while there is no result. It may fire the Deferred itself; otherwise the
   *   Deferred fails with a CancelledError.
   */
  constructor(canceller?: (deferred: Deferred<T>) => void);
  /** @internal Unhandled failures go to the sink. */
  constructor(canceller: ((deferred: Deferred<T>) => void) | undefined, sink: UnhandledSink | undefined);
  constructor(canceller?: (deferred: Deferred<T>) => void, sink?: UnhandledSink) {
    this.#canceller = canceller;
    this.#sink = sink;
    this.#created = Deferred.debug ? creationStack(new.target) : undefined;
  }

  /**
   * A Deferred with the result of a promise. To cancel it fails it with a CancelledError at once, and the promise's
   * result is ignored from then on. A Deferred is given back as it is.
   * @param controller is aborted (with the CancelledError) when the Deferred is cancelled, to stop what the promise
   *   stands for.
   */
  static fromPromise<T>(promise: PromiseLike<T>, controller?: AbortController): Deferred<T> {
    if (promise instanceof Deferred) return promise as Deferred<T>;
    const deferred = new Deferred<T>(controller && (() => controller.abort(new CancelledError())));
    // By way of a native promise, because other thenables may answer twice, or at once, or throw.
    Promise.resolve(promise).then(
      (value) => {
        if (!deferred.called) deferred.callback(value);
      },
      (error: unknown) => {
        if (!deferred.called) deferred.errback(error);
      },
    );
    return deferred;
  }

  /** Whether it has been fired. Its chain may still be running, waiting or paused. */
  get called(): boolean {
    return this.#state > CANCELLING;
  }

  /**
   * Fires with a value: the callbacks run now. A promise or Deferred is waited for first.
   * @throws AlreadyCalledError the second time.
   */
  callback(value: T): void {
    if (!this.#mayFire()) return;
    this.#accept(value);
    Deferred.#run(this);
  }

  /**
   * Fires with an error: the errbacks run now. What is not an Error is wrapped in a ThrownValueError.
   * @throws AlreadyCalledError the second time.
   */
  errback(error: unknown): void {
    if (!this.#mayFire()) return;
    this.#settle(FAILED, toError(error));
    Deferred.#run(this);
  }

  /**
   * Adds a callback for a value; an error passes by. What it returns is the next result; if it throws, or what it returns
   * fails, the next is an error. It runs at once if the result is there.
   * @returns this same Deferred, under its new type.
   */
  addCallback<R>(f: (value: T) => R | PromiseLike<R>): Deferred<R> {
    return this.#add(CALL, f, undefined);
  }

  /**
   * Adds a callback for an error; a value passes by. What it returns is the next result, and the error is handled.
   * @returns this same Deferred, under its new type.
   */
  addErrback<R>(f: (error: Error) => R | PromiseLike<R>): Deferred<T | R> {
    return this.#add(CALL, undefined, f);
  }

  /**
   * Adds one callback for a value and one for an error, side by side: what the first throws does not reach the second.
   * @returns this same Deferred, under its new type.
   */
  addCallbacks<R, S = never>(
    f: (value: T) => R | PromiseLike<R>,
    g?: ((error: Error) => S | PromiseLike<S>) | null,
  ): Deferred<R | S> {
    return this.#add(CALL, f, g ?? undefined);
  }

  /**
   * Adds one callback for both: it gets the value or the Error.
   * @returns this same Deferred, under its new type.
   */
  addBoth<R>(f: (result: T | Error) => R | PromiseLike<R>): Deferred<R> {
    return this.#add(CALL, f, f);
  }

  /** Fires `other` with the result, when there is one, and goes on with `undefined`. */
  chainDeferred(other: Deferred<T>): this {
    return this.#add(CHAIN, other, undefined);
  }

  /** Runs no callback until `unpause` has been called as often as `pause`. */
  pause(): void {
    this.#pauses += 1;
  }

  /** @throws NotPausedError when it is not paused. */
  unpause(): void {
    if (this.#pauses === 0) throw new NotPausedError();
    this.#pauses -= 1;
    Deferred.#run(this);
  }

  /**
   * Asks to give up. Before it is fired: calls the canceller, and fails with a CancelledError if that has not fired it.
   * Without a canceller one later `callback` or `errback` is ignored. While it waits for another Deferred: cancels that
   * one. Otherwise, with a result, nothing happens. What a canceller throws is thrown here.
   */
  cancel(): void {
    if (this.#state === PENDING) {
      if (this.#canceller === undefined) this.#dropsOne = true;
      else this.#callCanceller(this.#canceller);
      if (this.#state === PENDING) {
        this.#settle(FAILED, new CancelledError());
        Deferred.#run(this);
      }
    } else if (this.#state === WAITING) {
      let innermost = this.#result as AnyDeferred;
      while (innermost.#state === WAITING) innermost = innermost.#result as AnyDeferred;
      innermost.cancel();
    }
  }

  /**
   * Cancels after so many seconds, unless the result is there; the CancelledError becomes a TimeoutError. The result in
   * time, or a cancel by somebody else, passes by unchanged. It concerns the chain up to here: callbacks added later
   * have no limit.
   * @param onTimeout gets what the cancelled Deferred came to, and decides the result instead.
   * @throws RangeError when `seconds` is negative or NaN.
   */
  addTimeout(seconds: number, clock: ReactorTime, onTimeout?: TimeoutHandler<T>): this {
    addTimeout(this, seconds, clock, onTimeout);
    return this;
  }

  /**
   * A native promise of the result at this place in the chain, so that `await` works. It observes: a failure counts as
   * handled here, and callbacks added later see the same result.
   */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: any) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return new Promise<T>((resolve, reject) => {
      this.observe(new PromiseObserver(resolve, reject));
    }).then(onFulfilled, onRejected);
  }

  /** The same as `then(undefined, onRejected)`: a promise, where `addErrback` changes the Deferred. */
  catch<B = never>(onRejected?: ((reason: any) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected);
  }

  /** For people: the state and the result. */
  toString(): string {
    return `Deferred <${this.#pauses > 0 ? 'paused, ' : ''}${describe(this.#state, this.#result)}>`;
  }

  /** @internal Node's console shows this. */
  [INSPECT](): string {
    return this.toString();
  }

  /** @internal Shows the result at this place of the chain to an observer; a failure counts as handled. */
  observe(observer: Observer): void {
    this.#add(OBSERVE, observer, undefined);
  }

  /** @internal Fires it without running its chain: that is left to the loop to which an observer gives it back. */
  prime(failed: boolean, result: unknown): void {
    if (!this.#mayFire()) return;
    if (failed) this.#settle(FAILED, toError(result));
    else this.#accept(result);
  }

  /** Runs a chain, and those that it sets going, until each has no callbacks left or waits. */
  static #run(first: AnyDeferred): void {
    // Those that have given their result away and have more callbacks: they go on when the receiver is done.
    let interrupted: AnyDeferred[] | undefined;
    let current: AnyDeferred | undefined = first;
    while (current !== undefined) {
      const next: AnyDeferred | undefined = current.#drain();
      if (next === undefined) {
        current = interrupted?.pop();
      } else {
        if (current.#first !== undefined) (interrupted ??= []).push(current);
        current = next;
      }
    }
  }

  /** Runs what can be run of this chain alone. Gives back the Deferred that has to run next, before the rest. */
  #drain(): AnyDeferred | undefined {
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
        link.kind === OBSERVE ? this.#show(link.target as Observer) : this.#give(link.kind, link.target as AnyDeferred);
      if (next !== undefined) return next;
    }
    return undefined;
  }

  #add(kind: Kind, target: unknown, onError: unknown): any {
    const link: Link = { kind, target, onError, next: undefined };
    if (this.#last === undefined) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    if (this.#state >= SUCCEEDED) Deferred.#run(this);
    return this;
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
    let inner: AnyDeferred | undefined;
    try {
      if (isThenable(value)) inner = Deferred.fromPromise(value);
    } catch (error) {
      // Reading `then` may throw.
      this.#settle(FAILED, toError(error));
      return;
    }
    if (inner === undefined) this.#settle(SUCCEEDED, value);
    else this.#wait(inner);
  }

  #wait(inner: AnyDeferred): void {
    if (inner === this || (this.#awaited && this.#isAwaitedBy(inner))) {
      this.#settle(FAILED, new CircularDeferredError());
    } else if (inner.#state >= SUCCEEDED && inner.#pauses === 0 && inner.#first === undefined) {
      this.#settle(inner.#state, inner.#result);
      inner.#empty();
    } else {
      this.#settle(WAITING, inner);
      inner.#awaited = true;
      inner.#add(RESUME, this, undefined);
    }
  }

  /** Whether `inner`, by way of any others, waits for this one. */
  #isAwaitedBy(inner: AnyDeferred): boolean {
    while (inner.#state === WAITING) {
      inner = inner.#result as AnyDeferred;
      if (inner === this) return true;
    }
    return false;
  }

  /** Shows the result to an observer, without giving it away. */
  #show(observer: Observer): AnyDeferred | undefined {
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

  /** Gives the result to another Deferred, which has to run next: one that waits for it, or one chained to it. */
  #give(kind: Kind, other: AnyDeferred): AnyDeferred | undefined {
    let fires = true;
    try {
      if (kind === CHAIN) fires = other.#mayFire();
    } catch (error) {
      this.#empty();
      this.#settle(FAILED, error);
      return undefined;
    }
    if (fires) other.#settle(this.#state, this.#result);
    this.#empty();
    return fires ? other : undefined;
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

  #callCanceller(canceller: (deferred: this) => void): void {
    this.#state = CANCELLING;
    try {
      canceller(this);
    } finally {
      if (this.#state === CANCELLING) this.#state = PENDING;
    }
  }

  /** The chain ends here with a failure: it is reported, unless somebody handles it in time. */
  #watch(): void {
    if (this.#unhandled !== undefined) return;
    const error = this.#result as Error;
    if (this.#created !== undefined) noteCreation(error, this.#created);
    this.#unhandled = new UnhandledFailure(error, this, this.#sink);
  }

  /** The failure, if it is one, is handled. */
  #release(): void {
    if (this.#unhandled === undefined) return;
    this.#unhandled.handled();
    this.#unhandled = undefined;
  }
}

type AnyDeferred = Deferred<any>;

function describe(state: State, result: unknown): string {
  if (state === PENDING || state === CANCELLING) return 'pending';
  if (state === RUNNING) return 'running';
  if (state === WAITING) return 'waiting for another';
  return `${state === FAILED ? 'failed' : 'value'}: ${textOf(result)}`;
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
