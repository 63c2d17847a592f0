/// <reference types="node" preserve="true" />
/**
 * One end of a simulated TCP connection (RFC 9293): the state machine, without sockets. It is given segments and time,
 * and gives segments.
 *
 *     syn-sent, syn-received --> established --> (each direction finished by its FIN) --> gone
 *
 * Limits: no congestion window (a fixed send window, what the peer has room for), no delayed acknowledgements, no
 * options, no urgent data, no simultaneous opening, no TIME-WAIT. Lost segments are sent again after three duplicate
 * acknowledgements, or when the retransmission timer runs out (RFC 6298, with its backoff).
 */
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import { SendBuffer } from './send-buffer.js';
import { systemError } from './system.js';
import type { Segment } from './tcp-segment.js';

/** What an end needs, and whom it tells. */
export interface EndContext {
  /** The largest piece of data in a segment. */
  readonly segmentSize: number;
  now(): number;
  callLater(delay: number, f: () => void): DelayedCall;
  transmit(segment: Segment, data: Buffer): void;
  established(): void;
  /** Bytes in order. Answers whether they were taken; if not they are kept until `read()`. */
  data(data: Buffer): boolean;
  /** The peer has finished, and all its bytes were taken. */
  ended(): void;
  /** Something written was acknowledged. */
  acknowledged(): void;
  /** It broke, or never came about. */
  failed(error: Error): void;
  /** Nothing is left of it. */
  gone(): void;
}

/** Bytes that an end has room for while nobody reads. */
const RECEIVE_BUFFER = 65536;

/** Seconds: the timer before there is a round trip to measure, its bounds, and the wait for the peer's FIN. */
const FIRST_TIMEOUT = 1;
const LEAST_TIMEOUT = 0.2;
const MOST_TIMEOUT = 120;
const FIN_WAIT = 60;

/** Keep-alive (RFC 9293, 3.8.4) by Linux's numbers: seconds of silence, seconds between probes, probes without an answer. */
const KEEP_IDLE = 7200;
const KEEP_INTERVAL = 75;
const KEEP_PROBES = 9;

/** How often a SYN, and anything else, is sent again before an end gives up: Linux's numbers. */
const SYN_RETRIES = 6;
const RETRIES = 15;

export class TCPEnd {
  readonly #context: EndContext;
  #state: 'syn-sent' | 'syn-received' | 'established' | 'gone';
  readonly #out = new SendBuffer(1);
  #unacknowledged = 0;
  #next = 0;
  #peerWindow = 0;
  #finishing = false;
  #finSent = false;
  #expected = 0;
  readonly #early = new Map<number, Buffer>();
  /** Where the peer's FIN stands, once known. */
  #finAt: number | undefined;
  #peerFinished = false;
  #endedTold = false;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  /** Nobody is there any more who would read. */
  #orphan = false;
  #timer: DelayedCall | undefined;
  #finWait: DelayedCall | undefined;
  #keepAlive: DelayedCall | undefined;
  #probes = 0;
  #timeout = FIRST_TIMEOUT;
  #retries = 0;
  #duplicates = 0;
  /** While lost segments are being made up for: the end of what had been sent then. */
  #recovery: number | undefined;
  #smoothed: number | undefined;
  #variation = 0;
  /** A sample being taken: when its segment is acknowledged, and since when. */
  #sample: { sequence: number; at: number } | undefined;

  /** An end that connects, or one that answers a SYN. */
  constructor(context: EndContext, answering: boolean) {
    this.#context = context;
    this.#state = answering ? 'syn-received' : 'syn-sent';
    if (answering) this.#expected = 1;
    this.#next = 1;
    this.#sendSyn();
    this.#arm();
  }

  /** Bytes written and not acknowledged. */
  get outstanding(): number {
    return this.#out.end - this.#out.start;
  }

  write(data: Buffer): void {
    if (this.#state === 'gone' || this.#finishing) return;
    this.#out.append(data);
    this.#output();
  }

  /** A FIN follows what was written. */
  finish(): void {
    if (this.#state === 'gone' || this.#finishing) return;
    this.#finishing = true;
    this.#output();
  }

  /** Nobody reads any more: what was written still leaves, what still comes is answered with a RST. */
  abandon(): void {
    if (this.#state === 'gone') return;
    if (this.#unreadBytes > 0) {
      this.reset();
      return;
    }
    this.#orphan = true;
    this.finish();
    this.#awaitEnd();
    this.#goIfDone();
  }

  /** Ends at once, with a RST to the peer where it knows of a connection. */
  reset(): void {
    if (this.#state === 'gone') return;
    if (this.#state !== 'syn-sent') this.#send({ rst: true }, this.#next);
    this.#go();
  }

  /** Whether a silent peer is asked, now and then, whether it is still there. */
  keepAlive(enabled: boolean): void {
    if (this.#keepAlive?.active()) this.#keepAlive.cancel();
    this.#keepAlive = undefined;
    this.#probes = 0;
    if (enabled && this.#state !== 'gone') this.#keepAlive = this.#context.callLater(KEEP_IDLE, () => this.#probe());
  }

  /** Somebody reads again. */
  read(): void {
    const closed = this.#window() < this.#context.segmentSize;
    while (this.#unread.length > 0) {
      const data = this.#unread[0]!;
      if (!this.#context.data(data)) break;
      this.#unread.shift();
      this.#unreadBytes -= data.length;
    }
    if (closed && this.#window() >= this.#context.segmentSize && this.#state === 'established') this.#acknowledge();
    this.#tellEnd();
    this.#goIfDone();
  }

  receive(segment: Segment, data: Buffer): void {
    if (this.#keepAlive !== undefined) this.keepAlive(true);
    switch (this.#state) {
      case 'gone':
        return;
      case 'syn-sent':
        this.#receiveAnswer(segment);
        return;
      case 'syn-received':
        if (segment.rst) {
          this.#go();
          return;
        }
        if (segment.syn) {
          this.#sendSyn();
          return;
        }
        if (!segment.ack || segment.acknowledged < 1) return;
        this.#state = 'established';
        this.#acknowledgedUpTo(segment);
        this.#context.established();
        break;
      case 'established':
        if (segment.rst) {
          this.#receiveReset(segment);
          return;
        }
        if (segment.syn) {
          // The acknowledgement of the peer's SYN was lost.
          this.#acknowledge();
          return;
        }
        if (segment.ack) this.#acknowledgedUpTo(segment, data);
    }
    if (this.#isGone()) return;
    this.#receiveData(segment, data);
    this.#output();
    this.#goIfDone();
  }

  /** Stops all timers without a word. */
  vanish(): void {
    this.#state = 'gone';
    this.#disarm();
    if (this.#finWait?.active()) this.#finWait.cancel();
    if (this.#keepAlive?.active()) this.#keepAlive.cancel();
    this.#keepAlive = undefined;
  }

  #isGone(): boolean {
    return this.#state === 'gone';
  }

  #receiveAnswer(segment: Segment): void {
    if (segment.rst) {
      if (segment.ack && segment.acknowledged === 1) this.#fail('ECONNREFUSED', 'connect ECONNREFUSED');
      return;
    }
    if (!segment.syn || !segment.ack || segment.acknowledged !== 1) return;
    this.#expected = 1;
    this.#state = 'established';
    this.#acknowledgedUpTo(segment);
    this.#acknowledge();
    this.#context.established();
    this.#output();
  }

  #receiveReset({ sequence }: Segment): void {
    // An old one, of no consequence (RFC 9293, 3.10.7.4).
    if (sequence < this.#expected || sequence > this.#expected + RECEIVE_BUFFER) return;
    if (this.#orphan) this.#go();
    else if (this.#peerFinished && this.#finSent && this.#unacknowledged === this.#out.end) {
      // The peer had all, and forgot the connection before its last acknowledgement arrived. What it sent may still be read.
      this.#unacknowledged = this.#next;
      this.#disarm();
      this.#goIfDone();
    } else this.#fail('ECONNRESET', 'read ECONNRESET');
  }

  #acknowledgedUpTo(segment: Segment, data?: Buffer): void {
    const { acknowledged, window } = segment;
    // Of what was never sent, or from before: it has been overtaken, and what it says of the window is not true any more.
    if (acknowledged > this.#next || acknowledged < this.#unacknowledged) return;
    if (acknowledged > this.#unacknowledged) {
      this.#unacknowledged = acknowledged;
      this.#out.release(acknowledged);
      this.#peerWindow = window;
      this.#duplicates = 0;
      this.#retries = 0;
      this.#measure(acknowledged);
      if (this.#recovery !== undefined) {
        if (acknowledged >= this.#recovery) this.#recovery = undefined;
        else this.#sendAgain();
      }
      this.#disarm();
      this.#arm();
      if (this.#orphan) this.#awaitEnd();
      this.#context.acknowledged();
      return;
    }
    const inFlight = this.#next > this.#unacknowledged;
    const same = acknowledged === this.#unacknowledged && window === this.#peerWindow;
    this.#peerWindow = window;
    // A peer without room that answers is there: it is asked for as long as it takes.
    if (!inFlight) {
      this.#retries = 0;
      if (window > 0) {
        this.#disarm();
        this.#measure(acknowledged);
      }
    }
    if (inFlight && same && data?.length === 0 && !segment.fin && ++this.#duplicates === 3) {
      this.#recovery ??= this.#next;
      this.#sendAgain();
    }
  }

  #receiveData(segment: Segment, data: Buffer): void {
    const { sequence, fin } = segment;
    if (fin) this.#finAt = sequence + data.length;
    if (data.length === 0 && !fin) {
      // A probe, whether there is room now; or an old segment.
      if (sequence < this.#expected) this.#acknowledge();
      return;
    }
    if (this.#orphan && data.length > 0 && sequence + data.length > this.#expected) {
      this.reset();
      return;
    }
    if (sequence <= this.#expected) this.#take(data.subarray(Math.min(data.length, this.#expected - sequence)));
    else if (sequence + data.length <= this.#expected + this.#window()) this.#early.set(sequence, data);
    this.#takeEarly();
    if (this.#isGone()) return;
    if (this.#finAt === this.#expected && !this.#peerFinished) {
      this.#expected++;
      this.#peerFinished = true;
    }
    this.#acknowledge();
    this.#tellEnd();
  }

  #takeEarly(): void {
    for (const [sequence, data] of [...this.#early].sort(([a], [b]) => a - b)) {
      if (sequence > this.#expected) break;
      this.#early.delete(sequence);
      this.#take(data.subarray(Math.min(data.length, this.#expected - sequence)));
    }
  }

  #take(data: Buffer): void {
    if (data.length === 0) return;
    const room = this.#window();
    const taken = data.length > room ? data.subarray(0, room) : data;
    if (taken.length === 0) return;
    this.#expected += taken.length;
    if (this.#unread.length === 0 && this.#context.data(taken)) return;
    this.#unread.push(taken);
    this.#unreadBytes += taken.length;
  }

  #tellEnd(): void {
    if (!this.#peerFinished || this.#endedTold || this.#unread.length > 0 || this.#isGone()) return;
    this.#endedTold = true;
    this.#context.ended();
  }

  #window(): number {
    return RECEIVE_BUFFER - this.#unreadBytes;
  }

  /** Sends what may be sent. */
  #output(): void {
    if (this.#state !== 'established') return;
    const limit = this.#unacknowledged + this.#peerWindow;
    while (this.#next < this.#out.end && this.#next < limit) {
      const length = Math.min(this.#context.segmentSize, this.#out.end - this.#next, limit - this.#next);
      const data = this.#out.slice(this.#next, length);
      this.#send({ ack: true }, this.#next, data);
      this.#next += data.length;
      this.#sample ??= { sequence: this.#next, at: this.#context.now() };
    }
    if (this.#finishing && !this.#finSent && this.#next === this.#out.end) {
      this.#finSent = true;
      this.#send({ fin: true, ack: true }, this.#next);
      this.#next++;
    }
    this.#arm();
  }

  /** Sends the first segment that is not acknowledged once more. */
  #sendAgain(): void {
    this.#sample = undefined; // Karn: an answer could be to either of the two
    const at = this.#unacknowledged;
    if (at === 0) this.#sendSyn();
    else if (at === this.#out.end) this.#send({ fin: true, ack: true }, at);
    else {
      const length = Math.min(this.#context.segmentSize, this.#next - at);
      this.#send({ ack: true }, at, this.#out.slice(at, length));
    }
  }

  #sendSyn(): void {
    this.#send({ syn: true, ack: this.#state !== 'syn-sent' }, 0);
  }

  #acknowledge(): void {
    this.#send({ ack: true }, this.#next);
  }

  #send(flags: Partial<Segment>, sequence: number, data: Buffer = NOTHING): void {
    const ack = flags.ack ?? this.#state !== 'syn-sent';
    this.#context.transmit(
      {
        syn: flags.syn ?? false,
        ack,
        fin: flags.fin ?? false,
        rst: flags.rst ?? false,
        sequence,
        acknowledged: ack ? this.#expected : 0,
        window: this.#window(),
      },
      data,
    );
  }

  /** RFC 6298, section 2. */
  #measure(acknowledged: number): void {
    const sample = this.#sample;
    if (sample !== undefined && acknowledged >= sample.sequence) {
      this.#sample = undefined;
      const measured = this.#context.now() - sample.at;
      if (this.#smoothed === undefined) {
        this.#smoothed = measured;
        this.#variation = measured / 2;
      } else {
        this.#variation = 0.75 * this.#variation + 0.25 * Math.abs(this.#smoothed - measured);
        this.#smoothed = 0.875 * this.#smoothed + 0.125 * measured;
      }
    }
    const timeout = this.#smoothed === undefined ? FIRST_TIMEOUT : this.#smoothed + 4 * this.#variation;
    this.#timeout = Math.min(Math.max(timeout, LEAST_TIMEOUT), MOST_TIMEOUT);
  }

  #arm(): void {
    const inFlight = this.#next > this.#unacknowledged;
    const shut = this.#state === 'established' && this.#next < this.#out.end;
    if (this.#isGone() || this.#timer?.active() || !(inFlight || shut)) return;
    this.#timer = this.#context.callLater(this.#timeout, () => this.#timedOut());
  }

  #disarm(): void {
    if (this.#timer?.active()) this.#timer.cancel();
    this.#timer = undefined;
  }

  #timedOut(): void {
    this.#timer = undefined;
    const most = this.#state === 'established' ? RETRIES : SYN_RETRIES;
    if (++this.#retries > most) {
      this.#fail('ETIMEDOUT', this.#state === 'syn-sent' ? 'connect ETIMEDOUT' : 'read ETIMEDOUT');
      return;
    }
    this.#timeout = Math.min(this.#timeout * 2, MOST_TIMEOUT);
    if (this.#next > this.#unacknowledged) {
      this.#recovery = this.#next;
      this.#sendAgain();
    } else {
      // The peer has no room: ask whether it has some now. Its answer may have been lost.
      this.#send({ ack: true }, this.#next - 1);
    }
    this.#arm();
  }

  /** Nobody is told any more: waits a while for the peer, from its last sign of life. */
  #awaitEnd(): void {
    if (this.#finWait?.active()) this.#finWait.cancel();
    this.#finWait = this.#context.callLater(FIN_WAIT, () => {
      // It has all, and keeps its way open: if it ever sends, it learns that nobody is here.
      if (this.#unacknowledged > this.#out.end) this.#go();
      else this.reset();
    });
  }

  #probe(): void {
    if (this.#probes++ === KEEP_PROBES) {
      this.#fail('ETIMEDOUT', 'read ETIMEDOUT');
      return;
    }
    this.#send({ ack: true }, this.#next - 1);
    this.#keepAlive = this.#context.callLater(KEEP_INTERVAL, () => this.#probe());
  }

  #goIfDone(): void {
    const finished = this.#finSent && this.#unacknowledged > this.#out.end;
    if (finished && this.#peerFinished && this.#unread.length === 0) this.#go();
  }

  #fail(code: string, message: string): void {
    const orphan = this.#orphan;
    this.#go();
    if (!orphan) this.#context.failed(systemError(code, message));
  }

  #go(): void {
    if (this.#isGone()) return;
    this.vanish();
    this.#context.gone();
  }
}

const NOTHING = Buffer.alloc(0);
