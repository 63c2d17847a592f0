/**
 * Generators that wait: `yield` a Deferred or a promise, and get its value, or its error as an exception. What `await`
 * does in an async function, but without promise jobs in between, and so that it can be cancelled. What is yielded is
 * observed, as by `await`. Generators that wait for each other, and yields of what is there already, do not grow the
 * stack.
 */
import { toError } from '../errors.js';
import type { Chain, Observer } from './chain.js';
import { OBSERVE, run } from './chain.js';
import { Deferred } from './deferred.js';
import { AlreadyCalledError, CircularDeferredError } from './errors.js';
import { isThenable } from './thenable.js';
import { fail } from './wrap.js';

/**
 * Makes a function of a generator function. Each call runs the generator up to its first wait, and gives a Deferred of what
 * it returns or throws. A `yield` of any other value gives that value. To cancel the Deferred is to cancel the one that
 * the generator waits for, so that a CancelledError is thrown at its `yield`; it may catch it and go on.
 * @throws TypeError when the function called turns out to be no generator function.
 */
export function inlineCallbacks<This, A extends unknown[], R>(
  f: (this: This, ...args: A) => Generator<unknown, R, any>,
): (this: This, ...args: A) => Deferred<Awaited<R>> {
  return function (this: This, ...args: A): Deferred<Awaited<R>> {
    const generator: unknown = f.apply(this, args);
    if (!isGenerator(generator)) throw new TypeError('inlineCallbacks needs a generator function (function*)');
    return new InlineCall(generator).start() as Deferred<Awaited<R>>;
  };
}

/** What a `yield` comes to. */
interface Arrival {
  readonly failed: boolean;
  readonly value: unknown;
}

/** One run of a generator. */
class InlineCall implements Observer {
  readonly #generator: Generator<unknown, unknown, unknown>;
  /** Gets what the generator comes to. */
  #result: Deferred<unknown>;
  /** What the generator waits for. */
  #awaited: Deferred<unknown> | undefined = undefined;
  #stepping: boolean = false;
  /** Cancelled while its own code was running: the next wait is cut short. */
  #cancelled: boolean = false;
  /** What was there at once, when the generator began to wait for it. */
  #arrival: Arrival | undefined = undefined;

  constructor(generator: Generator<unknown, unknown, unknown>) {
    this.#generator = generator;
    this.#result = this.#newResult();
  }

  start(): Deferred<unknown> {
    const result = this.#result;
    const ended = this.#run({ failed: false, value: undefined });
    if (ended !== undefined) run(ended);
    return result;
  }

  succeeded(value: unknown): Chain | undefined {
    return this.#resume({ failed: false, value });
  }

  failed(error: Error): Chain | undefined {
    return this.#resume({ failed: true, value: error });
  }

  #resume(arrival: Arrival): Chain | undefined {
    this.#awaited = undefined;
    if (!this.#stepping) return this.#run(arrival);
    this.#arrival = arrival;
    return undefined;
  }

  /** Runs the generator until it has to wait, or ends: then gives back the Deferred that has got the result. */
  #run(arrival: Arrival | undefined): Chain | undefined {
    this.#stepping = true;
    while (arrival !== undefined) {
      let step: IteratorResult<unknown, unknown>;
      try {
        step = arrival.failed ? this.#generator.throw(arrival.value) : this.#generator.next(arrival.value);
      } catch (error) {
        return this.#end(true, error);
      }
      if (step.done === true) return this.#end(false, step.value);
      arrival = this.#wait(step.value);
    }
    this.#stepping = false;
    return undefined;
  }

  /** Begins to wait for what was yielded; gives back what it comes to, if that is there at once. */
  #wait(yielded: unknown): Arrival | undefined {
    try {
      if (!isThenable(yielded)) return { failed: false, value: yielded };
      this.#awaited = Deferred.fromPromise(yielded);
    } catch (error) {
      // Reading `then` may throw.
      return { failed: true, value: toError(error) };
    }
    if (this.#awaited === this.#result) return { failed: true, value: new CircularDeferredError() };
    this.#awaited.add(OBSERVE, this);
    if (this.#cancelled) this.#cutShort();
    const arrival = this.#arrival;
    this.#arrival = undefined;
    return arrival;
  }

  #end(failed: boolean, value: unknown): Chain | undefined {
    if (!this.#result.called) {
      this.#result.prime(failed, value);
      return this.#result;
    }
    // Somebody else has fired it, and nobody is left to take this.
    fail(failed ? value : new AlreadyCalledError());
    return undefined;
  }

  #newResult(): Deferred<unknown> {
    return new Deferred<unknown>((result) => this.#cancel(result));
  }

  #cancel(result: Deferred<unknown>): void {
    if (this.#awaited === undefined) this.#cancelled = true;
    else this.#awaited.cancel();
    if (result.called) return;
    // The generator does not end yet. What it will come to is waited for, and can be cancelled again.
    this.#result = this.#newResult();
    result.callback(this.#result);
  }

  #cutShort(): void {
    this.#cancelled = false;
    try {
      this.#awaited?.cancel();
    } catch (error) {
      // The cancel is long over, and nobody is left to throw this to.
      fail(error);
    }
  }
}

function isGenerator(value: any): value is Generator<unknown, unknown, unknown> {
  return typeof value?.next === 'function' && typeof value.throw === 'function';
}
