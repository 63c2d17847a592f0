/**
 * A datagram or TCP segment on its way, or the report that a datagram was refused.
 */
import type { Address } from '../../lib/address.js';
import type { Segment } from './tcp-segment.js';

export interface Packet {
  /** Counts the datagrams of the network from 1; a report bears the number of what it reports on. */
  readonly id: number;
  /** Frozen, and the same object for all that a socket sends from one address. */
  readonly from: Address;
  readonly to: Address;
  readonly data: Buffer;
  /** Bytes of the IP packet: data and headers. */
  readonly size: number;
  /** The name of the host it comes from. */
  readonly sender: string;
  readonly kind: 'unicast' | 'broadcast' | 'multicast' | 'refusal' | 'segment';
  /** The TCP header of a segment. */
  readonly segment?: Segment;
  /** How often this object has been put on its way to somebody: the bytes of the only copy need no copying. */
  copies: number;
}

/** Bytes of the headers of IP and UDP. */
export const HEADERS = { 4: 28, 6: 48 } as const;

/** Bytes of an ICMP "port unreachable": its headers, and the headers of what it reports on (RFC 792). */
export const REFUSAL_SIZE = 56;
