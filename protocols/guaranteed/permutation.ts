/**
 * A permutation of the 32-bit numbers that only its key tells: Speck with blocks of 32 and keys of 64 bits (Beaulieu et
 * al., 2013), a generalised Feistel network of 22 rounds. Its inverse is not needed.
 *
 * A block of 32 bits hides nothing from somebody who collects billions of them. It is to keep those who see a few from
 * naming the next one.
 */

const ROUNDS = 22;

export class Permutation {
  readonly #keys = new Uint16Array(ROUNDS);

  /** @throws RangeError unless the key is of 8 bytes. */
  constructor(key: Uint8Array) {
    if (key.length !== 8) throw new RangeError(`A key is of 8 bytes, not ${key.length}`);
    // Words from the last to the first, as the specification prints them.
    const [l2 = 0, l1 = 0, l0 = 0, k = 0] = [0, 2, 4, 6].map((i) => (key[i]! << 8) | key[i + 1]!);
    const l = [l0, l1, l2];
    this.#keys[0] = k;
    for (let i = 0; i < ROUNDS - 1; i++) {
      const next = ((this.#keys[i]! + rotateRight(l[i]!, 7)) & 0xffff) ^ i;
      l.push(next);
      this.#keys[i + 1] = rotateLeft(this.#keys[i]!, 2) ^ next;
    }
  }

  /** The image of a number, 0…2^32 − 1. */
  of(value: number): number {
    let x = (value >>> 16) & 0xffff;
    let y = value & 0xffff;
    for (let i = 0; i < ROUNDS; i++) {
      x = ((rotateRight(x, 7) + y) & 0xffff) ^ this.#keys[i]!;
      y = rotateLeft(y, 2) ^ x;
    }
    return ((x << 16) | y) >>> 0;
  }
}

function rotateRight(word: number, bits: number): number {
  return ((word >>> bits) | (word << (16 - bits))) & 0xffff;
}

function rotateLeft(word: number, bits: number): number {
  return ((word << bits) | (word >>> (16 - bits))) & 0xffff;
}
