/**
 * What names a message on the wire: 32 bits that its receiver sends back, and never checks.
 *
 * Unguessable: a counter, sent through a permutation with a random key. No two of 2^32 messages have the same, and who has
 * not seen a message cannot confirm it. Sequential: what gtUDP itself does, adler32 of the data plus a count from a random
 * start; who has seen one message can guess the next. There two messages in a row may well come to the same number ("ac",
 * then "ba"), so the count is stepped on until it names none that is still known.
 */
import type { ReactorRandom } from '../../lib/interfaces.js';
import { Permutation } from './permutation.js';

/** Names one message after the other. */
export interface Identities {
  /** 0…2^32 − 1. */
  next(data: Uint8Array): number;
}

export class UnguessableIdentities implements Identities {
  readonly #permutation: Permutation;
  #count = 0;

  constructor(random: ReactorRandom) {
    this.#permutation = new Permutation(random.randomBytes(8));
  }

  next(): number {
    this.#count = (this.#count + 1) >>> 0;
    return this.#permutation.of(this.#count);
  }
}

export class SequentialIdentities implements Identities {
  readonly #isTaken: (identity: number) => boolean;
  #count: number;

  constructor(random: ReactorRandom, isTaken: (identity: number) => boolean) {
    this.#isTaken = isTaken;
    this.#count = random.randomBytes(4).readUInt32BE();
  }

  next(data: Uint8Array): number {
    const sum = adler32(data);
    let identity: number;
    do {
      this.#count = (this.#count + 1) >>> 0;
      identity = (sum + this.#count) >>> 0;
    } while (this.#isTaken(identity));
    return identity;
  }
}

/** The checksum of RFC 1950, 0…2^32 − 1. */
export function adler32(data: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let start = 0; start < data.length; start += UNREDUCED) {
    const end = Math.min(start + UNREDUCED, data.length);
    for (let i = start; i < end; i++) b += a += data[i]!;
    a %= MODULUS;
    b %= MODULUS;
  }
  return ((b << 16) | a) >>> 0;
}

const MODULUS = 65521;
/** Bytes that can be added up before the sums pass 32 bits. */
const UNREDUCED = 5552;
