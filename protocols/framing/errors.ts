/**
 * What is wrong with a message, received or to be sent.
 */
import { PlaitError } from '../../lib/errors.js';

/** `sendString` of more bytes than the length in front of them can tell. Nothing was sent. */
export class StringTooLongError extends PlaitError {
  override readonly name: string = 'StringTooLongError';
  /** Bytes that were to be sent. */
  readonly length: number;
  /** Bytes that can be sent. */
  readonly limit: number;

  constructor(length: number, limit: number) {
    super(
      'ERR_PLAIT_STRING_TOO_LONG',
      `A string of ${length} bytes is longer than the ${limit} that its prefix can tell`,
    );
    this.length = length;
    this.limit = limit;
  }
}

/** The peer sends a message longer than `maxLength`. */
export class LengthLimitError extends PlaitError {
  override readonly name: string = 'LengthLimitError';
  /** Bytes: as its prefix tells, or, of a line, those that have come so far. */
  readonly length: number;
  /** Bytes that are taken. */
  readonly limit: number;

  constructor(length: number, limit: number) {
    super('ERR_PLAIT_LENGTH_LIMIT', `A message of ${length} bytes or more has come, where ${limit} are taken`);
    this.length = length;
    this.limit = limit;
  }
}

/** What the peer sends is no netstring. */
export class NetstringParseError extends PlaitError {
  override readonly name: string = 'NetstringParseError';
  /** The byte at which it was seen, 0 … 255. */
  readonly byte: number;

  constructor(what: string, byte: number) {
    super('ERR_PLAIT_NETSTRING_PARSE', `Not a netstring: ${what}, but byte ${byte} has come`);
    this.byte = byte;
  }
}
