/** The addresses of a host that are still to be tried, in the order of RFC 8305, section 4. */
import { ipFamily } from '../../lib/address.js';

/**
 * The families take turns, so that a family that does not work costs every second attempt only. Within a family the
 * order is the resolver's. IPv6 comes first. Addresses may be added while others are being tried.
 */
export class AddressQueue {
  readonly #waiting: Record<4 | 6, string[]> = { 4: [], 6: [] };
  readonly #known: Set<string> = new Set();
  #turn: 4 | 6 = 6;

  /** Adds what was not added before. */
  add(addresses: Iterable<string>): void {
    for (const address of addresses) {
      if (this.#known.has(address)) continue;
      this.#known.add(address);
      this.#waiting[ipFamily(address) === 6 ? 6 : 4].push(address);
    }
  }

  get empty(): boolean {
    return this.#waiting[4].length === 0 && this.#waiting[6].length === 0;
  }

  /** Takes the next one; undefined when there is none. */
  take(): string | undefined {
    const family = this.#waiting[this.#turn].length > 0 ? this.#turn : other(this.#turn);
    const address = this.#waiting[family].shift();
    if (address !== undefined) this.#turn = other(family);
    return address;
  }
}

function other(family: 4 | 6): 4 | 6 {
  return family === 4 ? 6 : 4;
}
