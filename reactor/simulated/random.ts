/// <reference types="node" preserve="true" />
/**
 * Chance decided by a seed: the sfc32 generator (Chris Doty-Humphrey's Small Fast Counting), on 32-bit integers only,
 * so that every platform draws the same numbers. Not for secrets.
 */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Equal seeds, equal numbers; 7 and '7' are equal seeds. */
  constructor(seed: number | string) {
    // FNV-1a over the text, thrice with different starts, then some rounds to mix.
    const text = String(seed);
    this.#a = hash(text, 0x811c9dc5);
    this.#b = hash(text, this.#a ^ 0x9e3779b9);
    this.#c = hash(text, this.#b ^ 0x85ebca6b);
    for (let i = 0; i < 15; i++) this.next();
  }

  /** An integer of 32 bits, 0…4294967295. */
  next(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + result) | 0;
    return result >>> 0;
  }

  /** A number, 0 or more and less than 1, with 53 bits of chance. */
  random(): number {
    return ((this.next() >>> 5) * 0x4000000 + (this.next() >>> 6)) / 0x20000000000000;
  }

  /** An integer, 0 or more and less than `limit`; `limit` at most 2^32. */
  below(limit: number): number {
    return Math.floor((this.next() / 0x100000000) * limit);
  }

  bytes(size: number): Buffer {
    const bytes = Buffer.alloc(size);
    for (let i = 0; i < size; i += 4) {
      const word = this.next();
      for (let j = i; j < size && j < i + 4; j++) bytes[j] = word >>> (8 * (j - i));
    }
    return bytes;
  }
}

function hash(text: string, start: number): number {
  let h = start | 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}
