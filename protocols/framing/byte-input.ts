/// <reference types="node" preserve="true" />
/**
 * The bytes of a stream that have arrived and are not used up: what decoders take their messages from.
 *
 *     held | chunk from `at` on | later chunks
 *
 * What lies in one chunk is given out as a part of it, without a copy. What spans chunks is gathered in `held`, which
 * grows by doubling. So each byte is looked at once and copied a few times at most, whatever the pieces; and a message
 * that comes byte by byte takes memory for its bytes, not for its pieces.
 *
 * The methods that take give what was asked for, or nothing: then the input has no bytes left outside of `held`, and the
 * same is to be asked again when more has arrived. To ask for something else then is legal.
 */

const EMPTY: Buffer = Buffer.alloc(0);

/** The least that is allocated to gather bytes in. */
const LEAST = 64;

/** Above this many bytes the native search is faster than a loop. */
const NEAR = 24;

/** Bytes to be decoded. */
export class ByteInput {
  #chunk: Buffer = EMPTY;
  #at = 0;
  /** Chunks after that one, from `#next` on. */
  #later: Buffer[] = [];
  #next = 0;
  #held: Buffer = EMPTY;
  #heldLength = 0;
  /** The delimiter that is known not to be in what is held. */
  #sought: Uint8Array | undefined;

  /** How many bytes are held: the beginning of what was last asked for, and was not there yet. */
  get held(): number {
    return this.#heldLength;
  }

  /** Puts bytes behind all others. They are this input's own from now on. */
  push(data: Buffer): void {
    if (data.length === 0) return;
    if (this.#at < this.#chunk.length || this.#next < this.#later.length) {
      this.#later.push(data);
    } else {
      this.#chunk = data;
      this.#at = 0;
    }
  }

  /** Puts bytes back, to be taken next. They are this input's own from now on. */
  unshift(data: Buffer): void {
    if (data.length === 0) return;
    if (this.#at < this.#chunk.length) {
      const rest = this.#chunk.subarray(this.#at);
      if (this.#next > 0) this.#later[--this.#next] = rest;
      else this.#later.unshift(rest);
    }
    this.#chunk = data;
    this.#at = 0;
  }

  /** The next byte. */
  takeByte(): number | undefined {
    if (this.#heldLength > 0) this.#unhold();
    if (this.#at === this.#chunk.length && !this.#advance()) return undefined;
    return this.#chunk[this.#at++];
  }

  /** The next `size` bytes (1 to 6), as an unsigned number, the highest byte first. */
  takeUInt(size: number): number | undefined {
    if (this.#heldLength === 0 && this.#chunk.length - this.#at >= size) {
      let value = 0;
      for (const end = this.#at + size; this.#at < end;) value = value * 256 + this.#chunk[this.#at++]!;
      return value;
    }
    return this.take(size)?.readUIntBE(0, size);
  }

  /** The next `length` bytes. */
  take(length: number): Buffer | undefined {
    if (this.#heldLength > length) this.#unhold();
    for (;;) {
      const missing = length - this.#heldLength;
      const there = this.#chunk.length - this.#at;
      if (missing <= there) {
        if (this.#heldLength === 0) return this.#chunk.subarray(this.#at, (this.#at += length));
        this.#hold(missing, length);
        return this.#release(length);
      }
      if (there > 0) this.#hold(there, length);
      if (!this.#advance()) {
        this.#sought = undefined;
        return undefined;
      }
    }
  }

  /**
   * The bytes before the next `delimiter`, which is used up too. When it is not there, what has arrived is held: all of
   * it, or, where that is much, not much more than `limit` bytes.
   */
  takeUntil(delimiter: Uint8Array, limit: number): Buffer | undefined {
    if (this.#heldLength > 0 && this.#sought !== delimiter) this.#unhold();
    const last = delimiter[delimiter.length - 1]!;
    do {
      const chunk = this.#chunk;
      for (let end = indexOf(chunk, last, this.#at) + 1; end > 0; end = indexOf(chunk, last, end) + 1) {
        if (delimiter.length === 1 || this.#endsWith(delimiter, end)) return this.#before(delimiter.length, end);
      }
      if (chunk.length > this.#at) this.#hold(chunk.length - this.#at, limit);
    } while (this.#heldLength < limit && this.#advance());
    this.#sought = delimiter;
    return undefined;
  }

  /** Any bytes: as many as there are in one piece. */
  takeAny(): Buffer | undefined {
    if (this.#heldLength > 0) return this.#release(this.#heldLength);
    if (this.#at === this.#chunk.length && !this.#advance()) return undefined;
    const { length } = this.#chunk;
    const all = this.#at === 0 ? this.#chunk : this.#chunk.subarray(this.#at);
    this.#at = length;
    return all;
  }

  /** Drops the next `length` bytes, or those that are there. Gives how many are still to be dropped. */
  skip(length: number): number {
    if (this.#heldLength > 0) this.#unhold();
    for (let missing = length; ;) {
      const there = this.#chunk.length - this.#at;
      if (missing <= there) {
        this.#at += missing;
        return 0;
      }
      missing -= there;
      this.#at = this.#chunk.length;
      if (!this.#advance()) return missing;
    }
  }

  /** Everything; nothing is left. */
  clear(): Buffer {
    const all: Buffer[] = [];
    for (let part = this.takeAny(); part !== undefined; part = this.takeAny()) all.push(part);
    return all.length === 1 ? all[0]! : Buffer.concat(all);
  }

  /** Goes on to the next chunk, the one before being used up. */
  #advance(): boolean {
    this.#at = 0;
    if (this.#next === this.#later.length) {
      this.#chunk = EMPTY; // the chunk may be large, and the next one far
      return false;
    }
    this.#chunk = this.#later[this.#next]!;
    this.#later[this.#next++] = EMPTY;
    // Shortened now and then only: taking from the front of an array costs its length.
    if (this.#next === this.#later.length || (this.#next > 64 && 2 * this.#next > this.#later.length)) {
      this.#later = this.#later.slice(this.#next);
      this.#next = 0;
    }
    return true;
  }

  /** Copies the next `count` bytes of the chunk into what is held; `most` will be held in the end, as far as is known. */
  #hold(count: number, most: number): void {
    const length = this.#heldLength + count;
    if (length > this.#held.length) {
      const held = Buffer.allocUnsafe(Math.max(length, Math.min(Math.max(2 * length, LEAST), most)));
      if (this.#heldLength > 0) this.#held.copy(held, 0, 0, this.#heldLength);
      this.#held = held;
    }
    if (count === 1) this.#held[this.#heldLength] = this.#chunk[this.#at]!;
    else this.#chunk.copy(this.#held, this.#heldLength, this.#at, this.#at + count);
    this.#heldLength = length;
    this.#at += count;
  }

  /** Gives away what is held: its first `length` bytes, that is, the others are not wanted. */
  #release(length: number): Buffer {
    const all = this.#held.subarray(0, length);
    this.#held = EMPTY;
    this.#heldLength = 0;
    return all;
  }

  /** Puts what is held back before the rest, to be looked at for something else. */
  #unhold(): void {
    this.unshift(this.#release(this.#heldLength));
  }

  /** Whether the delimiter ends at `end` in the chunk; it may have begun in what is held. */
  #endsWith(delimiter: Uint8Array, end: number): boolean {
    let at = end - 2;
    for (let i = delimiter.length - 2; i >= 0; i--, at--) {
      if ((at >= this.#at ? this.#chunk[at] : this.#held[this.#heldIndex(at)]) !== delimiter[i]) return false;
    }
    return true;
  }

  /** Where a place before the chunk's rest is in what is held; negative, where nothing is, before its beginning. */
  #heldIndex(at: number): number {
    return this.#heldLength + at - this.#at;
  }

  /** What is there before the delimiter of `size` bytes that ends at `end` in the chunk. */
  #before(size: number, end: number): Buffer {
    const begin = end - size;
    let line: Buffer;
    if (this.#heldLength === 0) {
      line = this.#chunk.subarray(this.#at, begin);
    } else if (begin > this.#at) {
      this.#hold(begin - this.#at, this.#heldLength + begin - this.#at);
      line = this.#release(this.#heldLength);
    } else {
      line = this.#release(this.#heldIndex(begin));
    }
    this.#at = end;
    return line;
  }
}

/** The first place from `from` on where that byte is, or -1. */
function indexOf(bytes: Buffer, byte: number, from: number): number {
  const near = Math.min(bytes.length, from + NEAR);
  for (let i = from; i < near; i++) if (bytes[i] === byte) return i;
  return near === bytes.length ? -1 : bytes.indexOf(byte, near);
}
