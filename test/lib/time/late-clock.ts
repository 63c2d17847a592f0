import type { ReactorTime } from '../../../lib/interfaces.js';
import type { DelayedCall } from '../../../lib/time/delayed-call.js';
import { TimerQueue } from '../../../lib/time/timer-queue.js';

/** A clock that, like a real reactor, may come late: time moves first, then all that fell due runs, in one turn. */
export class LateClock implements ReactorTime {
  #now: number;
  readonly #queue: TimerQueue = new TimerQueue(
    () => this.#now,
    () => {},
  );

  constructor(start: number = 0) {
    this.#now = start;
  }

  seconds(): number {
    return this.#now;
  }

  callLater<A extends unknown[]>(delay: number, f: (...args: A) => unknown, ...args: A): DelayedCall {
    return this.#queue.schedule(delay, f, args);
  }

  getDelayedCalls(): DelayedCall[] {
    return this.#queue.active();
  }

  /** Time passes and nothing runs: some code takes long. */
  pass(seconds: number): void {
    this.#now += seconds;
  }

  /** One turn of the loop. */
  turn(): void {
    this.#queue.runDue(this.#now, (call) => call.run());
  }

  /** The loop comes to its turn only after this time. */
  jump(seconds: number): void {
    this.pass(seconds);
    this.turn();
  }
}
