/** Timed calls. All times are seconds. */
import type { DelayedCall, ReactorTime } from 'plait';

// region idle
/** Calls `expired` once nothing has happened for `seconds`. */
export class IdleTimer {
  readonly #call: DelayedCall;
  readonly #seconds: number;

  constructor(clock: ReactorTime, seconds: number, expired: () => void) {
    this.#seconds = seconds;
    this.#call = clock.callLater(seconds, expired);
  }

  /** Something has happened: the time begins anew. */
  touch(): void {
    if (this.#call.active()) this.#call.reset(this.#seconds);
  }

  stop(): void {
    if (this.#call.active()) this.#call.cancel();
  }
}
// endregion
