/// <reference types="node" preserve="true" />
/**
 * Copies of what is being sent. dgram keeps a reference to what it sends until the kernel takes it, and the caller may
 * use his buffer again at once. Nearly always the kernel takes it inside the call: so all copies lie in one piece of
 * memory, and it is used from its beginning again as soon as every send has been answered. What makes a copy expensive is
 * not the bytes but a new buffer for them.
 */
export class SendCopies {
  #memory: Buffer | undefined;
  /** Copies that are not released. */
  #held = 0;
  /** The end of the last copy in the memory. */
  #end = 0;
  /** The last copy that began where the memory begins: the next one of that length is the same object. */
  #first: Buffer | undefined;

  /** A copy of `data`, which nobody changes until `release` is called, once for each copy. */
  copy(data: Uint8Array): Buffer {
    const memory = (this.#memory ??= Buffer.allocUnsafeSlow(SIZE));
    const start = this.#held++ === 0 ? 0 : this.#end;
    const end = start + data.length;
    if (end > SIZE) return Buffer.from(data);
    memory.set(data, start);
    this.#end = end;
    if (start > 0) return memory.subarray(start, end);
    if (this.#first?.length !== data.length) this.#first = memory.subarray(0, end);
    return this.#first;
  }

  /** A send that was given a copy has been answered. */
  release(): void {
    this.#held--;
  }
}

/** Enough for the longest datagram, and for a turn's worth of usual ones. */
const SIZE = 65536;
