/**
 * A function that is called again and again, on a grid: at start + k × interval. A late call does not shift the ones
 * after it, and grid points missed altogether are skipped, not made up for.
 *
 * States, and what leads from one to another:
 *
 *     idle      start → calling, or waiting (without `now`)
 *     waiting   due → calling · stop, cancel → idle
 *     calling   f has returned, and what it returned has fired → waiting · it failed → idle · stop, cancel → stopping
 *     stopping  as calling, but both → idle
 *
 * `running` is true in `waiting` and `calling`. The Deferred that `start` gave fires on the way to `idle`.
 */
import { Deferred } from '../deferred/deferred.js';
import { isThenable } from '../deferred/thenable.js';
import type { ReactorTime } from '../interfaces.js';
import { checkDelay, type DelayedCall } from './delayed-call.js';
import { LoopingCallAlreadyRunning, LoopingCallNotRunning } from './errors.js';

/** Calls `f` every so many seconds. While what `f` returned (a promise or Deferred) is pending, it is not called. */
export class LoopingCall<T = unknown> {
  readonly #clock: ReactorTime;
  readonly #f: (count: number) => T;
  #counts = false;
  #state: 'idle' | 'waiting' | 'calling' | 'stopping' = 'idle';
  #interval = 0;
  #deferred: Deferred<this> | undefined;
  /** While waiting. */
  #call: DelayedCall | undefined;
  /** While something that `f` returned is pending. */
  #pending: Deferred<unknown> | undefined;
  /** The time of grid point 0 … */
  #origin = 0;
  /** … the grid point of the call that is waited for, or was made last … */
  #point = 0;
  /** … and the last one that was counted. */
  #counted = 0;

  /** @throws TypeError when `f` is no function. */
  constructor(clock: ReactorTime, f: () => T) {
    if (typeof f !== 'function') throw new TypeError(`LoopingCall: a function is needed, not ${typeof f}`);
    this.#clock = clock;
    this.#f = f;
  }

  /**
   * A loop that tells `f` how many intervals have passed since its last call: 1, or more when grid points were skipped;
   * never 0. With interval 0 it is always 1.
   */
  static withCount(clock: ReactorTime, f: (count: number) => unknown): LoopingCall {
    const loop = new LoopingCall<unknown>(clock, f as () => unknown);
    loop.#counts = true;
    return loop;
  }

  /** Whether calls are to come: from `start` until `stop`, a failure, or the cancelling of start's Deferred. */
  get running(): boolean {
    return this.#state === 'waiting' || this.#state === 'calling';
  }

  /** Seconds between two calls, as `start` was told; 0 before. */
  get interval(): number {
    return this.#interval;
  }

  /**
   * Begins to call `f` every `interval` seconds: the first time at once and inside this call, or with `now` false after
   * one interval. Interval 0 means each turn of the reactor. The Deferred fires with this loop when it was stopped and
   * its last call is finished. It fails with what `f` throws or fails with, which ends the loop. Cancelling it stops the
   * loop, and cancels what `f` returned.
   * @throws RangeError when `interval` is negative or not finite.
   * @throws LoopingCallAlreadyRunning when it runs, or its last call is not finished.
   */
  start(interval: number, now: boolean = true): Deferred<this> {
    if (this.#state !== 'idle') throw new LoopingCallAlreadyRunning(this);
    checkDelay('start', interval);
    const deferred = new Deferred<this>(() => this.#cancelled());
    this.#deferred = deferred;
    this.#interval = interval;
    this.#origin = this.#clock.seconds();
    this.#point = 0;
    this.#counted = now ? -1 : 0;
    if (now) this.#run();
    else this.#wait();
    return deferred;
  }

  /**
   * Ends the loop. When what `f` returned is still pending, start's Deferred waits for it.
   * @throws LoopingCallNotRunning when it does not run.
   */
  stop(): void {
    if (!this.running) throw new LoopingCallNotRunning(this);
    if (this.#state === 'calling') {
      this.#state = 'stopping';
    } else {
      this.#stopWaiting();
      this.#finish()?.callback(this);
    }
  }

  /**
   * Begins the grid anew: the next call is one interval from now. (While what `f` returned is pending: as soon as it is
   * not, at a point of the new grid.)
   * @throws LoopingCallNotRunning when it does not run.
   */
  reset(): void {
    if (!this.running) throw new LoopingCallNotRunning(this);
    const now = this.#clock.seconds();
    const passed = this.#interval === 0 ? 0 : Math.max(this.#pointAt(now) - this.#counted, 0);
    this.#origin = now;
    this.#point = 0;
    this.#counted = -passed;
    if (this.#state === 'calling') return;
    this.#stopWaiting();
    this.#wait();
  }

  /** For people: the function, the interval and the state. */
  toString(): string {
    return `<LoopingCall [${this.#state}, every ${this.#interval} s] ${this.#f.name || '<anonymous>'}>`;
  }

  /** Given `f` for the sake of the DelayedCall's `toString()`. */
  readonly #tick = (_f: unknown): void => this.#run();

  #wait(): void {
    let delay = 0;
    if (this.#interval > 0) {
      const now = this.#clock.seconds();
      this.#point = Math.max(this.#point, this.#pointAt(now)) + 1;
      delay = Math.max(this.#origin + this.#point * this.#interval - now, 0);
    }
    try {
      this.#call = this.#clock.callLater(delay, this.#tick, this.#f);
      this.#state = 'waiting';
    } catch (error) {
      this.#failed(error);
    }
  }

  #stopWaiting(): void {
    if (this.#call!.active()) this.#call!.cancel();
    this.#call = undefined;
  }

  #run(): void {
    this.#state = 'calling';
    this.#call = undefined;
    let pending: Deferred<unknown> | undefined;
    try {
      const count = this.#count();
      const result = this.#counts ? this.#f(count) : (this.#f as () => T)();
      if (isThenable(result)) pending = Deferred.fromPromise(result);
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#pending = pending;
    if (pending === undefined) this.#returned();
    else {
      pending.addCallbacks(
        () => this.#returned(),
        (error) => this.#failed(error),
      );
    }
  }

  #count(): number {
    if (this.#interval === 0) return 1;
    this.#point = Math.max(this.#point, this.#pointAt(this.#clock.seconds()));
    const count = this.#point - this.#counted;
    this.#counted = this.#point;
    return count;
  }

  #returned(): void {
    this.#pending = undefined;
    if (this.#state === 'calling') this.#wait();
    else this.#finish()?.callback(this);
  }

  /** When nobody is left to be told (start's Deferred was cancelled), the error goes on to whoever made the call. */
  #failed(error: unknown): void {
    this.#pending = undefined;
    const deferred = this.#finish();
    if (deferred === undefined) throw error;
    deferred.errback(error);
  }

  /** The Deferred that is to fire, unless it has been cancelled. */
  #finish(): Deferred<this> | undefined {
    this.#state = 'idle';
    const deferred = this.#deferred!;
    this.#deferred = undefined;
    return deferred.called ? undefined : deferred;
  }

  #cancelled(): void {
    if (this.#state === 'waiting') {
      this.#stopWaiting();
      this.#state = 'idle';
      this.#deferred = undefined;
    } else {
      this.#state = 'stopping';
      this.#pending?.cancel();
    }
  }

  /**
   * The last grid point at or before `time`. The grid and the clock each add up with rounding, so a point that is off by
   * no more than that counts as reached: it would otherwise be run for twice.
   */
  #pointAt(time: number): number {
    const rounding = (8 * Number.EPSILON * Math.max(Math.abs(time), Math.abs(this.#origin))) / this.#interval;
    return Math.floor((time - this.#origin) / this.#interval + Math.min(rounding, 0.5));
  }
}
