/**
 * Whether the peer of a flow is still heard, and that it hears of us. Both are looked at by a timer that is armed anew
 * only when it rings: a datagram costs no more than a look at the clock.
 */
import type { ReactorTime } from '../../lib/interfaces.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';

/** Seconds; undefined: it does not matter. */
export interface LivenessTimes {
  /** Without anything heard. */
  readonly idleTimeout: number | undefined;
  /** Without anything said. */
  readonly keepalive: number | undefined;
}

/** What is to be done. */
export interface LivenessOwner {
  /** Nothing was heard for so long. */
  silent(): void;
  /** Nothing was said for so long. */
  speak(): void;
}

export class Liveness {
  readonly #clock: ReactorTime;
  readonly #owner: LivenessOwner;
  readonly #idle: Watch | undefined;
  readonly #quiet: Watch | undefined;

  constructor(clock: ReactorTime, { idleTimeout, keepalive }: LivenessTimes, owner: LivenessOwner) {
    this.#clock = clock;
    this.#owner = owner;
    if (idleTimeout !== undefined) this.#idle = this.#watch(idleTimeout, () => this.#owner.silent());
    if (keepalive !== undefined) this.#quiet = this.#watch(keepalive, () => this.#owner.speak());
  }

  heard(): void {
    if (this.#idle !== undefined) this.#idle.since = this.#clock.seconds();
  }

  said(): void {
    if (this.#quiet !== undefined) this.#quiet.since = this.#clock.seconds();
  }

  stop(): void {
    for (const watch of [this.#idle, this.#quiet]) if (watch?.call.active() === true) watch.call.cancel();
  }

  #watch(limit: number, f: () => void): Watch {
    const watch: Watch = { since: this.#clock.seconds(), call: this.#clock.callLater(limit, look) };
    const clock = this.#clock;
    function look(): void {
      const left = watch.since + limit - clock.seconds();
      watch.call = clock.callLater(left > 0 ? left : limit, look); // before f, which may stop it all
      if (left <= 0) f();
    }
    return watch;
  }
}

interface Watch {
  since: number;
  call: DelayedCall;
}
