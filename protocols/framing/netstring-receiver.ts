/// <reference types="node" preserve="true" />
/**
 * A protocol of netstrings.
 */
import type { HookResult } from '../../lib/interfaces.js';
import type { StreamTransport } from '../../lib/stream.js';
import type { Decoder, LengthLimit } from './decoder.js';
import type { LengthLimitError, NetstringParseError } from './errors.js';
import { FramedProtocol } from './framed-protocol.js';
import { encodeNetstring, NetstringDecoder } from './netstrings.js';

/** Receives netstrings. Override `stringReceived`. */
export class NetstringReceiver<T extends StreamTransport = StreamTransport>
  extends FramedProtocol<T>
  implements LengthLimit
{
  /** Bytes of the longest netstring that is taken. */
  maxLength: number = 99999;
  #broken = false;

  /** Whether the peer has sent what is no netstring, or too long a one. Nothing is received any more then. */
  get brokenPeer(): boolean {
    return this.#broken;
  }

  /** Called for each netstring. `string` is the receiver's own; it may be a part of a larger Buffer. */
  stringReceived(_string: Buffer): HookResult {}

  /** Called once, when the peer is broken. The connection is closed after it. */
  netstringError(_error: NetstringParseError | LengthLimitError): HookResult {}

  /** Sends a netstring; text goes as UTF-8. @throws TypeError, NotConnectedError */
  sendString(string: Uint8Array | string): void {
    this.transport.write(encodeNetstring(string));
  }

  protected override createDecoder(): Decoder {
    return new NetstringDecoder(this);
  }

  protected override messageReceived(string: Buffer): HookResult {
    return this.stringReceived(string);
  }

  protected override framingFailed(error: NetstringParseError | LengthLimitError): HookResult {
    this.#broken = true;
    try {
      return this.netstringError(error);
    } finally {
      this.clearBuffer();
      this.transport.loseConnection();
    }
  }
}
