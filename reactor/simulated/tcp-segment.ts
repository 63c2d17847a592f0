/**
 * What stands in a TCP header, as far as a simulation has use for it. Sequence numbers count from 0, the SYN, and do
 * not wrap.
 */
export interface Segment {
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  /** Of the first byte, or of the SYN or FIN. */
  readonly sequence: number;
  /** The next byte that is expected from the other end; 0 without ACK. */
  readonly acknowledged: number;
  /** Bytes that the sender of this segment has room for. */
  readonly window: number;
}

/** Bytes of the headers of IP and TCP, without options. */
export const TCP_HEADERS = { 4: 40, 6: 60 } as const;
