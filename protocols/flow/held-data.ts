/// <reference types="node" preserve="true" />
/**
 * Data that have come before anybody can take them: at most 64 datagrams and 64 KiB. What does not fit is not taken.
 */

const MOST_DATAGRAMS = 64;
const MOST_BYTES = 65536;

export class HeldData {
  readonly #datagrams: Buffer[] = [];
  #bytes = 0;

  get size(): number {
    return this.#datagrams.length;
  }

  /** Keeps a datagram, if there is room. */
  push(data: Buffer): boolean {
    if (this.#datagrams.length === MOST_DATAGRAMS || this.#bytes + data.length > MOST_BYTES) return false;
    this.#datagrams.push(data);
    this.#bytes += data.length;
    return true;
  }

  /** The oldest one. */
  shift(): Buffer | undefined {
    const data = this.#datagrams.shift();
    this.#bytes -= data?.length ?? 0;
    return data;
  }
}
