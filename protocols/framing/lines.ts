/// <reference types="node" preserve="true" />
/**
 * Lines: messages that end with a delimiter, which they do not contain.
 */
import type { ByteInput } from './byte-input.js';
import { checkMaxLength, checkMessage, type Decoder, type Framing, type LengthLimit, NOTHING } from './decoder.js';
import { LengthLimitError } from './errors.js';

/** How lines are told apart. */
export interface LineFormat extends LengthLimit {
  /** What a line ends with, of 1 byte or more. */
  readonly delimiter: Uint8Array | string;
  /** Whether lines are not looked for: what arrives is given out as it is. */
  readonly rawMode?: boolean;
}

/** Options of `lines`. */
export interface LineOptions {
  /** What a line ends with; CR LF when left out. */
  delimiter?: Uint8Array | string;
  /** Bytes of the longest line that is taken, without its delimiter; 16384 when left out. */
  maxLength?: number;
}

/**
 * The framing of lines. The text or bytes of a line to be sent are not searched for the delimiter.
 * @throws RangeError for an empty delimiter, or a negative `maxLength`.
 */
export function lines(options: LineOptions = {}): Framing {
  const { delimiter = '\r\n', maxLength = 16384 } = options;
  delimiterBytes(delimiter);
  checkMaxLength(maxLength);
  const format: LineFormat = { delimiter, maxLength };
  return { decoder: () => new LineDecoder(format), encode: (line) => encodeLine(line, delimiter) };
}

/** A line as it is sent. @throws TypeError @internal */
export function encodeLine(line: Uint8Array | string, delimiter: Uint8Array | string): Uint8Array | string {
  checkMessage(line);
  if (typeof line === 'string' && typeof delimiter === 'string') return line + delimiter;
  return Buffer.concat([
    typeof line === 'string' ? Buffer.from(line) : line,
    typeof delimiter === 'string' ? Buffer.from(delimiter) : delimiter,
  ]);
}

/**
 * Finds lines. The format may change from line to line. A line that is too long is a failure as soon as so many bytes
 * have come without a delimiter that it cannot be a line any more; its bytes stay in the input, with all after them.
 * @internal
 */
export class LineDecoder implements Decoder {
  failure: Error | undefined = undefined;
  readonly #format: LineFormat;
  #delimiter: Uint8Array | string | undefined;
  /** The same, as bytes. */
  #bytes: Uint8Array = NOTHING;

  constructor(format: LineFormat) {
    this.#format = format;
  }

  next(input: ByteInput): Buffer | undefined {
    const format = this.#format;
    if (format.rawMode === true) return input.takeAny();
    if (format.delimiter !== this.#delimiter) {
      this.#bytes = delimiterBytes(format.delimiter);
      this.#delimiter = format.delimiter;
    }
    const { maxLength } = format;
    const limit = maxLength + this.#bytes.length;
    const line = input.takeUntil(this.#bytes, limit);
    if (line === undefined) {
      if (input.held >= limit) this.failure = new LengthLimitError(input.held, maxLength);
    } else if (line.length > maxLength) {
      this.failure = new LengthLimitError(line.length, maxLength);
      input.unshift(Buffer.from(this.#bytes));
      input.unshift(line);
      return undefined;
    }
    return line;
  }

  reset(): Buffer {
    return NOTHING;
  }
}

/** @throws TypeError, RangeError */
function delimiterBytes(delimiter: Uint8Array | string): Uint8Array {
  if (typeof delimiter !== 'string' && !(delimiter instanceof Uint8Array)) {
    throw new TypeError('A delimiter is a Uint8Array or a string');
  }
  if (delimiter.length === 0) throw new RangeError('A delimiter has 1 byte or more');
  // A copy: to know the delimiter again, it must not change.
  return Buffer.from(delimiter as Uint8Array);
}
