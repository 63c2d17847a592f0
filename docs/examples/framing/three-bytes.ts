/** A framing of one's own: messages after their length in three bytes, the lowest first. */
import { type ByteInput, type Decoder, type Framing, LengthLimitError } from 'plait/protocols';

// region decoder
const LIMIT = 1_000_000;

class ThreeByteDecoder implements Decoder {
  failure: Error | undefined = undefined;
  /** Of the message whose length has come. */
  #length: number | undefined;

  next(input: ByteInput): Buffer | undefined {
    this.#length ??= input.take(3)?.readUIntLE(0, 3);
    if (this.#length === undefined) return undefined; // more is needed
    if (this.#length > LIMIT) {
      this.failure = new LengthLimitError(this.#length, LIMIT);
      return undefined;
    }
    const message = input.take(this.#length);
    if (message !== undefined) this.#length = undefined;
    return message;
  }

  reset(): Buffer {
    const begun = this.#length === undefined ? Buffer.alloc(0) : prefix(this.#length);
    this.#length = undefined;
    return begun;
  }
}
// endregion

// region framing
export const threeBytes: Framing = {
  decoder: () => new ThreeByteDecoder(),
  encode(message) {
    const bytes = Buffer.from(message as Uint8Array);
    return Buffer.concat([prefix(bytes.length), bytes]);
  },
};

function prefix(length: number): Buffer {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntLE(length, 0, 3);
  return bytes;
}
// endregion
