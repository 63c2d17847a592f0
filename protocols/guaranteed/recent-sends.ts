/**
 * To whom the messages went that are over: a peer whose ACK was lost goes on sending RECV, and is answered as long as it is
 * known here. Two generations, as in the memory of duplicates; here nothing is lost but an answer when one goes early.
 */

const GENERATION_SIZE = 32768;
/** Seconds. */
const GENERATION_TIME = 60;

export class RecentSends {
  #young = new Map<number, string>();
  #old = new Map<number, string>();
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  /** A message is over that went to the peer of that key. */
  note(identity: number, peer: string, now: number): void {
    if (this.#young.size >= GENERATION_SIZE || now - this.#since >= GENERATION_TIME) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#since = now;
    }
    this.#young.set(identity | 0, peer);
  }

  /** The key of the peer that a message went to. */
  peerOf(identity: number): string | undefined {
    return this.#young.get(identity | 0) ?? this.#old.get(identity | 0);
  }
}
