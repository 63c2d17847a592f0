/// <reference types="node" preserve="true" />
/**
 * What a mudlib would have as its user object: one client, by TCP and, once it has met a challenge, by datagrams.
 */
import type { InternetAddress } from '../../lib/address.js';
import { NotConnectedError } from '../../lib/errors.js';
import type { HookResult } from '../../lib/interfaces.js';

/** What a connection object does its work by. @internal */
export interface ConnectionLink {
  readonly peer: InternetAddress;
  sendMessage(data: Uint8Array | string): void;
  pause(): void;
  resume(): void;
  challenge(challenge: Uint8Array | string | undefined): Buffer;
  sendDatagram(data: Uint8Array | string): number;
  disconnect(): void;
}

/** @internal */
export const LINK: unique symbol = Symbol('plait.dgd link');

/** A connection of a DgdServer. Subclass it; every hook does nothing until it is overridden. */
export class DgdConnection {
  /** @internal */
  [LINK]: ConnectionLink | undefined = undefined;

  /** The client is there. */
  open(): HookResult {}

  /** Bytes came by TCP, in any pieces. */
  receiveMessage(_data: Buffer): HookResult {}

  /** The challenge was met: `sendDatagram` is possible, to where it came from. Called for each challenge that is met. */
  openDatagram(): HookResult {}

  /** A datagram came from the client: as it was sent, in whatever order, perhaps twice. Never the challenge. */
  receiveDatagram(_data: Buffer): HookResult {}

  /** The connection is over, and with it the datagram channel. Called once. */
  close(_reason: Error): HookResult {}

  /** The challenge was not met in time; another one may be set. */
  challengeExpired(): HookResult {}

  /** The client. @throws NotConnectedError before `open`. */
  get peer(): InternetAddress {
    return this.#link.peer;
  }

  /** Sends bytes by TCP. Without effect after `close`. @throws NotConnectedError before `open`. */
  sendMessage(data: Uint8Array | string): void {
    this.#link.sendMessage(data);
  }

  /** Nothing is received until `resume`. Datagrams are kept, up to 8192 bytes; what comes then is dropped and counted. */
  pause(): void {
    this.#link.pause();
  }

  /** Ends a pause: what was kept is delivered, in later turns. */
  resume(): void {
    this.#link.resume();
  }

  /**
   * Allows datagrams to the client that sends these bytes as one: 1 to 8192 of them, unique among the challenges of the
   * server that are pending; 16 random bytes as hex when left out. It is armed when this returns: announce it after. While
   * the channel is open, a fresh challenge moves it to the port that meets it.
   * @returns the challenge.
   * @throws ChallengeError for a length outside 1…8192, while one is pending, and after `close`.
   * @throws ChallengeInUseError for one that another connection waits for.
   */
  datagramChallenge(challenge?: Uint8Array | string): Buffer {
    return this.#link.challenge(challenge);
  }

  /**
   * Sends a datagram, one in a round: a round is one call into any connection of the server, and what was given in it leaves
   * when it returns, after the bytes for TCP. From elsewhere (a timer, a promise) it leaves in the next turn.
   * @returns the length; 0 when one is waiting already, or the data is empty.
   * @throws DatagramChannelNotOpenError before `openDatagram`, and after `close`.
   * @throws MessageLengthError for more than a datagram carries.
   */
  sendDatagram(data: Uint8Array | string): number {
    return this.#link.sendDatagram(data);
  }

  /** Closes the connection when what was sent by TCP has left; the datagram channel closes at once. */
  disconnect(): void {
    this.#link.disconnect();
  }

  get #link(): ConnectionLink {
    if (this[LINK] === undefined) throw new NotConnectedError(`${this.constructor.name} has no client yet`);
    return this[LINK];
  }
}
