/**
 * How long to wait for a peer's answer: RFC 6298, from round trips of what was sent once only (Karn's rule: of what was
 * sent twice nobody knows which copy was answered).
 *
 * That rule alone never learns of a path that is slower than the first guess, on which everything is sent twice. So its
 * second half: after three exchanges in a row that took a resend the time doubles, and stays so until there is a clean
 * round trip. Only exchanges that began under the time that is in force count.
 */

/** Seconds to wait while nothing is known. */
const INITIAL = 0.5;
/** Seconds that a busy process may add to a round trip without its being a loss. */
const GRANULARITY = 0.05;
const IN_A_ROW = 3;

export class RttEstimator {
  readonly #floor: number;
  readonly #ceiling: number;
  #smoothed: number | undefined;
  #deviation = 0;
  #shortest = 0;
  /** Seconds that what was overtaken has taken, and a quarter more. */
  #overtaken = 0;
  #factor = 1;
  #inARow = 0;
  #doubledAt = -Infinity;

  /** The time to wait is never outside these, in seconds. */
  constructor(floor: number, ceiling: number) {
    this.#floor = floor;
    this.#ceiling = ceiling;
  }

  /** The smoothed round trip in seconds, once there was one. */
  get smoothed(): number | undefined {
    return this.#smoothed;
  }

  /** Seconds of the shortest round trip that there was; 0 while there was none. */
  get shortest(): number {
    return this.#shortest;
  }

  /** Seconds to wait before a first resend. */
  get timeout(): number {
    const estimate =
      this.#smoothed === undefined ? INITIAL : this.#smoothed + Math.max(GRANULARITY, 4 * this.#deviation);
    return Math.min(Math.max(estimate, this.#floor) * this.#factor, this.#ceiling);
  }

  /**
   * Seconds after which what was overtaken is late: most round trips are shorter, and so were those of what turned out to
   * be overtaken and not lost. Infinity while nothing is known.
   */
  get late(): number {
    if (this.#smoothed === undefined) return Infinity;
    const most = Math.max(this.#smoothed + 2 * this.#deviation, this.#overtaken);
    return Math.min(most * this.#factor, this.timeout);
  }

  /** Something sent once was answered after so many seconds. */
  sampled(roundTrip: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = roundTrip;
      this.#deviation = roundTrip / 2;
      this.#shortest = roundTrip;
    } else {
      this.#deviation += (Math.abs(this.#smoothed - roundTrip) - this.#deviation) / 4;
      this.#smoothed += (roundTrip - this.#smoothed) / 8;
      this.#shortest = Math.min(this.#shortest, roundTrip);
    }
    this.#factor = 1;
    this.#inARow = 0;
  }

  /** Something that was taken for lost was only overtaken: it was answered after so many seconds. */
  wasOvertaken(roundTrip: number): void {
    this.#overtaken = Math.max(this.#overtaken, 1.25 * roundTrip);
    this.sampled(roundTrip);
  }

  /** Something that was taken for lost was lost. */
  wasLost(): void {
    this.#overtaken *= 0.875;
  }

  /** Something that was first sent at `since` was answered at `now`, and had been sent more than once. */
  resent(since: number, now: number): void {
    if (since < this.#doubledAt || ++this.#inARow < IN_A_ROW) return;
    this.#inARow = 0;
    this.#doubledAt = now;
    if (this.timeout < this.#ceiling) this.#factor *= 2;
  }
}
