/**
 * A limit on guessing: each source address has so many attempts a second, and when they are used up its datagrams are not
 * looked at. The table of sources is bounded; the source that has been silent longest makes room for a new one.
 */
import type { ReactorTime } from '../../lib/interfaces.js';

/** Sources remembered. */
const MOST_SOURCES = 4096;

export class AttemptLimit {
  readonly #clock: ReactorTime;
  readonly #perSecond: number;
  /** In the order of their last attempt. */
  readonly #sources = new Map<string, { left: number; at: number }>();

  constructor(clock: ReactorTime, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Whether a source has an attempt left. */
  allows(host: string): boolean {
    const source = this.#sources.get(host);
    return source === undefined || this.#leftOf(source) >= 1;
  }

  /** An attempt of a source was wrong. */
  spend(host: string): void {
    const source = this.#sources.get(host);
    const left = (source === undefined ? this.#perSecond : this.#leftOf(source)) - 1;
    this.#sources.delete(host);
    this.#sources.set(host, { left, at: this.#clock.seconds() });
    if (this.#sources.size > MOST_SOURCES) this.#sources.delete(this.#sources.keys().next().value!);
  }

  #leftOf({ left, at }: { left: number; at: number }): number {
    return Math.min(this.#perSecond, left + (this.#clock.seconds() - at) * this.#perSecond);
  }
}
