/**
 * Spreads what the window lets through over the round trip: a bucket that fills at a rate, and is emptied by what leaves.
 * A bucket, because timers are coarse: what a few milliseconds bring in may leave together.
 */

const LEAST_BURST = 16;
/** Seconds whose share may leave together: more than a timer is late. */
const SLACK = 0.004;
/** Seconds: what a timer can wait, and more than the last digits of a sum may be wrong by. */
const LEAST_WAIT = 0.001;

export class Pacer {
  #level = LEAST_BURST;
  #at = -Infinity;

  /** Seconds to wait before something may leave at this rate per second; 0: now. */
  wait(now: number, rate: number): number {
    if (this.#at === -Infinity) this.#at = now;
    this.#level = Math.min(this.#level + (now - this.#at) * rate, Math.max(LEAST_BURST, rate * SLACK));
    this.#at = now;
    return this.#level >= 1 ? 0 : Math.max((1 - this.#level) / rate, LEAST_WAIT);
  }

  /** So much has left. The level may fall below nothing: something large leaves as a whole, and is waited for after. */
  left(weight: number): void {
    this.#level -= weight;
  }
}
