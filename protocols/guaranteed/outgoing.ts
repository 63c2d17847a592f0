/// <reference types="node" preserve="true" />
/**
 * A message on its way out, from `send` until it is known what became of it:
 *
 *     queued ── first copy ──▶ sent ── RECV ──▶ confirmed
 *        │                     │  ▲ timer, or overtaken: another copy
 *        ▼                     ▼
 *      failed: its time is over, cancelled, stopped, refused
 *
 * It has a timer of its own, so that no other traffic can put off a resend. What a copy waits for besides time is for the
 * peer to say: window and pace before the first one, a proof of its address before any.
 */
import { Deferred } from '../../lib/deferred/deferred.js';
import { CancelledError } from '../../lib/deferred/errors.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import { DeliveryFailedError, type DeliveryFailure } from './errors.js';
import type { Flying } from './flight.js';
import type { Peer } from './peer.js';
import { copyInterval } from './profile.js';
import type { Queued } from './send-queue.js';

/** What `send` comes to: the peer has the message. */
export interface DeliveryReceipt {
  /** How often it was sent. */
  readonly attempts: number;
  /** Seconds from the first time it was sent until it was confirmed. */
  readonly roundTrip: number;
}

/** Bytes of a datagram that one packet of an ordinary network carries. */
const PACKET = 1472;
/** Of the shortest round trip: no answer takes less, and clocks are as exact. */
const TOO_SOON = 0.9;

export class Outgoing implements Queued, Flying {
  readonly identity: number;
  readonly peer: Peer;
  /** The bytes of the packet, as they are sent every time. */
  readonly datagram: Buffer;
  /** How many packets of the network it takes, about. */
  readonly weight: number;
  readonly result: Deferred<DeliveryReceipt>;
  previous: Queued | undefined = undefined;
  next: Queued | undefined = undefined;
  order = -1;
  readonly #deadline: number;
  #state: 'queued' | 'sent' | 'confirmed' | 'failed' = 'queued';
  #attempts = 0;
  /** Copies that were sent before their time. */
  #early = 0;
  #firstSentAt = 0;
  #lastSentAt = 0;
  #alarm: DelayedCall | undefined;
  /** What the alarm is for, once it was sent. */
  #alarmIs: 'copy' | 'end' = 'copy';
  /** A copy is due, and the peer may not be sent it yet. */
  #held = false;

  /** `deadline` is when it ends in any case; Infinity for never. */
  constructor(peer: Peer, identity: number, datagram: Buffer, deadline: number) {
    this.peer = peer;
    this.identity = identity;
    this.datagram = datagram;
    this.weight = Math.ceil(datagram.length / PACKET);
    this.#deadline = deadline;
    this.result = new Deferred(() => this.#failWith(new CancelledError()));
  }

  /** Bytes of the datagram. */
  get length(): number {
    return this.datagram.length;
  }

  get state(): 'queued' | 'sent' | 'confirmed' | 'failed' {
    return this.#state;
  }

  get attempts(): number {
    return this.#attempts;
  }

  get lastSentAt(): number {
    return this.#lastSentAt;
  }

  /** Whether a copy is due that the peer may not be sent yet. */
  get held(): boolean {
    return this.#held;
  }

  /** It has to wait in the queue. */
  wait(): void {
    this.#wakeAfter(this.peer.carrier.profile.queueTime);
  }

  /** Sends the first copy. */
  start(): void {
    this.#state = 'sent';
    this.#firstSentAt = this.#lastSentAt = this.#now;
    this.#send();
  }

  /** Sends a copy before its time: the first one is lost. */
  startAgain(): void {
    this.#early++;
    this.#send();
  }

  /** Sends the copy that was held back, if the peer may be sent it now, and it is not too late. */
  release(): void {
    if (!this.#held || this.#elapsed > this.peer.carrier.profile.span || !this.peer.allows(this)) return;
    this.#held = false;
    this.#send();
  }

  /** The peer has said that it has it. */
  confirm(): void {
    if (this.#state !== 'sent') return;
    const { peer } = this;
    const roundTrip = this.#elapsed;
    this.#learn(roundTrip);
    peer.window.arrived(this.weight, peer.inFlight);
    this.#end('confirmed');
    this.result.callback({ attempts: this.#attempts, roundTrip });
    peer.findLost();
    peer.goOn();
  }

  fail(reason: DeliveryFailure): void {
    this.#failWith(new DeliveryFailedError(reason, this.#attempts, this.peer.address));
  }

  /** What the alarm calls. @internal */
  due(): void {
    const { carrier, rtt, window } = this.peer;
    if (!carrier.live) return;
    const { attempts, span, patience } = carrier.profile;
    if (this.#state === 'queued' || this.#now >= this.#deadline) {
      this.fail('deadline');
    } else if (this.#alarmIs === 'end') {
      this.fail(this.#attempts >= attempts + this.#early ? 'attempts' : 'deadline');
    } else if (this.#elapsed > span) {
      this.#endAfter(patience);
    } else if (!this.peer.allows(this)) {
      this.#held = true;
      this.#endAfter(span - this.#elapsed + patience);
    } else {
      // Before there was a round trip the timeout is a guess, and to miss it no sign of a loss.
      if (rtt.smoothed !== undefined) window.lost(this.#now, rtt.timeout, true);
      this.peer.timedOut(this);
      this.#send();
      this.peer.pump();
    }
  }

  #send(): void {
    const { carrier, rtt } = this.peer;
    const { attempts, span, patience } = carrier.profile;
    try {
      this.peer.send(this.datagram);
    } catch (error) {
      this.#failWith(error as Error);
      return;
    }
    this.#attempts++;
    this.#lastSentAt = this.#now;
    const { timeout } = rtt;
    // A copy before its time costs none of those that have theirs.
    const most = attempts + this.#early;
    if (this.#attempts >= most) {
      this.#endAfter(Math.max(patience, timeout));
      return;
    }
    this.#alarmIs = 'copy';
    // The identity is as good as chance, and costs nothing.
    const spread = ((this.identity >>> 8) & 0xff) / 0x100;
    const waits = this.#attempts - this.#early;
    this.#wakeAfter(copyInterval(this.#attempts, most, timeout, this.#elapsed, span, spread, waits));
  }

  #failWith(error: Error): void {
    if (this.#state !== 'queued' && this.#state !== 'sent') return;
    if (this.#attempts > 0) this.peer.trust.disappoint();
    this.#end('failed');
    this.result.errback(error);
    this.peer.goOn();
  }

  /** No code of others may run in here: it would find things half done. */
  #end(state: 'confirmed' | 'failed'): void {
    const wasQueued = this.#state === 'queued';
    this.#state = state;
    this.#held = false;
    this.#cancelAlarm();
    this.peer.ended(this, wasQueued);
  }

  #endAfter(seconds: number): void {
    this.#alarmIs = 'end';
    this.#wakeAfter(seconds);
  }

  #wakeAfter(seconds: number): void {
    this.#cancelAlarm();
    const delay = Math.max(Math.min(seconds, this.#deadline - this.#now), 0);
    this.#alarm = this.peer.carrier.time.callLater(delay, resend, this);
  }

  #cancelAlarm(): void {
    if (this.#alarm?.active() === true) this.#alarm.cancel();
    this.#alarm = undefined;
  }

  /** What an answer tells of the path. Of which copy it is nobody knows, unless it is too soon to be of the second. */
  #learn(roundTrip: number): void {
    const { peer } = this;
    if (this.#attempts === 1) {
      peer.sampled(roundTrip);
    } else if (this.#attempts === 2 && this.#early === 1) {
      if (this.#now - this.#lastSentAt < TOO_SOON * peer.rtt.shortest) {
        peer.rtt.wasOvertaken(roundTrip);
        peer.window.restore();
      } else {
        peer.rtt.wasLost();
        peer.rtt.resent(this.#firstSentAt, this.#now);
      }
    } else {
      peer.rtt.resent(this.#firstSentAt, this.#now);
    }
  }

  get #now(): number {
    return this.peer.carrier.time.seconds();
  }

  get #elapsed(): number {
    return this.#now - this.#firstSentAt;
  }
}

/** A name that shows in traces. */
function resend(exchange: Outgoing): void {
  exchange.due();
}
