/// <reference types="node" preserve="true" />
/**
 * What happened on a simulated network, in order: a discriminated union of plain objects, and its pictures, each a pure
 * function of the events in a file of its own. Equal seeds give equal traces, byte for byte.
 *
 * A trace with a limit keeps the last events only; `digest` covers all there ever were.
 */
import type { Address } from '../../lib/address.js';
import { Digest } from './digest.js';
import { toHTML } from './trace-html.js';
import { toMermaid } from './trace-mermaid.js';
import { toPcap } from './trace-pcap.js';
import { eventText } from './trace-text.js';

/** Why a datagram was lost. */
export type LossReason =
  /** By chance, as the link's conditions say. */
  | 'loss'
  /** The hosts were partitioned. */
  | 'partition'
  /** The link's queue was full. */
  | 'queue'
  /** Larger than the link's MTU. */
  | 'mtu'
  /** Nobody listens at that port: the sender is told, if it is connected. */
  | 'refused'
  /** The host is crashed. */
  | 'host-down'
  /** No host has that address. */
  | 'no-host'
  /** The sender's own system would not send it. */
  | 'unreachable'
  /** Broadcast without permission. */
  | 'broadcast'
  /** A TCP segment that the link has corrupted. */
  | 'checksum'
  /** A group nobody but the sender is in, or that no datagram of this TTL reaches. */
  | 'no-member';

interface EventBase {
  /** Seconds on the network's clock, in whole nanoseconds. */
  readonly time: number;
  /** The name of the host it happened on. */
  readonly host: string;
}

/** The TCP header of a segment. Sequence numbers count from 0, the SYN. */
export interface SegmentHeader {
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly window: number;
}

/** A datagram or TCP segment leaves a socket. */
export interface SentEvent extends EventBase {
  readonly type: 'sent';
  /** Counts the datagrams of the network from 1; what becomes of this one bears the same number. */
  readonly id: number;
  readonly from: Address;
  readonly to: Address;
  readonly data: Buffer;
  /** Of a TCP segment. */
  readonly segment?: SegmentHeader;
}

/** A datagram reaches a socket: several times when it was doubled, or sent to many. */
export interface DeliveredEvent extends EventBase {
  readonly type: 'delivered';
  readonly id: number;
  readonly from: Address;
  readonly to: Address;
  /** As it arrived: not what was sent, where the link corrupted it. */
  readonly data: Buffer;
  /** Of a TCP segment. */
  readonly segment?: SegmentHeader;
}

/** A datagram, or one copy of it, is lost. `host` is where it would have gone, or the sender where it never left. */
export interface LostEvent extends EventBase {
  readonly type: 'lost';
  readonly id: number;
  readonly from: Address;
  readonly to: Address;
  readonly reason: LossReason;
}

/** The report that nobody listens reaches the sender of datagram `id`. */
export interface RefusedEvent extends EventBase {
  readonly type: 'refused';
  readonly id: number;
  readonly from: Address;
  readonly to: Address;
}

/** A socket opens or closes. */
export interface SocketEvent extends EventBase {
  readonly type: 'opened' | 'closed';
  readonly address: Address;
}

/** A socket joins or leaves a group. */
export interface MembershipEvent extends EventBase {
  readonly type: 'joined' | 'left';
  readonly address: Address;
  readonly group: string;
  /** The one source that is heard, where one was named. */
  readonly source?: string;
}

/** A timed call of the host's reactor runs. */
export interface TimerEvent extends EventBase {
  readonly type: 'timer';
  /** The name of its function, or `<anonymous>`. */
  readonly name: string;
}

/** A host stops without warning, or comes back. */
export interface HostEvent extends EventBase {
  readonly type: 'crashed' | 'restarted';
}

/** The test changes what lies between two hosts. */
export interface LinkEvent extends EventBase {
  readonly type: 'link' | 'partition' | 'heal' | 'hold' | 'release';
  /** The other host. */
  readonly peer: string;
}

/** Something that happened on a simulated network. */
export type TraceEvent =
  | SentEvent
  | DeliveredEvent
  | LostEvent
  | RefusedEvent
  | SocketEvent
  | MembershipEvent
  | TimerEvent
  | HostEvent
  | LinkEvent;

/** What a simulated network remembers. */
export class Trace {
  readonly #limit: number;
  readonly #digest = new Digest();
  readonly #hosts: () => string[];
  #events: TraceEvent[] = [];

  /** @internal `limit`: events to keep, 0 for none. `hosts`: the names of the hosts, in the order of their making. */
  constructor(limit: number, hosts: () => string[]) {
    this.#limit = limit;
    this.#hosts = hosts;
  }

  /** @internal Whether anything is kept: ask before making an event. */
  get on(): boolean {
    return this.#limit > 0;
  }

  /** @internal */
  add(event: TraceEvent): void {
    this.#digest.add(eventText(event, { bytes: 'all' }));
    this.#events.push(event);
    // Cut now and then only: taking from the front of an array costs its length.
    if (this.#events.length >= 2 * this.#limit) this.#events = this.#events.slice(-this.#limit);
  }

  /** The events, oldest first; with a limit, the last ones. */
  get events(): readonly TraceEvent[] {
    if (this.#events.length > this.#limit) this.#events = this.#events.slice(-this.#limit);
    return this.#events;
  }

  /** A line for each event. */
  toString(): string {
    return this.events.map((event) => `${eventText(event)}\n`).join('');
  }

  /** A Mermaid sequence diagram: hosts as participants, datagrams as arrows. */
  toMermaid(): string {
    return toMermaid(this.events, this.#hosts());
  }

  /** A page of its own, without scripts from elsewhere: hosts as columns, time downwards, datagrams as arrows. */
  toHTML(): string {
    return toHTML(this.events, this.#hosts());
  }

  /** A capture of every datagram as it left, for Wireshark and tshark. */
  toPcap(): Buffer {
    return toPcap(this.events);
  }

  /** Text that is equal where all events, also those no longer kept, were equal in every byte; otherwise not. */
  digest(): string {
    return this.#digest.toString();
  }
}
