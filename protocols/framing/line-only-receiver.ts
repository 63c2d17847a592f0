/// <reference types="node" preserve="true" />
/**
 * A protocol of lines.
 */
import type { HookResult } from '../../lib/interfaces.js';
import type { StreamTransport } from '../../lib/stream.js';
import type { Decoder } from './decoder.js';
import { FramedProtocol } from './framed-protocol.js';
import { encodeLine, LineDecoder, type LineFormat } from './lines.js';

/** Receives lines, and nothing but lines. Override `lineReceived`. */
export class LineOnlyReceiver<T extends StreamTransport = StreamTransport>
  extends FramedProtocol<T>
  implements LineFormat
{
  /** What a line ends with, of 1 byte or more. A change is for the lines that have not been looked for. */
  delimiter: Uint8Array | string = '\r\n';
  /** Bytes of the longest line that is taken, without its delimiter. */
  maxLength: number = 16384;

  /** Called for each line, without its delimiter. `line` is the receiver's own; it may be a part of a larger Buffer. */
  lineReceived(_line: Buffer): HookResult {}

  /**
   * Called when a line is longer than `maxLength`, or must become so. `line` is all that has arrived from its beginning
   * on, what came after it included. By default the connection is closed; if it is not, a new line begins with what
   * arrives next.
   */
  lineLengthExceeded(_line: Buffer): HookResult {
    this.transport.loseConnection();
  }

  /** Sends a line: text goes as UTF-8. It is not searched for delimiters. @throws TypeError, NotConnectedError */
  sendLine(line: Uint8Array | string): void {
    this.transport.write(encodeLine(line, this.delimiter));
  }

  protected override createDecoder(): Decoder {
    return new LineDecoder(this);
  }

  protected override messageReceived(line: Buffer): HookResult {
    return this.lineReceived(line);
  }

  protected override framingFailed(_error: Error): HookResult {
    return this.lineLengthExceeded(this.clearBuffer());
  }
}
