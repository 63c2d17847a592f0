/**
 * How a test lets a simulation happen: event by event, with or without the promise jobs between them. What hosts could
 * not give to an `error` listener is kept and thrown at the end, with the seed; later events still run.
 */
import { toError } from '../../lib/errors.js';
import type { Origin } from '../../lib/interfaces.js';
import type { Clock } from '../../lib/time/clock.js';
import { ReentrantCallError } from '../../lib/time/errors.js';
import { promiseJobs } from '../node/simulation-host.js';
import { SimulationTimeoutError } from './errors.js';

/** Seconds after which `runUntilIdle` gives up: a network with a repeating call is never idle. */
const IDLE_TIMEOUT = 3600;

export class Driving {
  readonly #clock: Clock;
  readonly #seed: number | string;
  readonly #pending: () => string[];
  /** The method that is driving. */
  #method: string | undefined;
  #errors: Error[] = [];

  constructor(clock: Clock, seed: number | string, pending: () => string[]) {
    this.#clock = clock;
    this.#seed = seed;
    this.#pending = pending;
  }

  advance(seconds: number): void {
    const limit = this.#limit('advance', seconds);
    this.#drive('advance', () => {
      while (this.#step(limit));
    });
  }

  runUntil(condition: () => boolean, timeout: number): void {
    const limit = this.#limit('runUntil', timeout);
    this.#drive('runUntil', () => {
      while (!condition()) {
        if (!this.#step(limit) && !condition()) throw this.#timedOut('The condition is not met', timeout);
      }
    });
  }

  runUntilIdle(timeout: number = IDLE_TIMEOUT): void {
    const limit = this.#limit('runUntilIdle', timeout);
    this.#drive('runUntilIdle', () => {
      while (!this.#idle()) if (!this.#step(limit)) throw this.#timedOut('The network is not idle', timeout);
    });
  }

  advanceAsync(seconds: number): Promise<void> {
    const limit = this.#limit('advanceAsync', seconds);
    return this.#driveAsync('advanceAsync', async () => {
      await this.#stepsAsync(limit);
      this.#step(limit);
    });
  }

  runUntilAsync(condition: () => boolean, timeout: number): Promise<void> {
    const limit = this.#limit('runUntilAsync', timeout);
    return this.#driveAsync('runUntilAsync', async () => {
      for (;;) {
        await promiseJobs();
        if (condition()) return;
        if (this.#clock.nextTime() > limit) break;
        this.#step(limit);
      }
      this.#step(limit);
      if (!condition()) throw this.#timedOut('The condition is not met', timeout);
    });
  }

  runUntilIdleAsync(timeout: number = IDLE_TIMEOUT): Promise<void> {
    const limit = this.#limit('runUntilIdleAsync', timeout);
    return this.#driveAsync('runUntilIdleAsync', async () => {
      await this.#stepsAsync(limit);
      if (!this.#idle()) throw this.#timedOut('The network is not idle', timeout);
    });
  }

  settle(): Promise<void> {
    return this.#driveAsync('settle', () => this.#stepsAsync(this.#clock.seconds()));
  }

  /** Takes an error that no listener took. Where nothing drives, nobody could throw it: it is an unhandled rejection. */
  caught(error: Error, _origin: Origin): void {
    if (this.#method !== undefined) this.#errors.push(error);
    else void Promise.reject(this.seeded(error));
  }

  /** The error, its message ending with the seed. */
  seeded(thrown: unknown): Error {
    const error = toError(thrown);
    const suffix = ` (seed ${this.#seed}; PLAIT_SEED=${this.#seed} repeats it)`;
    if (error.message.endsWith(suffix)) return error;
    const { message, stack } = error;
    try {
      error.message = message + suffix;
      // The stack has the message as it was.
      if (stack?.includes(message)) error.stack = stack.replace(message, () => message + suffix);
    } catch {
      // An error that can't be changed is thrown as it is.
    }
    return error;
  }

  #drive(method: string, steps: () => void): void {
    this.#enter(method);
    try {
      steps();
    } catch (error) {
      this.#errors.push(toError(error));
    }
    this.#leave();
  }

  async #driveAsync(method: string, steps: () => Promise<void>): Promise<void> {
    this.#enter(method);
    try {
      await steps();
    } catch (error) {
      this.#errors.push(toError(error));
    }
    this.#leave();
  }

  #enter(method: string): void {
    if (this.#method !== undefined) throw this.seeded(new ReentrantCallError(method));
    this.#method = method;
  }

  #leave(): void {
    this.#method = undefined;
    const errors = this.#errors;
    this.#errors = [];
    if (errors.length === 1) throw this.seeded(errors[0]);
    if (errors.length > 1) throw this.seeded(new AggregateError(errors, summary(errors)));
  }

  /** One event, if there is one by then; otherwise the clock goes there. */
  #step(limit: number): boolean {
    try {
      return this.#clock.step(limit);
    } catch (error) {
      this.#errors.push(toError(error));
      return true;
    }
  }

  /** Events and the promise jobs between them, until there is neither by that time. */
  async #stepsAsync(limit: number): Promise<void> {
    for (;;) {
      await promiseJobs();
      if (this.#clock.nextTime() > limit) return;
      this.#step(limit);
    }
  }

  #idle(): boolean {
    return this.#clock.nextTime() === Infinity;
  }

  #limit(method: string, seconds: number): number {
    if (!(seconds >= 0 && seconds < Infinity)) {
      throw this.seeded(new RangeError(`${method}: ${String(seconds)} is not a finite number of seconds, 0 or more`));
    }
    return this.#clock.seconds() + seconds;
  }

  #timedOut(what: string, timeout: number): SimulationTimeoutError {
    return new SimulationTimeoutError(what, timeout, this.#pending());
  }
}

function summary(errors: Error[]): string {
  return `${errors.length} errors: ${errors.map((error) => error.message).join('; ')}`;
}
