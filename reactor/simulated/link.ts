/**
 * One direction between two hosts: pure routing, no sockets. A datagram put on a link arrives some time later, once or
 * more than once, or is lost with a reason. Each link draws from a stream of its own, so that what happens on one does
 * not change the luck of another.
 */
import type { Conditions } from './conditions.js';
import { type HarmControl, type HarmKind, harmName } from './harm.js';
import type { Packet } from './packet.js';
import type { SeededRandom } from './random.js';
import type { LossReason } from './trace.js';

/** Where a link puts what becomes of a datagram. */
export interface LinkEnds {
  now(): number;
  arriveLater(delay: number, packet: Packet, link: Link): void;
  lost(packet: Packet, reason: LossReason, at: string): void;
}

export class Link {
  readonly from: string;
  readonly to: string;
  conditions: Conditions;
  partitioned = false;
  readonly #ends: LinkEnds;
  readonly #random: SeededRandom;
  readonly #harm: HarmControl;
  readonly #draw = (): number => this.#random.random();
  /** Datagrams put on this link so far. */
  #count = 0;
  /** What waits for `release`; undefined when nothing is held. */
  #held: Packet[] | undefined;
  /** When the last datagram that was put on the wire has left it. */
  #freeAt = 0;
  /** Datagrams waiting for the wire, by the time they get it. */
  readonly #waiting: { start: number; size: number }[] = [];
  #waitingBytes = 0;

  constructor(
    from: string,
    to: string,
    conditions: Conditions,
    ends: LinkEnds,
    random: SeededRandom,
    harm: HarmControl,
  ) {
    this.from = from;
    this.to = to;
    this.conditions = conditions;
    this.#ends = ends;
    this.#random = random;
    this.#harm = harm;
  }

  put(packet: Packet): void {
    if (this.#held !== undefined) {
      this.#held.push(packet);
      return;
    }
    if (this.partitioned) {
      this.#ends.lost(packet, 'partition', this.to);
      return;
    }
    const { conditions } = this;
    const ordinal = ++this.#count;
    if (packet.size > conditions.mtu) {
      this.#ends.lost(packet, 'mtu', this.to);
      return;
    }
    const wait = conditions.bandwidth === Infinity ? 0 : this.#wire(packet.size);
    if (wait === undefined) {
      this.#ends.lost(packet, 'queue', this.to);
      return;
    }
    if (conditions.loss > 0 && this.#strikes('loss', conditions.loss, ordinal)) {
      this.#ends.lost(packet, 'loss', this.to);
      return;
    }
    let arriving = packet;
    if (conditions.corrupt > 0 && this.#strikes('corrupt', conditions.corrupt, ordinal)) {
      // TCP's checksum finds it; a datagram arrives as it is, so that a protocol without its own is found out.
      if (packet.kind === 'segment') {
        this.#ends.lost(packet, 'checksum', this.to);
        return;
      }
      arriving = this.#corrupted(packet);
    }
    let latency = this.#latency(ordinal);
    if (conditions.reorder > 0 && this.#strikes('reorder', conditions.reorder, ordinal)) {
      latency += Math.max(latency, LEAST_HOLD) * (1 + 2 * this.#random.random());
    }
    this.#ends.arriveLater(wait + latency, arriving, this);
    if (conditions.duplicate > 0 && this.#strikes('duplicate', conditions.duplicate, ordinal)) {
      this.#ends.arriveLater(wait + this.#latency(ordinal), arriving, this);
    }
  }

  hold(): void {
    this.#held ??= [];
  }

  /** What was held is put on the link now, in its order. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const packet of held) this.put(packet);
  }

  /** How many datagrams are held. */
  get heldCount(): number {
    return this.#held?.length ?? 0;
  }

  /** Seconds until a packet has left the wire, or undefined when the queue before it has no room. */
  #wire(size: number): number | undefined {
    const now = this.#ends.now();
    while (this.#waiting.length > 0 && this.#waiting[0]!.start <= now) {
      this.#waitingBytes -= this.#waiting.shift()!.size;
    }
    const start = Math.max(now, this.#freeAt);
    if (start > now) {
      if (this.#waitingBytes + size > this.conditions.queue) return undefined;
      this.#waiting.push({ start, size });
      this.#waitingBytes += size;
    }
    this.#freeAt = start + (size * 8) / this.conditions.bandwidth;
    return this.#freeAt - now;
  }

  /** The draw is made whether the harm is allowed or not, so that switching one off leaves the others as they are. */
  #strikes(kind: HarmKind, share: number, ordinal: number): boolean {
    return this.#random.random() < share && this.#harm.allows(harmName(kind, this.#name, ordinal));
  }

  #latency(ordinal: number): number {
    const { latency } = this.conditions;
    if (typeof latency === 'number') return latency;
    if (typeof latency === 'function') {
      const drawn = latency(this.#draw);
      if (!(drawn >= 0 && drawn < Infinity)) throw new RangeError(`latency() gave ${drawn}, no number of seconds`);
      return this.#harm.allows(harmName('delay', this.#name, ordinal)) ? drawn : Math.min(drawn, latency(leastDraw));
    }
    const [min, max] = latency;
    const drawn = min + (max - min) * this.#random.random();
    return min === max || this.#harm.allows(harmName('delay', this.#name, ordinal)) ? drawn : min;
  }

  #corrupted(packet: Packet): Packet {
    if (packet.data.length === 0) return packet;
    const data = Buffer.from(packet.data);
    const bit = this.#random.below(data.length * 8);
    data[bit >> 3]! ^= 1 << (bit & 7);
    return { ...packet, data, copies: 0 };
  }

  get #name(): string {
    return `${this.from}>${this.to}`;
  }
}

/** Seconds by which a datagram is held back at least, where the link has no latency to speak of. */
const LEAST_HOLD = 0.0001;

const leastDraw = (): number => 0;
