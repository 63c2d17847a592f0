/// <reference types="node" preserve="true" />
/**
 * All that is known of one peer of a port: its standing, its round trip, its window, and the exchanges with it. It decides
 * what of the queue may leave.
 */
import type { Address } from '../../lib/address.js';
import type { Deferred } from '../../lib/deferred/deferred.js';
import type { ReactorTime } from '../../lib/interfaces.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import { PeerMemory } from './duplicate-memory.js';
import { DeliveryFailedError } from './errors.js';
import { Flight } from './flight.js';
import { Incoming } from './incoming.js';
import type { Outgoing } from './outgoing.js';
import { Pacer } from './pacer.js';
import type { Profile } from './profile.js';
import { RttEstimator } from './rtt-estimator.js';
import { type QueueLimits, SendQueue } from './send-queue.js';
import { LARGEST_WINDOW, SendWindow } from './send-window.js';
import { Trust } from './trust.js';
import { encode, type PacketType, type WireFormat } from './wire.js';

/** What exchanges and peers ask of the port they are on. */
export interface Carrier {
  readonly time: ReactorTime;
  readonly profile: Profile;
  readonly format: WireFormat;
  readonly queueLimits: QueueLimits;
  /** Whether anything may be sent. */
  readonly live: boolean;
  write(datagram: Uint8Array, address: Address): void;
  /** A message that was to be sent is over. */
  ended(exchange: Outgoing): void;
  /** A message that has come needs no RECV any more. */
  finished(): void;
  /** Whatever was to be done for what has ended is done. */
  settled(): void;
}

/** Seconds of round trip below which pacing would only cost timers. */
const PACED_FROM = 0.005;
/** What is sent per round trip, in windows: more than one, or the window would never be full. */
const PACE = 1.25;

export class Peer {
  readonly carrier: Carrier;
  readonly key: string;
  /** Frozen. */
  readonly address: Address;
  readonly trust: Trust;
  readonly rtt: RttEstimator;
  readonly window: SendWindow = new SendWindow();
  readonly memory: PeerMemory = new PeerMemory();
  readonly #queue: SendQueue<Outgoing>;
  readonly #pacer = new Pacer();
  /** Messages that have come and wait for their ACK, by identity. */
  readonly #incoming = new Map<number, Incoming>();
  readonly #flight = new Flight();
  #lastConfirmedAt = -Infinity;
  /** The message of which a copy is held back: until a peer is trusted in full, there is one in flight. */
  #held: Outgoing | undefined;
  #paced: DelayedCall | undefined;
  #pumping = false;
  #lastActiveAt: number;

  constructor(carrier: Carrier, key: string, address: Address, standing: 'chosen' | 'stranger') {
    const { profile, queueLimits, time } = carrier;
    this.carrier = carrier;
    this.key = key;
    this.address = address;
    this.trust = new Trust(standing);
    this.rtt = new RttEstimator(profile.timeoutFloor, profile.timeoutCeiling);
    this.#queue = new SendQueue(queueLimits);
    this.#lastActiveAt = time.seconds();
  }

  /**
   * What counts against the window: packets of the network, about. Of a peer that answers, what was not confirmed in time
   * does not: it is known to be lost, and waits. Of one that does not, everything does, until that is over.
   */
  get inFlight(): number {
    const silence = this.carrier.time.seconds() - this.#lastConfirmedAt;
    return silence < 2 * this.rtt.timeout ? this.#flight.likelyWeight : this.#flight.weight;
  }

  /** Messages that wait for the peer's proof of its address. */
  get held(): number {
    if (this.trust.full) return 0;
    return this.#queue.messages + (this.#held === undefined ? 0 : 1);
  }

  get queue(): Pick<SendQueue<Outgoing>, 'messages' | 'bytes' | 'hasRoom'> {
    return this.#queue;
  }

  /** Whether there is no exchange, and was none for so many seconds, and for as long as a message must be known. */
  isIdle(now: number, seconds: number = 0): boolean {
    const exchanges = this.#flight.messages + this.#queue.messages + this.#incoming.size;
    return exchanges === 0 && now - this.#lastActiveAt >= Math.max(seconds, this.carrier.profile.remember);
  }

  /** A datagram has come from it. */
  heard(bytes: number): void {
    this.#lastActiveAt = this.carrier.time.seconds();
    this.trust.heard(bytes);
  }

  /** Sends a message now, or when it is its turn. */
  enqueue(exchange: Outgoing): void {
    this.#queue.push(exchange);
    this.pump();
    if (exchange.state === 'queued') exchange.wait();
  }

  whenWritable(): Deferred<void> {
    return this.#queue.whenWritable();
  }

  /** Sends what of the queue may leave, and what was held back. */
  pump(): void {
    // What cannot be written fails at once, and its failure comes back here: by the loop, not deeper and deeper.
    if (!this.carrier.live || this.#pumping) return;
    this.#pumping = true;
    this.#held?.release();
    if (this.#held?.held === false) this.#held = undefined;
    for (let next = this.#next; next !== undefined; next = this.#next) {
      if (!this.carrier.live || !this.#mayStart(next)) break;
      if (next.state === 'queued') {
        this.#queue.remove(next);
        this.#flight.left(next);
        next.start();
      } else {
        this.#flight.leftAgain(next);
        next.startAgain();
      }
    }
    this.#pumping = false;
    if (this.carrier.live) this.#queue.tellWriters();
  }

  /** Whether a copy of a message may be sent, as far as the peer's standing goes; if not, `pump` tries again. */
  allows(exchange: Outgoing): boolean {
    // Room for a RECV is kept: it is the ACK to that which makes room for everything.
    if (this.trust.allows(exchange.length, this.carrier.format.headerLength)) return true;
    if (exchange.state === 'sent') this.#held = exchange;
    return false;
  }

  /** @throws what the port does. */
  send(datagram: Uint8Array): void {
    this.carrier.write(datagram, this.address);
    this.trust.sent(datagram.length);
  }

  /** Sends a RECV or an ACK, unless the peer has not paid for it, or the port will not. Says whether. */
  answer(type: PacketType, identity: number): boolean {
    const packet = encode(this.carrier.format, type, identity);
    if (!this.trust.allows(packet.length)) return false;
    try {
      this.send(packet);
      return true;
    } catch {
      // A port that was connected to somebody else meanwhile: as good as lost.
      return false;
    }
  }

  /** A message has come. Says whether one more ACK is waited for. */
  confirm(identity: number): boolean {
    const known = this.#incoming.get(identity);
    if (known === undefined) this.#incoming.set(identity, new Incoming(this, identity));
    else known.another();
    return known === undefined;
  }

  /** A copy of a message has come that was confirmed before. */
  confirmAgain(identity: number): void {
    const known = this.#incoming.get(identity);
    if (known === undefined) this.answer('recv', identity);
    else known.again();
  }

  /** An ACK has come. */
  acknowledged(identity: number): void {
    const message = this.#incoming.get(identity);
    if (message === undefined) return;
    this.trust.proveWeakly();
    message.acknowledged();
    this.pump();
  }

  /** @internal A message that has come needs no RECV any more. */
  finished(message: Incoming): void {
    this.#incoming.delete(message.identity);
    this.carrier.finished();
  }

  /** @internal A message that was sent once was confirmed after so many seconds. */
  sampled(roundTrip: number): void {
    this.rtt.sampled(roundTrip);
    this.window.sampled(roundTrip);
  }

  /** @internal A message was not confirmed in time. */
  timedOut(exchange: Outgoing): void {
    this.#flight.timedOut(exchange);
  }

  /** @internal Looks what must be lost, as something else was confirmed. */
  findLost(): void {
    const now = this.carrier.time.seconds();
    if (this.#flight.findLost(now - this.rtt.late)) this.window.lost(now, this.rtt.timeout, false);
  }

  /** @internal A message is over. */
  ended(exchange: Outgoing, wasQueued: boolean): void {
    if (wasQueued) this.#queue.remove(exchange);
    else this.#flight.ended(exchange);
    if (this.#held === exchange) this.#held = undefined;
    this.#lastActiveAt = this.carrier.time.seconds();
    if (exchange.state === 'confirmed') this.#lastConfirmedAt = this.#lastActiveAt;
    this.carrier.ended(exchange);
  }

  /** @internal A message is over, and its sender has been told. */
  goOn(): void {
    this.pump();
    this.carrier.settled();
  }

  /** Tells those who wait for room that they wait in vain. */
  failWriters(): void {
    this.#queue.failWriters(() => new DeliveryFailedError('stopped', 0, this.address));
  }

  /** Stops all timers. Its messages are the port's to end. */
  stop(): void {
    for (const message of this.#incoming.values()) message.stop();
    this.#incoming.clear();
    if (this.#paced?.active() === true) this.#paced.cancel();
    this.failWriters();
  }

  /** What is to leave next. */
  get #next(): Outgoing | undefined {
    return this.#flight.lost ?? this.#queue.first;
  }

  #mayStart(next: Outgoing): boolean {
    const { messages, weight } = this.#flight;
    if (!this.trust.full) return messages === 0 && this.allows(next);
    if (messages > 0 && this.inFlight + next.weight > this.window.size) return false;
    if (next.state === 'queued' && messages > 0 && weight + next.weight > LARGEST_WINDOW) return false;
    const { smoothed } = this.rtt;
    if (smoothed === undefined || smoothed < PACED_FROM) return true;
    const wait = this.#pacer.wait(this.carrier.time.seconds(), (PACE * this.window.size) / smoothed);
    if (wait === 0) {
      this.#pacer.left(next.weight);
      return true;
    }
    if (this.#paced?.active() !== true) this.#paced = this.carrier.time.callLater(wait, sendNext, this);
    return false;
  }
}

/** A name that shows in traces. */
function sendNext(peer: Peer): void {
  peer.pump();
}
