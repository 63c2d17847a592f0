/// <reference types="node" preserve="true" />
/**
 * Strings with their length in front, in 1, 2 or 4 bytes, the highest first.
 */
import type { ByteInput } from './byte-input.js';
import { checkMaxLength, checkMessage, type Decoder, type Framing, type LengthLimit, NOTHING } from './decoder.js';
import { LengthLimitError, StringTooLongError } from './errors.js';

/** Bytes of a length. */
export type PrefixLength = 1 | 2 | 4;

/** What a length can tell. */
const LONGEST: Readonly<Record<PrefixLength, number>> = { 1: 0xff, 2: 0xffff, 4: 0xffffffff };

/** Options of `int8Strings`, `int16Strings` and `int32Strings`. */
export interface IntStringOptions {
  /** Bytes of the longest string that is taken; 99999 when left out. */
  maxLength?: number;
}

/** The framing of strings with an 8-bit length. @throws RangeError for a negative `maxLength`. */
export function int8Strings(options: IntStringOptions = {}): Framing {
  return intStrings(1, options);
}

/** The framing of strings with a 16-bit length. @throws RangeError for a negative `maxLength`. */
export function int16Strings(options: IntStringOptions = {}): Framing {
  return intStrings(2, options);
}

/** The framing of strings with a 32-bit length. @throws RangeError for a negative `maxLength`. */
export function int32Strings(options: IntStringOptions = {}): Framing {
  return intStrings(4, options);
}

function intStrings(prefixLength: PrefixLength, { maxLength = 99999 }: IntStringOptions): Framing {
  checkMaxLength(maxLength);
  const limit: LengthLimit = { maxLength };
  return {
    decoder: () => new IntStringDecoder(prefixLength, limit),
    encode: (message) => encodeIntString(prefixLength, message),
  };
}

/** A string as it is sent. @throws TypeError, StringTooLongError @internal */
export function encodeIntString(prefixLength: PrefixLength, message: Uint8Array | string): Buffer {
  checkMessage(message);
  const length = typeof message === 'string' ? Buffer.byteLength(message) : message.length;
  const limit = LONGEST[prefixLength];
  if (length > limit) throw new StringTooLongError(length, limit);
  const bytes = Buffer.allocUnsafe(prefixLength + length);
  bytes.writeUIntBE(length, 0, prefixLength);
  if (typeof message === 'string') bytes.write(message, prefixLength);
  else bytes.set(message, prefixLength);
  return bytes;
}

/** Finds strings. One that is too long is a failure as soon as its length is there, and is dropped as it comes. @internal */
export class IntStringDecoder implements Decoder {
  failure: Error | undefined = undefined;
  readonly #prefixLength: PrefixLength;
  readonly #limit: LengthLimit;
  /** What the prefix tells, while its string has not come. */
  #length: number | undefined;
  /** Bytes still to come of a string that is too long. */
  #skipping = 0;

  constructor(prefixLength: PrefixLength, limit: LengthLimit) {
    this.#prefixLength = prefixLength;
    this.#limit = limit;
  }

  next(input: ByteInput): Buffer | undefined {
    if (this.#skipping > 0 && (this.#skipping = input.skip(this.#skipping)) > 0) return undefined;
    const length = this.#length ?? input.takeUInt(this.#prefixLength);
    if (length === undefined) return undefined;
    const { maxLength } = this.#limit;
    if (this.#length === undefined && length > maxLength) {
      this.#skipping = length;
      this.failure = new LengthLimitError(length, maxLength);
      return undefined;
    }
    const message = input.take(length);
    this.#length = message === undefined ? length : undefined;
    return message;
  }

  reset(): Buffer {
    const taken = this.#length === undefined ? NOTHING : Buffer.allocUnsafe(this.#prefixLength);
    if (this.#length !== undefined) taken.writeUIntBE(this.#length, 0, this.#prefixLength);
    this.#length = undefined;
    this.#skipping = 0;
    return taken;
  }
}
