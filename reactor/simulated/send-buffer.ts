/// <reference types="node" preserve="true" />
/**
 * Bytes from the first that is not acknowledged to the last that was written, addressed by sequence number.
 */
export class SendBuffer {
  /** The sequence number of the first byte kept. */
  start: number;
  /** The sequence number after the last byte. */
  end: number;
  #chunks: { at: number; data: Buffer }[] = [];
  /** The first chunk in use. */
  #first = 0;

  constructor(start: number) {
    this.start = start;
    this.end = start;
  }

  append(data: Buffer): void {
    if (data.length === 0) return;
    this.#chunks.push({ at: this.end, data });
    this.end += data.length;
  }

  /** At most `length` bytes from `sequence` on, which is kept. */
  slice(sequence: number, length: number): Buffer {
    const end = Math.min(sequence + length, this.end);
    const parts: Buffer[] = [];
    for (let i = this.#find(sequence); i < this.#chunks.length; i++) {
      const { at, data } = this.#chunks[i]!;
      if (at >= end) break;
      parts.push(data.subarray(Math.max(0, sequence - at), end - at));
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  /** Forgets the bytes before `sequence`. */
  release(sequence: number): void {
    this.start = Math.min(Math.max(this.start, sequence), this.end);
    while (this.#first < this.#chunks.length) {
      const { at, data } = this.#chunks[this.#first]!;
      if (at + data.length > this.start) break;
      this.#first++;
    }
    // Shortened now and then only: taking from the front of an array costs its length.
    if (this.#first > 64 && this.#first * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
  }

  /** The chunk that has the byte `sequence`, by halving. */
  #find(sequence: number): number {
    let low = this.#first;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#chunks[middle]!.at <= sequence) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
