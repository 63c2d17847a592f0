/**
 * A clock that is moved by hand, for tests: a ReactorTime on which time passes in `advance` only, and then from one due
 * call to the next, so that each call sees its own time.
 *
 * A call that schedules another for the same instant is legal, without end it would hold time for ever. So generations
 * are counted: a call scheduled by a running call for the instant that is, is one generation after it. Calls scheduled
 * from outside are of the first, however many they are.
 */
import type { ReactorTime } from '../interfaces.js';
import { checkDelay, type DelayedCall } from './delayed-call.js';
import { EndlessChainError, ReentrantCallError } from './errors.js';
import { TimerQueue } from './timer-queue.js';

const GENERATIONS = 100_000;

/** A fake clock. All times are seconds. */
export class Clock implements ReactorTime {
  #now: number;
  #stepping = false;
  readonly #queue: TimerQueue = new TimerQueue(
    () => this.#now,
    () => {},
  );

  /** `start` is what the clock shows at first. @throws RangeError when it is not finite. */
  constructor(start: number = 0) {
    if (!Number.isFinite(start)) throw new RangeError(`Clock: ${String(start)} is not a finite number of seconds`);
    this.#now = start;
  }

  /** What the clock shows; while a call runs, the time it was due at. */
  seconds(): number {
    return this.#now;
  }

  /**
   * Calls `f(...args)` in the `advance` that reaches `delay` seconds from now. Calls due at the same instant run in the
   * order in which they were scheduled.
   * @throws RangeError when `delay` is negative or not finite.
   */
  callLater<A extends unknown[]>(delay: number, f: (...args: A) => unknown, ...args: A): DelayedCall {
    return this.#queue.schedule(delay, f, args);
  }

  /** The active calls, by due time: a copy. */
  getDelayedCalls(): DelayedCall[] {
    return this.#queue.active();
  }

  /**
   * Lets `seconds` pass and makes the calls that fall due, also those scheduled by them. What calls throw is thrown at the
   * end, after all of them: itself, or in an AggregateError when it is more than one.
   * @throws RangeError when `seconds` is negative or not finite.
   * @throws ReentrantCallError from inside a call that the clock is making.
   * @throws EndlessChainError, among what calls throw, where calls schedule calls for one and the same instant more than
   *   100 000 generations deep. The call at which the chain was cut is cancelled.
   */
  advance(seconds: number): void {
    this.#pass('advance', [seconds]);
  }

  /** Advances by each of `steps`; what calls throw is thrown after the last. @throws as `advance` does. */
  pump(steps: Iterable<number>): void {
    this.#pass('pump', [...steps]);
  }

  /** When the next call is due; Infinity when there is none. @internal */
  nextTime(): number {
    return this.#queue.dueTime;
  }

  /**
   * Makes the earliest call that is due by the time `limit`, at its time. When there is none, the clock goes on to `limit`
   * and the answer is false. What the call throws, and an EndlessChainError, is thrown on; the next step is legal then.
   * @internal
   */
  step(limit: number): boolean {
    if (this.#stepping) throw new ReentrantCallError('step');
    const queue = this.#queue;
    const call = queue.first();
    if (call === undefined || call.time > limit) {
      if (limit > this.#now && limit !== Infinity) this.#now = limit;
      queue.generation = -1;
      return false;
    }
    if (call.generation >= GENERATIONS) {
      const error = new EndlessChainError(call, GENERATIONS);
      call.cancel();
      throw error;
    }
    queue.shift();
    this.#now = call.time;
    queue.generation = call.generation;
    this.#stepping = true;
    try {
      call.run();
    } finally {
      this.#stepping = false;
    }
    return true;
  }

  #pass(method: string, steps: number[]): void {
    if (this.#stepping) throw new ReentrantCallError(method);
    for (const seconds of steps) checkDelay(method, seconds);
    const errors: unknown[] = [];
    for (const seconds of steps) {
      const limit = this.#now + seconds;
      for (let more = true; more;) {
        try {
          more = this.step(limit);
        } catch (error) {
          errors.push(error);
        }
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} timed calls failed`);
  }
}
