/**
 * Happy Eyeballs, version 2 (RFC 8305): a host has several addresses, some of which may not work; connect to whichever
 * works, soon. It knows no sockets: looking up and connecting are given to it.
 *
 *     resolving --addresses of IPv6, or of IPv4 and none of IPv6 a moment later--> trying --one is connected--> won
 *         \--no address----------------------------------------------------------------\--all have failed--> over
 *
 * Section 3: both families are looked up at once, and neither waits for the other, but for 50 ms in favour of IPv6.
 * Section 5: attempts begin one after the other, some time apart, or at once when one has failed; those begun go on. What
 * is looked up late joins in. The first connection ends all other attempts.
 *
 * Left out: a history of what worked before, and DNS64.
 */
import { Deferred } from '../../lib/deferred/index.js';
import { ConnectError, DNSLookupError } from '../../lib/errors.js';
import type { ReactorTime } from '../../lib/interfaces.js';
import { ConnectionRefusedError, ConnectTimeoutError } from '../../lib/stream-errors.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import { AddressQueue } from './address-queue.js';

/** Seconds that IPv4 addresses wait for those of IPv6: RFC 8305's Resolution Delay. */
const RESOLUTION_DELAY = 0.05;

/** What is to be connected, and how. */
export interface HappyEyeballsSpec<T> {
  readonly clock: ReactorTime;
  /** The families to look up: 6 and 4, or one of them. */
  readonly families: readonly (4 | 6)[];
  /** Seconds between the beginnings of two attempts. */
  readonly attemptDelay: number;
  lookUp(family: 4 | 6): Deferred<string[]>;
  /** Begins an attempt, which calls `won` when it is connected; its result may come later. */
  connect(address: string, won: () => void): Deferred<T>;
}

/** Has the result of the attempt that was connected first. To cancel it ends everything. */
export function happyEyeballs<T>(spec: HappyEyeballsSpec<T>): Deferred<T> {
  const race = new HappyEyeballs(spec);
  race.start();
  return race.result;
}

class HappyEyeballs<T> {
  readonly result: Deferred<T> = new Deferred(() => this.#stop());
  readonly #spec: HappyEyeballsSpec<T>;
  readonly #addresses = new AddressQueue();
  readonly #lookups = new Map<4 | 6, Deferred<string[]>>();
  readonly #attempts = new Set<Attempt>();
  readonly #failures: Error[] = [];
  #state: 'resolving' | 'trying' | 'won' | 'over' = 'resolving';
  /** Tells when to begin the first attempt, or the next one. While trying and not active: as soon as there is an address. */
  #timer: DelayedCall | undefined;

  constructor(spec: HappyEyeballsSpec<T>) {
    this.#spec = spec;
  }

  start(): void {
    for (const family of this.#spec.families) this.#lookups.set(family, this.#spec.lookUp(family));
    for (const [family, lookup] of [...this.#lookups]) {
      lookup.addCallbacks(
        (addresses) => this.#answered(family, addresses),
        (error) => this.#answered(family, [], error),
      );
    }
  }

  #answered(family: 4 | 6, addresses: string[], error?: Error): void {
    this.#lookups.delete(family);
    if (this.#ended) return;
    if (error !== undefined) this.#failures.push(error);
    this.#addresses.add(addresses);
    if (this.#state === 'trying') {
      if (!this.#timer?.active()) this.#next();
    } else if (!this.#lookups.has(6)) {
      this.#try();
    } else if (!this.#addresses.empty) {
      this.#timer = this.#spec.clock.callLater(RESOLUTION_DELAY, () => this.#try());
    }
  }

  #try(): void {
    this.#state = 'trying';
    this.#next();
  }

  /** Begins the next attempt; without an address, waits for one, or gives up where there is nothing to wait for. */
  #next(): void {
    if (this.#timer?.active()) this.#timer.cancel();
    const address = this.#addresses.take();
    if (address !== undefined) {
      this.#timer = this.#spec.clock.callLater(this.#spec.attemptDelay, () => this.#next());
      this.#attempt(address);
    } else if (this.#attempts.size === 0 && this.#lookups.size === 0) {
      this.#state = 'over';
      this.result.errback(mostTelling(this.#failures));
    }
  }

  #attempt(address: string): void {
    const attempt: Attempt = { made: undefined };
    this.#attempts.add(attempt);
    const made = this.#spec.connect(address, () => this.#win(attempt));
    attempt.made = made;
    made.addCallbacks(
      (value) => {
        this.#win(attempt);
        if (!this.#attempts.delete(attempt)) return;
        this.#state = 'over';
        this.result.callback(value);
      },
      (error) => {
        if (!this.#attempts.delete(attempt)) return;
        if (this.#state === 'trying') {
          this.#failures.push(error);
          this.#next();
        } else {
          this.#state = 'over';
          this.result.errback(error);
        }
      },
    );
  }

  /** One is connected: only its end counts from here on. */
  #win(attempt: Attempt): void {
    if (this.#state !== 'trying') return;
    this.#state = 'won';
    this.#attempts.delete(attempt);
    this.#cancelAll();
    this.#attempts.add(attempt);
  }

  #stop(): void {
    this.#state = 'over';
    this.#cancelAll();
  }

  #cancelAll(): void {
    if (this.#timer?.active()) this.#timer.cancel();
    for (const lookup of [...this.#lookups.values()]) lookup.cancel();
    const attempts = [...this.#attempts];
    this.#attempts.clear(); // their results are nothing to us any more
    for (const { made } of attempts) made?.cancel();
  }

  get #ended(): boolean {
    return this.#state === 'won' || this.#state === 'over';
  }
}

/** An attempt that was begun; `made` is there once `connect` has returned. */
interface Attempt {
  made: Deferred<unknown> | undefined;
}

/** The error that tells most of why a host can't be reached: from what it says itself to what is missing here. */
function mostTelling(failures: readonly Error[]): Error {
  return failures.reduce((best, each) => (weightOf(each) > weightOf(best) ? each : best));
}

function weightOf(error: Error): number {
  const code = (error.cause as { code?: unknown } | undefined)?.code;
  if (error instanceof DNSLookupError) return code === undefined || code === 'ENOTFOUND' ? 0 : 1;
  if (error instanceof ConnectError) return code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL' ? 2 : 3;
  if (error instanceof ConnectTimeoutError) return 4;
  if (error instanceof ConnectionRefusedError) return 5;
  return 6; // what the program has thrown
}
