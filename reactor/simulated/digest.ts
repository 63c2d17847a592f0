/**
 * A fingerprint of a sequence of texts: 128 bits, taken in as the texts come, the same on every platform. It tells
 * traces apart, with a chance of mistake that can be forgotten; it is no protection against somebody who wants a mistake.
 *
 * The rounds are those of MurmurHash3 (x86, 128 bits; Austin Appleby, public domain), over UTF-16 code units: 32-bit
 * integer arithmetic only. The length of each text goes in before it, so that `ab`, `c` differs from `a`, `bc`.
 */
export class Digest {
  #a = 0x9368e53c | 0;
  #b = 0x2f2a9e67 | 0;
  #c = 0x5bd1e995 | 0;
  #d = 0x1b873593 | 0;
  #count = 0;

  /** Takes in one more text; the empty one counts, too. */
  add(text: string): void {
    const length = text.length;
    // Into all four words: in one of them only, a character there could make up for it.
    let a = this.#a ^ length;
    let b = this.#b ^ Math.imul(length, C2);
    let c = this.#c ^ Math.imul(length, C3);
    let d = this.#d ^ Math.imul(length, C4);
    let i = 0;
    // Eight characters a round; what is missing in the last round is zeros, which the length tells from characters.
    do {
      let k1: number, k2: number, k3: number, k4: number;
      if (i + 8 <= length) {
        k1 = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16);
        k2 = text.charCodeAt(i + 2) | (text.charCodeAt(i + 3) << 16);
        k3 = text.charCodeAt(i + 4) | (text.charCodeAt(i + 5) << 16);
        k4 = text.charCodeAt(i + 6) | (text.charCodeAt(i + 7) << 16);
      } else {
        k1 = pair(text, i);
        k2 = pair(text, i + 2);
        k3 = pair(text, i + 4);
        k4 = pair(text, i + 6);
      }
      k1 = Math.imul(k1, C1);
      a ^= Math.imul((k1 << 15) | (k1 >>> 17), C2);
      a = (((a << 19) | (a >>> 13)) + b) | 0;
      a = (Math.imul(a, 5) + 0x561ccd1b) | 0;
      k2 = Math.imul(k2, C2);
      b ^= Math.imul((k2 << 16) | (k2 >>> 16), C3);
      b = (((b << 17) | (b >>> 15)) + c) | 0;
      b = (Math.imul(b, 5) + 0x0bcaa747) | 0;
      k3 = Math.imul(k3, C3);
      c ^= Math.imul((k3 << 17) | (k3 >>> 15), C4);
      c = (((c << 15) | (c >>> 17)) + d) | 0;
      c = (Math.imul(c, 5) + 0x96cd1c35) | 0;
      k4 = Math.imul(k4, C4);
      d ^= Math.imul((k4 << 18) | (k4 >>> 14), C1);
      d = (((d << 13) | (d >>> 19)) + a) | 0;
      d = (Math.imul(d, 5) + 0x32ac3b17) | 0;
      i += 8;
    } while (i < length);
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
    this.#count = (this.#count + 1) | 0;
  }

  /** 32 hexadecimal digits for the texts so far; more may follow. */
  toString(): string {
    let [a, b, c, d] = together(this.#a ^ this.#count, this.#b, this.#c, this.#d);
    [a, b, c, d] = together(finish(a), finish(b), finish(c), finish(d));
    return hex(a) + hex(b) + hex(c) + hex(d);
  }
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93 | 0;

/** Two characters in one word; zero for what is past the end. */
function pair(text: string, i: number): number {
  if (i + 1 < text.length) return text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16);
  return i < text.length ? text.charCodeAt(i) : 0;
}

/** Lets each of the four depend on all. */
function together(a: number, b: number, c: number, d: number): [number, number, number, number] {
  const sum = (a + b + c + d) | 0;
  return [sum, (sum + b) | 0, (sum + c) | 0, (sum + d) | 0];
}

/** Lets each bit depend on all bits of the word. */
function finish(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
