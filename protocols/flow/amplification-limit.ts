/**
 * What may be sent to an address of which nobody knows yet whether it is the sender's own: three times what came from
 * there, in bytes and in datagrams (RFC 9000 section 8.1 has the same factor). Then a forged sender gains nothing.
 * Datagrams are counted too because each has its headers: many small ones would be more than their bytes.
 */

const FACTOR = 3;

export class AmplificationLimit {
  #bytes = 0;
  #datagrams = 0;

  /** A datagram has come from there. */
  received(length: number): void {
    this.#bytes += FACTOR * length;
    this.#datagrams += FACTOR;
  }

  /** Whether a datagram may be sent there; if so, it is counted. */
  takes(length: number): boolean {
    if (length > this.#bytes || this.#datagrams === 0) return false;
    this.#bytes -= length;
    this.#datagrams--;
    return true;
  }
}
