/**
 * How much may be on its way to a peer: slow start from 32 to 256, a cut to 0.7 after a loss, then one more for each window
 * that got through (AIMD). The unit is a packet of the network: a message counts as many as it takes.
 *
 * Slow start ends before there is a loss where round trips tell that a queue builds up (as HyStart has it): the buffer of a
 * socket holds fewer datagrams than the largest window. And the window does not grow while the program sends less than it
 * would let through: that tells nothing about the path.
 */

const INITIAL = 32;
/** More than this is never on its way. */
export const LARGEST_WINDOW: number = 256;
const SMALLEST = 16;
const CUT = 0.7;

/** A queue builds up when the shortest of so many round trips … */
const SAMPLES = 8;
/** … is longer than the shortest ever by this share of it, and at least so many seconds. */
const QUEUE_SHARE = 0.25;
const QUEUE_SECONDS = 0.002;

export class SendWindow {
  #size = INITIAL;
  #slowStartEnd = LARGEST_WINDOW;
  #cutAt = -Infinity;
  /** What it was before the last cut, if that was not sure. */
  #uncut: { size: number; slowStartEnd: number } | undefined;
  #shortest = Infinity;
  #shortestOfSome = Infinity;
  #samples = 0;

  get size(): number {
    return Math.floor(this.#size);
  }

  /** So much has arrived, when `inFlight` was on its way. */
  arrived(weight: number, inFlight: number): void {
    if (2 * inFlight < this.#size) return;
    const growth = this.#size < this.#slowStartEnd ? weight : weight / this.#size;
    this.#size = Math.min(this.#size + growth, LARGEST_WINDOW);
  }

  /** Something sent once was answered after so many seconds. */
  sampled(roundTrip: number): void {
    this.#shortest = Math.min(this.#shortest, roundTrip);
    this.#shortestOfSome = Math.min(this.#shortestOfSome, roundTrip);
    if (++this.#samples < SAMPLES) return;
    const queueing = this.#shortestOfSome - this.#shortest;
    if (this.#size < this.#slowStartEnd && queueing >= Math.max(QUEUE_SECONDS, QUEUE_SHARE * this.#shortest)) {
      // What tells of the queue left a round trip ago, when the window was smaller.
      this.#size = this.#slowStartEnd = Math.max(this.#size * CUT, INITIAL);
    }
    this.#shortestOfSome = Infinity;
    this.#samples = 0;
  }

  /**
   * Something was not answered within `timeout` seconds, or, not so sure, was overtaken. Several losses within that time
   * are one.
   */
  lost(now: number, timeout: number, isSure: boolean): void {
    if (now - this.#cutAt < timeout) return;
    this.#cutAt = now;
    this.#uncut = isSure ? undefined : { size: this.#size, slowStartEnd: this.#slowStartEnd };
    this.#size = Math.max(this.#size * CUT, SMALLEST);
    this.#slowStartEnd = this.#size;
  }

  /** What it was cut for was only overtaken. */
  restore(): void {
    if (this.#uncut === undefined) return;
    this.#size = Math.max(this.#size, this.#uncut.size);
    this.#slowStartEnd = Math.max(this.#slowStartEnd, this.#uncut.slowStartEnd);
    this.#uncut = undefined;
  }
}
