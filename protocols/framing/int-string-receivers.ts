/// <reference types="node" preserve="true" />
/**
 * Protocols of strings with their length in front, in 1, 2 or 4 bytes, the highest first.
 */
import type { HookResult } from '../../lib/interfaces.js';
import type { StreamTransport } from '../../lib/stream.js';
import type { Decoder, LengthLimit } from './decoder.js';
import type { LengthLimitError } from './errors.js';
import { FramedProtocol } from './framed-protocol.js';
import { encodeIntString, IntStringDecoder, type PrefixLength } from './int-strings.js';

/** What the three have in common. Override `stringReceived`. */
export abstract class IntStringReceiver<T extends StreamTransport = StreamTransport>
  extends FramedProtocol<T>
  implements LengthLimit
{
  /** Bytes of a length. */
  abstract readonly prefixLength: PrefixLength;
  /** Bytes of the longest string that is taken. */
  maxLength: number = 99999;

  /** Called for each string. `string` is the receiver's own; it may be a part of a larger Buffer. */
  stringReceived(_string: Buffer): HookResult {}

  /**
   * Called when a string is to come that is longer than `maxLength`: `length` bytes. By default the connection is closed;
   * if it is not, the string is dropped, and those after it are received.
   */
  lengthLimitExceeded(_length: number): HookResult {
    this.transport.loseConnection();
  }

  /** Sends a string; text goes as UTF-8. @throws StringTooLongError, TypeError, NotConnectedError */
  sendString(string: Uint8Array | string): void {
    this.transport.write(encodeIntString(this.prefixLength, string));
  }

  protected override createDecoder(): Decoder {
    return new IntStringDecoder(this.prefixLength, this);
  }

  protected override messageReceived(string: Buffer): HookResult {
    return this.stringReceived(string);
  }

  protected override framingFailed(error: LengthLimitError): HookResult {
    return this.lengthLimitExceeded(error.length);
  }
}

/** Receives strings of up to 255 bytes, each after its length in one byte. Override `stringReceived`. */
export class Int8StringReceiver<T extends StreamTransport = StreamTransport> extends IntStringReceiver<T> {
  override readonly prefixLength: PrefixLength = 1;
}

/** Receives strings of up to 65535 bytes, each after its length in two bytes. Override `stringReceived`. */
export class Int16StringReceiver<T extends StreamTransport = StreamTransport> extends IntStringReceiver<T> {
  override readonly prefixLength: PrefixLength = 2;
}

/** Receives strings of up to 4294967295 bytes, each after its length in four bytes. Override `stringReceived`. */
export class Int32StringReceiver<T extends StreamTransport = StreamTransport> extends IntStringReceiver<T> {
  override readonly prefixLength: PrefixLength = 4;
}
