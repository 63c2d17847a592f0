/**
 * What a peer may be sent, so that nobody can have us flood a third party by lending its address (RFC 9000 has the same
 * rule):
 *
 *     stranger ── ACK of our RECV ──▶ weak ── RECV of our DATA ──▶ strong        chosen
 *         ▲                            │
 *         └── our DATA not answered ───┘
 *
 * Chosen is who was sent to before it spoke: that was the program's own decision, so nothing is limited. A stranger gets at
 * most three times what it has sent, in bytes and in datagrams. Its ACK proves little, as it carries the identity that the
 * stranger has given itself: one who lends an address can send it blindly. So until it has named one of our identities,
 * which it must have seen, one message is on its way to it at a time.
 */

export type Standing = 'chosen' | 'stranger' | 'weak' | 'strong';

const FACTOR = 3;

export class Trust {
  #standing: Standing;
  #bytesHeard = 0;
  #datagramsHeard = 0;
  #bytesSent = 0;
  #datagramsSent = 0;

  constructor(standing: 'chosen' | 'stranger') {
    this.#standing = standing;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Whether several messages may be on their way. */
  get full(): boolean {
    return this.#standing === 'chosen' || this.#standing === 'strong';
  }

  /** Whether a datagram may be sent, and one of `reserve` bytes after it, where that is not 0. */
  allows(bytes: number, reserve: number = 0): boolean {
    if (this.#standing !== 'stranger') return true;
    const datagrams = reserve === 0 ? 1 : 2;
    return (
      this.#bytesSent + bytes + reserve <= FACTOR * this.#bytesHeard &&
      this.#datagramsSent + datagrams <= FACTOR * this.#datagramsHeard
    );
  }

  heard(bytes: number): void {
    if (this.#standing !== 'stranger') return;
    this.#bytesHeard += bytes;
    this.#datagramsHeard++;
  }

  sent(bytes: number): void {
    if (this.#standing !== 'stranger') return;
    this.#bytesSent += bytes;
    this.#datagramsSent++;
  }

  /** It has answered a RECV. */
  proveWeakly(): void {
    if (this.#standing === 'stranger') this.#standing = 'weak';
  }

  /** It has answered a DATA. */
  prove(): void {
    if (this.#standing !== 'chosen') this.#standing = 'strong';
  }

  /** It has left a message of ours without an answer. What it is sent from now on it must have paid for from now on. */
  disappoint(): void {
    if (this.#standing !== 'weak') return;
    this.#standing = 'stranger';
    this.#bytesHeard = this.#datagramsHeard = this.#bytesSent = this.#datagramsSent = 0;
  }
}
