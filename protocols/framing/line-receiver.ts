/// <reference types="node" preserve="true" />
/**
 * A protocol of lines and, in between, of data that has no lines: a body after its headers.
 *
 *     lines  setRawMode → raw · raw  setLineMode → lines
 *
 * The mode may be changed at any time, as often as one likes; what has arrived and was not delivered goes by the new mode.
 */
import type { HookResult } from '../../lib/interfaces.js';
import type { StreamTransport } from '../../lib/stream.js';
import { LineOnlyReceiver } from './line-only-receiver.js';

/** Receives lines, or data as it comes. Override `lineReceived` and, where `setRawMode` is used, `rawDataReceived`. */
export class LineReceiver<T extends StreamTransport = StreamTransport> extends LineOnlyReceiver<T> {
  #raw = false;

  /** Whether what arrives goes to `rawDataReceived`. */
  get rawMode(): boolean {
    return this.#raw;
  }

  /** Called in raw mode for what arrives, in any pieces. `data` is the receiver's own. */
  rawDataReceived(_data: Buffer): HookResult {}

  /** From now on there are no lines. Also what has come of an unfinished line goes to `rawDataReceived`, with what arrives next. */
  setRawMode(): void {
    this.#raw = true;
  }

  /**
   * From now on there are lines. `extra` is what `rawDataReceived` was given beyond what it wanted: lines are looked for in
   * it first. It is this protocol's own from now on.
   */
  setLineMode(extra: Uint8Array | string = ''): void {
    this.#raw = false;
    this.putBack(
      extra instanceof Uint8Array ? Buffer.from(extra.buffer, extra.byteOffset, extra.byteLength) : Buffer.from(extra),
    );
  }

  /** What has arrived and was not delivered; it will not be. */
  clearLineBuffer(): Buffer {
    return this.clearBuffer();
  }

  protected override messageReceived(data: Buffer): HookResult {
    return this.#raw ? this.rawDataReceived(data) : this.lineReceived(data);
  }
}
