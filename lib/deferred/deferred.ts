/// <reference types="node" preserve="true" />
/**
 * A Deferred: a result that is not there yet, and what is to be done with it, in order. In contrast to a promise its
 * callbacks run synchronously, each changes the result for those after it, and it can be cancelled. How a chain runs is
 * told in chain.ts.
 */
import type { ReactorTime } from '../interfaces.js';
import { CALL, Chain, CHAIN, OBSERVE } from './chain.js';
import type { Observer } from './chain.js';
import { CancelledError } from './errors.js';
import { addTimeout } from './timeout.js';
import type { TimeoutHandler } from './timeout.js';
import { creationStack } from './unhandled.js';
import type { UnhandledSink } from './unhandled.js';

/**
 * A result to come: fire it with `callback` or `errback`, add what is to be done with the result by `addCallback` and its
 * siblings, or `await` it.
 */
export class Deferred<T> extends Chain implements PromiseLike<T> {
  /**
   * When on, each Deferred remembers where it was created, and adds that to the stack of an error that nobody handles.
   * It costs a stack trace for each.
   */
  static debug: boolean = false;

  /**
   * @param canceller is called by `cancel` while there is no result. It may fire the Deferred itself; otherwise the
   *   Deferred fails with a CancelledError.
   */
  constructor(canceller?: (deferred: Deferred<T>) => void);
  /** @internal Its unhandled failures go to the sink. */
  constructor(canceller: ((deferred: Deferred<T>) => void) | undefined, sink: UnhandledSink | undefined);
  constructor(canceller?: (deferred: Deferred<T>) => void, sink?: UnhandledSink) {
    super(canceller, sink, Deferred.debug ? creationStack(new.target) : undefined);
  }

  /**
   * A Deferred with the result of a promise. To cancel it fails it with a CancelledError at once, and the promise's
   * result is ignored from then on. A Deferred is given back as it is.
   * @param controller is aborted (with a CancelledError) when the Deferred is cancelled, to stop what the promise stands
   *   for.
   */
  static fromPromise<T>(promise: PromiseLike<T>, controller?: AbortController): Deferred<T> {
    if (promise instanceof Deferred) return promise as Deferred<T>;
    const deferred = new Deferred<T>(controller && (() => controller.abort(new CancelledError())));
    deferred.follow(promise);
    return deferred;
  }

  /**
   * Fires with a value: the callbacks run now. A promise or Deferred is waited for first.
   * @throws AlreadyCalledError the second time.
   */
  callback(value: T): void {
    this.fire(false, value);
  }

  /**
   * Fires with an error: the errbacks run now. What is not an Error is wrapped in a ThrownValueError.
   * @throws AlreadyCalledError the second time.
   */
  errback(error: unknown): void {
    this.fire(true, error);
  }

  /**
   * Adds a callback for a value; an error passes by. What it returns is the next result; if it throws, or what it returns
   * fails, the next is an error. It runs at once if the result is there.
   * @returns this same Deferred, under its new type.
   */
  addCallback<R>(f: (value: T) => R | PromiseLike<R>): Deferred<R> {
    this.add(CALL, f);
    return this as Deferred<any>;
  }

  /**
   * Adds a callback for an error; a value passes by. What it returns is the next result, and the error is handled.
   * @returns this same Deferred, under its new type.
   */
  addErrback<R>(f: (error: Error) => R | PromiseLike<R>): Deferred<T | R> {
    this.add(CALL, undefined, f);
    return this as Deferred<any>;
  }

  /**
   * Adds one callback for a value and one for an error, side by side: what the first throws does not reach the second.
   * @returns this same Deferred, under its new type.
   */
  addCallbacks<R, S = never>(
    f: (value: T) => R | PromiseLike<R>,
    g?: ((error: Error) => S | PromiseLike<S>) | null,
  ): Deferred<R | S> {
    this.add(CALL, f, g ?? undefined);
    return this as Deferred<any>;
  }

  /**
   * Adds one callback for both: it gets the value or the Error.
   * @returns this same Deferred, under its new type.
   */
  addBoth<R>(f: (result: T | Error) => R | PromiseLike<R>): Deferred<R> {
    this.add(CALL, f, f);
    return this as Deferred<any>;
  }

  /** Fires `other` with the result, when it is there, and goes on with `undefined`. */
  chainDeferred(other: Deferred<T>): this {
    this.add(CHAIN, other);
    return this;
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
      this.add(OBSERVE, new PromiseObserver(resolve, reject));
    }).then(onFulfilled, onRejected);
  }

  /** The same as `then(undefined, onRejected)`: it observes and gives a promise, where `addErrback` changes the result. */
  catch<B = never>(onRejected?: ((reason: any) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected);
  }
}

/** The resolving functions of a promise. */
class PromiseObserver implements Observer {
  readonly #resolve: (value: any) => void;
  readonly #reject: (error: Error) => void;

  constructor(resolve: (value: any) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  succeeded(value: unknown): undefined {
    this.#resolve(value);
  }

  failed(error: Error): undefined {
    this.#reject(error);
  }
}
