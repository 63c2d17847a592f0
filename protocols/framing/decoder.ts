/// <reference types="node" preserve="true" />
/**
 * What a framing is: how messages are made into a stream of bytes, and found in it again. Lines, netstrings and strings
 * with a length in front are here; another one is a Decoder and a function.
 */
import type { ByteInput } from './byte-input.js';

/** Cuts the messages of one connection out of what arrives. */
export interface Decoder {
  /** Set by a `next` that gives nothing because of what the peer has sent. Who takes it clears it. */
  failure: Error | undefined;
  /**
   * The next message, or nothing: then either there is a `failure`, or the input is used up and more is needed. What is
   * known of the message begun stays here.
   */
  next(input: ByteInput): Buffer | undefined;
  /** Forgets the message begun. Gives those of its bytes that were taken from the input. */
  reset(): Buffer;
}

/** A way to tell messages apart in a stream. */
export interface Framing {
  /** A decoder for one connection. */
  decoder(): Decoder;
  /** The bytes that are sent for a message. @throws TypeError, StringTooLongError */
  encode(message: Uint8Array | string): Uint8Array | string;
}

/** Limits of a framing. */
export interface LengthLimit {
  /** Bytes of the longest message that is taken. */
  readonly maxLength: number;
}

/** What was given to be sent as a message. @throws TypeError for what is neither bytes nor text. @internal */
export function checkMessage(message: Uint8Array | string): void {
  if (typeof message === 'string' || message instanceof Uint8Array) return;
  throw new TypeError(
    `A message is sent as Uint8Array or string, not as ${message === null ? 'null' : typeof message}`,
  );
}

/** Checks an option. @throws RangeError @internal */
export function checkMaxLength(maxLength: number): void {
  if (maxLength >= 0) return;
  throw new RangeError(`maxLength is a number of bytes, 0 or more, not ${String(maxLength)}`);
}

/** Those of a message's bytes that a decoder has not taken for itself: none. @internal */
export const NOTHING: Buffer = Buffer.alloc(0);
