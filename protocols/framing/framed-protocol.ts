/// <reference types="node" preserve="true" />
/**
 * Messages on a connection: what arrives goes into an input, a decoder takes messages out of it, and each is delivered
 * before the next is looked for. So a pause, the end of the connection and a change of the format take effect between
 * two messages, also where both have come in one chunk.
 *
 * Delivery is a loop, never a recursion: what a hook causes (more data, a resume, bytes put back) is met by the loop that
 * runs the hook.
 *
 * The hooks are run as the transport runs `dataReceived`, where it lets us: an error in one ends the connection, whoever
 * has resumed it.
 */
import { isThenable } from '../../lib/deferred/thenable.js';
import type { HookResult } from '../../lib/interfaces.js';
import type { PushProducer, StreamTransport } from '../../lib/stream.js';
import { Protocol, RESUMED, RUN } from '../../lib/stream-protocol.js';
import { ByteInput } from './byte-input.js';
import type { Decoder } from './decoder.js';

/** What a transport may have beyond a StreamTransport. */
interface Bond {
  /** Whether what arrives is delivered now: the connection is open, and not paused. */
  readonly producing?: boolean;
  /** Whether the connection is being closed. */
  readonly disconnecting?: boolean;
  [RUN]?(f: () => HookResult): void;
}

/**
 * The base of protocols that receive messages. A subclass says what tells them apart (`createDecoder`) and takes them
 * (`messageReceived`).
 *
 * It is a producer, of messages: `pauseProducing` pauses the transport, and keeps back what has arrived already.
 */
export abstract class FramedProtocol<T extends StreamTransport = StreamTransport>
  extends Protocol<T>
  implements PushProducer
{
  readonly #input: ByteInput = new ByteInput();
  #decoder: Decoder | undefined;
  #delivering = false;
  /** For transports that do not tell. */
  #paused = false;

  /** Makes what cuts the messages out. Called once, before the first is looked for. */
  protected abstract createDecoder(): Decoder;

  /** Called for each message. `message` is the receiver's own; it may be a part of a larger Buffer. */
  protected abstract messageReceived(message: Buffer): HookResult;

  /** Called when what has arrived is no message. By default it is all dropped, and the connection closed. */
  protected framingFailed(_error: Error): HookResult {
    this.clearBuffer();
    this.transport.loseConnection();
  }

  /** Takes what arrives. */
  override dataReceived(data: Buffer): HookResult {
    if (this.connected && (this.transport as Bond).disconnecting === true) return;
    this.#input.push(data);
    return this.#deliver(false);
  }

  /** No message is delivered, and nothing is read, until `resumeProducing`. @throws NotConnectedError */
  pauseProducing(): void {
    this.#paused = true;
    this.transport.pauseProducing();
  }

  /** Messages that have arrived are delivered now, inside this call, unless a hook of this protocol is running. @throws NotConnectedError */
  resumeProducing(): void {
    this.#paused = false;
    this.transport.resumeProducing();
    if (!this.#delivering) this.#run(() => this.#deliver(false));
  }

  /** Closes the connection, and delivers no more. @throws NotConnectedError */
  stopProducing(): void {
    this.#paused = true;
    this.transport.stopProducing();
  }

  /** What has arrived and was not delivered; it will not be. A message that is being received begins anew. */
  clearBuffer(): Buffer {
    const begun = this.#decoder?.reset();
    const rest = this.#input.clear();
    return begun === undefined || begun.length === 0 ? rest : Buffer.concat([begun, rest]);
  }

  /**
   * Puts bytes before all that was not delivered, to be decoded next: now, unless a hook of this protocol is running, or
   * it is paused. They are this protocol's own from now on.
   */
  protected putBack(data: Buffer): void {
    this.#input.unshift(data);
    if (!this.#delivering) this.#run(() => this.#deliver(false));
  }

  /** Delivers all messages that have arrived, paused or not, open or not. */
  protected deliverAll(): HookResult {
    return this.#deliver(true);
  }

  /** @internal */
  [RESUMED](): HookResult {
    this.#paused = false;
    return this.#deliver(false);
  }

  #deliver(all: boolean): HookResult {
    if (this.#delivering) return;
    const transport = this.connected ? (this.transport as Bond) : undefined;
    const decoder = (this.#decoder ??= this.createDecoder());
    let results: PromiseLike<unknown>[] | undefined;
    this.#delivering = true;
    try {
      while (all || this.#open(transport)) {
        const message = decoder.next(this.#input);
        let result: HookResult;
        if (message !== undefined) {
          result = this.messageReceived(message);
        } else if (decoder.failure !== undefined) {
          const { failure } = decoder;
          decoder.failure = undefined;
          result = this.framingFailed(failure);
        } else {
          break;
        }
        if (result === undefined || !isThenable(result)) continue;
        // Each is looked after for itself: the failure of one must not hide behind another that is pending.
        if (transport?.[RUN] === undefined) (results ??= []).push(result);
        else transport[RUN](() => result);
      }
    } finally {
      this.#delivering = false;
    }
    if (results !== undefined) return results.length === 1 ? results[0] : Promise.all(results);
  }

  #open(transport: Bond | undefined): boolean {
    return !this.#paused && transport?.producing !== false && transport?.disconnecting !== true;
  }

  /** Runs hooks, in a call that is not a hook of this protocol. */
  #run(f: () => HookResult): void {
    const transport = this.connected ? (this.transport as Bond) : undefined;
    if (transport?.[RUN] === undefined) void f();
    else transport[RUN](f);
  }
}
