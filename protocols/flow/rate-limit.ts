/**
 * How many requests a second each address may make, by the generic cell rate algorithm: one number for each address,
 * the time until which its allowance is used up. An address that has used nothing of it has no entry.
 *
 * The table is bounded. When it is full, the address that was heard longest ago is forgotten, and begins anew.
 */

/** Addresses that are remembered at most. */
const CAPACITY = 4096;

export class RateLimit {
  /** Seconds of allowance that a request uses up … */
  readonly #cost: number;
  /** … and that may be used up already when it comes. */
  readonly #tolerance: number;
  readonly #capacity: number;
  /** In the order in which they were heard last. */
  readonly #usedUpTo = new Map<string, number>();

  /** `rate`: requests a second, more than 0; a second's worth of them, or one, may come at once. */
  constructor(rate: number, capacity: number = CAPACITY) {
    this.#cost = 1 / rate;
    // A little more than it should be, so that sums of fractions do not forbid the last one.
    this.#tolerance = Math.max(1 - this.#cost, 0) + this.#cost / 1000;
    this.#capacity = capacity;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#usedUpTo.size;
  }

  /** Whether an address may make a request now; if so, it is counted. */
  admits(address: string, now: number): boolean {
    const used = Math.max(this.#usedUpTo.get(address) ?? now, now);
    if (used - now > this.#tolerance) return false;
    this.#usedUpTo.delete(address);
    this.#forget(now);
    this.#usedUpTo.set(address, used + this.#cost);
    return true;
  }

  /** Those that have their whole allowance again, from the front, and one in any case if there is no room. */
  #forget(now: number): void {
    for (const [address, used] of this.#usedUpTo) {
      if (used > now && this.#usedUpTo.size < this.#capacity) return;
      this.#usedUpTo.delete(address);
    }
  }
}
