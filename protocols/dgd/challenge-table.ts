/**
 * Who waits for which bytes, found in one step however many there are. Challenges are compared as bytes, all of them, and never
 * as text: the key has a character for each byte.
 */
import { ChallengeError, ChallengeInUseError } from './errors.js';

/** The most bytes that a driver of DGD reads of a datagram. */
export const LONGEST_CHALLENGE = 8192;

export class ChallengeTable<T extends object> {
  readonly #holders = new Map<string, T>();

  /** How many challenges are pending. */
  get size(): number {
    return this.#holders.size;
  }

  /** @throws ChallengeError for a length outside 1…8192. @throws ChallengeInUseError for one that is pending. */
  add(challenge: Buffer, holder: T): void {
    if (challenge.length < 1 || challenge.length > LONGEST_CHALLENGE) {
      throw new ChallengeError(`A challenge has 1 to ${LONGEST_CHALLENGE} bytes, not ${challenge.length}`);
    }
    const key = keyOf(challenge);
    if (this.#holders.has(key)) throw new ChallengeInUseError();
    this.#holders.set(key, holder);
  }

  /** Who waits for a datagram of these bytes. */
  find(data: Buffer): T | undefined {
    if (data.length < 1 || data.length > LONGEST_CHALLENGE) return undefined;
    return this.#holders.get(keyOf(data));
  }

  remove(challenge: Buffer): void {
    this.#holders.delete(keyOf(challenge));
  }
}

function keyOf(bytes: Buffer): string {
  return bytes.toString('latin1');
}
