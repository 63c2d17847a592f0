/// <reference types="node" preserve="true" />
/**
 * Netstrings (D. J. Bernstein): the length in decimal digits, a colon, the bytes, a comma. `5:hello,`
 *
 *     length   a digit → length · a colon, after a digit → payload · anything else, a second digit after 0 → broken
 *     payload  all bytes → comma
 *     comma    a comma → length, with a message · anything else → broken
 *     broken   for good: what arrives is dropped
 */
import type { ByteInput } from './byte-input.js';
import { checkMaxLength, checkMessage, type Decoder, type Framing, type LengthLimit, NOTHING } from './decoder.js';
import { LengthLimitError, NetstringParseError } from './errors.js';

const COLON = 0x3a;
const COMMA = 0x2c;
const ZERO = 0x30;

/** Options of `netstrings`. */
export interface NetstringOptions {
  /** Bytes of the longest netstring that is taken; 99999 when left out. */
  maxLength?: number;
}

/** The framing of netstrings. @throws RangeError for a negative `maxLength`. */
export function netstrings(options: NetstringOptions = {}): Framing {
  const { maxLength = 99999 } = options;
  checkMaxLength(maxLength);
  const limit: LengthLimit = { maxLength };
  return { decoder: () => new NetstringDecoder(limit), encode: encodeNetstring };
}

/** A netstring as it is sent. @throws TypeError @internal */
export function encodeNetstring(message: Uint8Array | string): Uint8Array | string {
  checkMessage(message);
  if (typeof message === 'string') return `${Buffer.byteLength(message)}:${message},`;
  return Buffer.concat([Buffer.from(`${message.length}:`), message, Buffer.from(',')]);
}

/** Finds netstrings. After a failure it finds nothing any more: where the next one begins cannot be known. @internal */
export class NetstringDecoder implements Decoder {
  failure: Error | undefined = undefined;
  readonly #limit: LengthLimit;
  #state: 'length' | 'payload' | 'comma' | 'broken' = 'length';
  /** What the digits so far tell. */
  #length = 0;
  #digits = 0;
  /** In the state `comma`. */
  #payload: Buffer = NOTHING;

  constructor(limit: LengthLimit) {
    this.#limit = limit;
  }

  next(input: ByteInput): Buffer | undefined {
    if (this.#state === 'length') this.#readLength(input);
    if (this.#state === 'payload') {
      const payload = input.take(this.#length);
      if (payload === undefined) return undefined;
      this.#payload = payload;
      this.#state = 'comma';
    }
    if (this.#state === 'comma') return this.#readComma(input);
    if (this.#state === 'broken') while (input.takeAny() !== undefined);
    return undefined;
  }

  reset(): Buffer {
    const colon = this.#state === 'payload' || this.#state === 'comma' ? ':' : '';
    const seen = this.#digits === 0 ? '' : `${this.#length}${colon}`;
    const taken = Buffer.concat([Buffer.from(seen), this.#payload]);
    if (this.#state !== 'broken') this.#begin();
    return taken;
  }

  #readLength(input: ByteInput): void {
    for (let byte = input.takeByte(); byte !== undefined; byte = input.takeByte()) {
      const digit = byte - ZERO;
      if (byte === COLON && this.#digits > 0) {
        this.#state = 'payload';
        return;
      }
      if (digit < 0 || digit > 9) return this.#fail(new NetstringParseError('a length is digits and a colon', byte));
      if (this.#digits > 0 && this.#length === 0) {
        return this.#fail(new NetstringParseError('a length has no leading zeros', byte));
      }
      this.#length = this.#length * 10 + digit;
      this.#digits++;
      const { maxLength } = this.#limit;
      // The second limit is for a maxLength of Infinity: beyond it a number is not exact.
      if (this.#length > maxLength || this.#length > Number.MAX_SAFE_INTEGER) {
        return this.#fail(new LengthLimitError(this.#length, maxLength));
      }
    }
  }

  #readComma(input: ByteInput): Buffer | undefined {
    const byte = input.takeByte();
    if (byte === undefined) return undefined;
    const payload = this.#payload;
    this.#begin();
    if (byte === COMMA) return payload;
    this.#fail(new NetstringParseError(`after ${payload.length} bytes there is a comma`, byte));
    return undefined;
  }

  #begin(): void {
    this.#state = 'length';
    this.#length = 0;
    this.#digits = 0;
    this.#payload = NOTHING;
  }

  #fail(error: Error): void {
    this.#begin();
    this.failure = error;
    this.#state = 'broken';
  }
}
