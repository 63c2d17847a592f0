/**
 * The addon as the driver sees it: packages/linux-x64/src/addon.c. A number that it answers is a result, or an errno as
 * a negative number.
 *
 * Addresses and datagrams pass through memory that both sides see, in records of 16 words of 32 bits (plait.h).
 */

/** What the platform package exports. */
export interface Addon {
  /** The number of this interface. */
  readonly version: number;
  /** Once for each environment. */
  start(
    onBatch: (socket: number, count: number) => void,
    onTrouble: (first: number, count: number) => void,
    onClosed: (socket: number) => void,
  ): SharedMemory;
  /** Opens and binds to the shared address, which becomes that of the socket. Answers the socket's number. */
  open(flags: number, recvBufferSize: number, sendBufferSize: number): number;
  /** A socket of a copy of a descriptor. */
  adopt(descriptor: number): number;
  /** Connects to the shared address, which becomes the peer as the system has it. */
  connect(socket: number): number;
  /** The interface of multicast in IPv4 takes its address from the shared source. */
  setOption(socket: number, option: number, value: number): number;
  getOption(socket: number, option: number): number;
  /** Joins or leaves the group that is the shared address, for the shared source or for all. */
  membership(socket: number, join: number, withSource: number, interfaceIndex: number): number;
  /** Sends what was written, of all sockets. */
  flush(): void;
  /** Closes. Answers 0 when something written has to leave first: then `onClosed` tells when it is done. */
  close(socket: number): number;
  /** 0 when there is no such interface. */
  interfaceIndex(name: string): number;
  /** The empty string when there is no such interface. */
  interfaceName(index: number): string;
  /** Where short datagrams are put from now on. */
  setBlock(block: ArrayBuffer): void;
}

/** The memory of both sides. */
export interface SharedMemory {
  readonly shared: ArrayBuffer;
  readonly input: ArrayBuffer;
  readonly output: ArrayBuffer;
  readonly trouble: ArrayBuffer;
  readonly inputBytes: ArrayBuffer;
  readonly outputBytes: ArrayBuffer;
}

/** Words of a record. */
export const RECORD = 16;

/** Words of the shared record. */
export const SHARED = {
  outCount: 0,
  outEnd: 1,
  blockUsed: 2,
  family: 3,
  port: 4,
  scope: 5,
  host: 6,
  source: 10,
} as const;

/** Words of a datagram that arrived. */
export const INPUT = {
  offset: 0,
  length: 1,
  flags: 2,
  port: 3,
  scope: 4,
  host: 5,
  destinationScope: 9,
  destination: 10,
} as const;
export const INPUT_FLAGS = { inSlab: 1, truncated: 2, destination: 4, ownAddress: 8 } as const;

/** Words of a datagram that was written. */
export const OUTPUT = {
  socket: 0,
  offset: 1,
  length: 2,
  flags: 3,
  port: 4,
  scope: 5,
  host: 6,
  sourceScope: 10,
  source: 11,
} as const;
export const OUTPUT_FLAGS = { named: 1, source: 2 } as const;

/** Words of trouble. */
export const TROUBLE = { socket: 0, kind: 1, error: 2, count: 3, port: 4, scope: 5, host: 6 } as const;
export const TROUBLE_KINDS = { lost: 0, icmp: 1, broken: 2 } as const;

/** The flags of `open`. */
export const OPEN_FLAGS = { reuseAddress: 1, reusePort: 2 } as const;

/** The options of `setOption` and `getOption`. */
export const OPTIONS = {
  broadcast: 0,
  multicastTTL: 1,
  multicastLoopback: 2,
  multicastInterface: 3,
  receiveErrors: 4,
  packetInfo: 5,
  recvBufferSize: 6,
  sendBufferSize: 7,
  reuseAddress: 8,
  reusePort: 9,
  ttl: 10,
  longest: 11,
} as const;
