/**
 * A message that has come and was delivered, from then until its sender knows: RECV is sent, again and again, until there is
 * an ACK or it has been sent often enough.
 *
 *     confirming ── ACK, or sent often enough ──▶ done
 *
 * The first wait is twice that of a sender, whose own resend then comes first: its answer is one RECV for both.
 */
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import type { Peer } from './peer.js';
import { copyInterval } from './profile.js';

export class Incoming {
  readonly identity: number;
  readonly peer: Peer;
  readonly #firstSentAt: number;
  /** When it is done in any case: copies that keep coming put off a RECV, and not this. */
  readonly #endsAt: number;
  #lastSentAt = -Infinity;
  /** RECVs sent, and those of them that no copy of the message has asked for. */
  #sent = 0;
  #unasked = 0;
  #alarm: DelayedCall | undefined;

  constructor(peer: Peer, identity: number) {
    this.peer = peer;
    this.identity = identity;
    const { profile, time } = peer.carrier;
    this.#firstSentAt = time.seconds();
    this.#endsAt = this.#firstSentAt + profile.span + profile.patience;
    this.#unasked = 1;
    this.#confirm();
  }

  /** The message came again. One answer is enough for copies that come together. */
  again(): void {
    const { timeout, smoothed = timeout } = this.peer.rtt;
    if (this.#now - this.#lastSentAt >= Math.min(timeout / 4, smoothed)) this.#confirm();
  }

  /** Another message came under the same identity. */
  another(): void {
    this.#confirm();
  }

  /** The sender knows. */
  acknowledged(): void {
    if (this.#sent === 1) this.peer.rtt.sampled(this.#now - this.#firstSentAt);
    else this.peer.rtt.resent(this.#firstSentAt, this.#now);
    this.stop();
    this.peer.finished(this);
  }

  stop(): void {
    if (this.#alarm?.active() === true) this.#alarm.cancel();
    this.#alarm = undefined;
  }

  /** What the alarm calls. @internal */
  due(): void {
    const { live, profile } = this.peer.carrier;
    if (!live) return;
    if (this.#now >= this.#endsAt) {
      this.peer.finished(this);
    } else if (this.#unasked >= profile.confirmations || this.#now - this.#firstSentAt > profile.span) {
      this.#wakeAfter(Infinity);
    } else {
      this.#unasked++;
      this.#confirm();
    }
  }

  #confirm(): void {
    const now = this.#now;
    if (this.peer.answer('recv', this.identity)) {
      this.#sent++;
      this.#lastSentAt = now;
    }
    const { confirmations, span } = this.peer.carrier.profile;
    const elapsed = now - this.#firstSentAt;
    const most = Math.max(confirmations, this.#unasked + 1);
    this.#wakeAfter(copyInterval(this.#unasked, most, 2 * this.peer.rtt.timeout, elapsed, span, 0));
  }

  #wakeAfter(seconds: number): void {
    this.stop();
    const delay = Math.max(Math.min(seconds, this.#endsAt - this.#now), 0);
    this.#alarm = this.peer.carrier.time.callLater(delay, confirmAgain, this);
  }

  get #now(): number {
    return this.peer.carrier.time.seconds();
  }
}

/** A name that shows in traces. */
function confirmAgain(message: Incoming): void {
  message.due();
}
