/**
 * A time limit that begins anew whenever something happens: a peer that says nothing for a minute, say.
 *
 *     off      set(seconds) → waiting
 *     waiting  reset, set(seconds) → waiting, anew · the time is over, cancel, set(undefined) → off
 *
 * `reset` is made for each chunk that arrives: it notes the time, and moves no timer. When the timer is due it looks
 * whether the time really is over, and waits for the rest otherwise.
 */
import type { ReactorTime } from '../interfaces.js';
import { checkDelay, type DelayedCall } from './delayed-call.js';

/** Calls a function when nothing was heard for so many seconds. */
export class IdleTimeout {
  readonly #clock: ReactorTime;
  readonly #onTimeout: () => unknown;
  #seconds: number | undefined;
  /** When the time is over. */
  #deadline = 0;
  /** While waiting; due at the deadline or before. */
  #call: DelayedCall | undefined;

  /**
   * Begins to wait, unless `seconds` is undefined. What `onTimeout` throws, or the failure of what it returns, goes where
   * that of any timed call goes.
   * @throws RangeError when `seconds` is negative or not finite.
   */
  constructor(clock: ReactorTime, seconds: number | undefined, onTimeout: () => unknown) {
    this.#clock = clock;
    this.#onTimeout = onTimeout;
    this.set(seconds);
  }

  /** The limit in seconds, as it was set last; undefined where there is none. */
  get seconds(): number | undefined {
    return this.#seconds;
  }

  /** Whether the time is running: not when it is over, or was cancelled. */
  get active(): boolean {
    return this.#call !== undefined;
  }

  /** Something has happened: the time begins anew. No effect unless it is running. */
  reset(): void {
    if (this.#call !== undefined) this.#deadline = this.#clock.seconds() + this.#seconds!;
  }

  /**
   * Sets another limit, or none, and begins anew; also when the time was over before. Gives the limit before.
   * @throws RangeError when `seconds` is negative or not finite.
   */
  set(seconds: number | undefined): number | undefined {
    if (seconds !== undefined) checkDelay('IdleTimeout', seconds);
    const before = this.#seconds;
    this.cancel();
    this.#seconds = seconds;
    if (seconds !== undefined) {
      this.#deadline = this.#clock.seconds() + seconds;
      this.#call = this.#clock.callLater(seconds, this.#due);
    }
    return before;
  }

  /** Stops waiting. Harmless when it does not wait. To be called in `connectionLost`: a timer keeps the process alive. */
  cancel(): void {
    if (this.#call?.active()) this.#call.cancel();
    this.#call = undefined;
  }

  readonly #due = (): unknown => {
    const now = this.#clock.seconds();
    const rest = this.#deadline - now;
    // A real clock may show a last bit less than what it was asked for.
    if (rest > CLOCK_ERROR) {
      // Rounded down: it is due at the deadline or before, never after.
      this.#call = this.#clock.callLater(
        now + rest > this.#deadline ? rest * (1 - 2 * Number.EPSILON) : rest,
        this.#due,
      );
      return;
    }
    this.#call = undefined;
    return this.#onTimeout();
  };
}

/** Seconds within which two times are the same. */
const CLOCK_ERROR = 1e-9;
