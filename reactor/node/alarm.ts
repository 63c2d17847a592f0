/**
 * One Node timer for all timed calls of a reactor. It may ring early (the owner looks again and sets it anew), never
 * late because of anything here.
 *
 * The timer is kept when a later alarm replaces an earlier one, and only loses its hold on the process when there is
 * none: so a call that is scheduled and cancelled over and over does not make a Node timer each time.
 */
export class Alarm {
  readonly #setTimeout = globalThis.setTimeout;
  readonly #clearTimeout = globalThis.clearTimeout;
  readonly #setImmediate = globalThis.setImmediate;
  readonly #clearImmediate = globalThis.clearImmediate;
  readonly #now: () => number;
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  /** The time the timer is set for; Infinity when there is no timer. */
  #at = Infinity;
  #held = false;

  constructor(now: () => number, ring: () => void) {
    this.#now = now;
    this.#ring = ring;
  }

  /** Rings at `t` seconds of the clock, or before, in a later turn. Infinity: not at all. */
  set(t: number): void {
    if (t === Infinity) {
      if (this.#held) this.#hold(false);
      return;
    }
    if (t >= this.#at) {
      if (!this.#held) this.#hold(true);
      return;
    }
    this.#clear();
    const milliseconds = (t - this.#now()) * 1000;
    this.#at = t;
    this.#held = true;
    // Due already: by the next immediate or by a timer of 0 ms, whichever this process gets to first.
    if (milliseconds <= 0) this.#immediate = this.#setImmediate(this.#rang);
    this.#timer = this.#setTimeout(this.#rang, Math.min(Math.max(Math.ceil(milliseconds - ROUNDING), 0), LONGEST));
  }

  readonly #rang = (): void => {
    this.#clear();
    this.#ring();
  };

  #clear(): void {
    if (this.#timer !== undefined) this.#clearTimeout(this.#timer);
    if (this.#immediate !== undefined) this.#clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
    this.#at = Infinity;
    this.#held = false;
  }

  #hold(held: boolean): void {
    this.#held = held;
    if (held) {
      this.#timer?.ref();
      this.#immediate?.ref();
    } else {
      this.#timer?.unref();
      this.#immediate?.unref();
    }
  }
}

/** The most milliseconds that a Node timer can wait; with more it fires at once. */
const LONGEST = 0x7fffffff;

/** Milliseconds by which a difference of two times may be too large for its last binary digit. */
const ROUNDING = 1e-6;
