/// <reference types="node" preserve="true" />
/**
 * The datagram side of one connection of a server.
 *
 *     silent --challenge set--> challenged --met--> open --challenge set--> open, challenged --met--> open, elsewhere
 *        (each) --TCP closes--> closed
 *
 * Off until a challenge is met by a datagram that has exactly its bytes and comes from the TCP peer's address; from then
 * on bound to the port that it came from. No challenge, met or run out, is ever handed to the application, nor are copies of it.
 */
import type { Address } from '../../lib/address.js';
import type { HookResult } from '../../lib/interfaces.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import { ChallengeError, DatagramChannelNotOpenError } from './errors.js';

/** What a channel needs of its server and connection. */
export interface ChannelContext {
  /** The address that datagrams must come from. */
  readonly peerHost: string;
  /** Bytes kept while the application has paused; each datagram counts two more than it has, as in DGD. */
  readonly queueLimit: number;
  /** Seconds until a challenge runs out; undefined for never. */
  readonly challengeTimeout: number | undefined;
  /** @throws ChallengeError, ChallengeInUseError */
  claim(challenge: Buffer): void;
  release(challenge: Buffer): void;
  /** The channel is bound to an endpoint, and no longer to the one before. */
  bound(to: Address, before: Address | undefined): void;
  unbound(from: Address): void;
  callLater(delay: number, f: () => HookResult): DelayedCall;
  /** A datagram waits to leave at the end of the round. */
  queued(): void;
  write(data: Buffer, to: Address): void;
  opened(): HookResult;
  received(data: Buffer): HookResult;
  expired(): HookResult;
  dropped(): void;
}

/** Challenges kept, so that late copies of them are known. */
const CHALLENGES_KEPT = 8;

export class DatagramChannel {
  readonly #context: ChannelContext;
  #closed = false;
  #endpoint: Address | undefined;
  #pending: Buffer | undefined;
  #expiry: DelayedCall | undefined;
  /** Challenges that were met or have run out: the last ones. */
  readonly #past: Buffer[] = [];
  #outgoing: Buffer | undefined;
  #paused = false;
  #delivery: DelayedCall | undefined;
  #kept: Buffer[] = [];
  #keptBytes = 0;

  constructor(context: ChannelContext) {
    this.#context = context;
  }

  get isOpen(): boolean {
    return this.#endpoint !== undefined;
  }

  /** @throws ChallengeError, ChallengeInUseError */
  challenge(challenge: Buffer): void {
    if (this.#closed) throw new ChallengeError('The connection is closed');
    if (this.#pending !== undefined) throw new ChallengeError('A challenge is pending already');
    this.#context.claim(challenge);
    this.#pending = challenge;
    const { challengeTimeout } = this.#context;
    if (challengeTimeout !== undefined) {
      this.#expiry = this.#context.callLater(challengeTimeout, () => {
        this.#endChallenge();
        return this.#context.expired();
      });
    }
  }

  /** Whether this connection's challenge is met by who sends it from there. */
  isMetBy(from: Address): boolean {
    return this.#pending !== undefined && from.host === this.#context.peerHost;
  }

  /** The challenge is met. */
  meet(from: Address): HookResult {
    this.#endChallenge();
    const before = this.#endpoint;
    this.#endpoint = from;
    this.#context.bound(from, before);
    return this.#context.opened();
  }

  /** A datagram from the endpoint. */
  receive(data: Buffer): HookResult {
    if (this.#pending?.equals(data)) return this.meet(this.#endpoint!);
    if (this.#past.some((challenge) => challenge.equals(data))) return;
    if (!this.#paused && this.#kept.length === 0) return this.#context.received(data);
    const size = data.length + 2;
    if (this.#keptBytes + size > this.#context.queueLimit) {
      this.#context.dropped();
      return;
    }
    this.#kept.push(data);
    this.#keptBytes += size;
  }

  /** Answers the length, or 0 where one waits already or there is nothing to send. @throws DatagramChannelNotOpenError */
  send(data: Buffer): number {
    if (this.#endpoint === undefined) throw new DatagramChannelNotOpenError();
    if (this.#outgoing !== undefined || data.length === 0) return 0;
    this.#outgoing = data;
    this.#context.queued();
    return data.length;
  }

  /** The round is over: what waits leaves. */
  flush(): void {
    const data = this.#outgoing;
    this.#outgoing = undefined;
    if (data !== undefined && this.#endpoint !== undefined) this.#context.write(data, this.#endpoint);
  }

  pause(): void {
    this.#paused = true;
  }

  /** What was kept is delivered, one a turn, and before what comes after it. */
  resume(): void {
    this.#paused = false;
    if (this.#kept.length > 0) this.#delivery ??= this.#context.callLater(0, () => this.#deliver());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#endChallenge();
    if (this.#delivery?.active()) this.#delivery.cancel();
    this.#kept = [];
    this.#outgoing = undefined;
    const endpoint = this.#endpoint;
    this.#endpoint = undefined;
    if (endpoint !== undefined) this.#context.unbound(endpoint);
  }

  #deliver(): HookResult {
    this.#delivery = undefined;
    if (this.#paused || this.#kept.length === 0) return;
    const data = this.#kept.shift()!;
    this.#keptBytes -= data.length + 2;
    if (this.#kept.length > 0) this.#delivery = this.#context.callLater(0, () => this.#deliver());
    return this.#context.received(data);
  }

  #endChallenge(): void {
    if (this.#expiry?.active()) this.#expiry.cancel();
    this.#expiry = undefined;
    const challenge = this.#pending;
    if (challenge === undefined) return;
    this.#pending = undefined;
    this.#context.release(challenge);
    this.#past.push(challenge);
    if (this.#past.length > CHALLENGES_KEPT) this.#past.shift();
  }
}
