/// <reference types="node" preserve="true" />
/**
 * The bytes of gtUDP, as pure functions:
 *
 *     packet := MAGIC | TYPE | IDENTITY (4 bytes, big-endian) | DATA
 *
 * MAGIC is empty or any bytes, TYPE one of three identifiers of one length; both ends have to agree on them. RECV and ACK
 * carry no data, and what follows them is not looked at. There is no version, no checksum and no sequence number.
 */

/** The identifiers of the three types of packet: any three that differ and are of one length. */
export interface Identifiers {
  readonly data: Uint8Array;
  readonly recv: Uint8Array;
  readonly ack: Uint8Array;
}

export type PacketType = keyof Identifiers;

/** What two ends agree on, made by `wireFormat`. */
export interface WireFormat {
  /** What a packet of each type begins with: magic number and identifier. */
  readonly prefixes: Readonly<Record<PacketType, Buffer>>;
  /** Bytes before the data: of magic number, identifier and identity. */
  readonly headerLength: number;
}

/** A packet as `decode` gives it. */
export interface Packet {
  readonly type: PacketType;
  /** 0…2^32 − 1. */
  readonly identity: number;
  /** What follows the header; a view of the datagram. */
  readonly data: Buffer;
}

export const DEFAULT_IDENTIFIERS: Identifiers = {
  data: Uint8Array.of(0x1d),
  recv: Uint8Array.of(0x5f),
  ack: Uint8Array.of(0xae),
};

/**
 * Copies what it is given.
 * @throws RangeError unless the identifiers are of one length and differ.
 * @throws TypeError for what is no Uint8Array.
 */
export function wireFormat(
  magic: Uint8Array = new Uint8Array(),
  identifiers: Identifiers = DEFAULT_IDENTIFIERS,
): WireFormat {
  for (const bytes of [magic, identifiers.data, identifiers.recv, identifiers.ack]) {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('Magic number and identifiers are Uint8Arrays');
  }
  const data = Buffer.concat([magic, identifiers.data]);
  const recv = Buffer.concat([magic, identifiers.recv]);
  const ack = Buffer.concat([magic, identifiers.ack]);
  if (data.length !== recv.length || data.length !== ack.length) {
    throw new RangeError('The three identifiers must be of one length');
  }
  if (data.equals(recv) || data.equals(ack) || recv.equals(ack)) {
    throw new RangeError('The three identifiers must differ');
  }
  return { prefixes: { data, recv, ack }, headerLength: data.length + 4 };
}

/** A packet's bytes. `identity` is taken modulo 2^32. */
export function encode(format: WireFormat, type: PacketType, identity: number, data?: Uint8Array): Buffer {
  const prefix = format.prefixes[type];
  const packet = Buffer.allocUnsafe(format.headerLength + (data?.length ?? 0));
  packet.set(prefix);
  packet.writeUInt32BE(identity >>> 0, prefix.length);
  if (data !== undefined) packet.set(data, format.headerLength);
  return packet;
}

/** The packet in a datagram; undefined where it is none of this format: another magic or type, or too short. */
export function decode(format: WireFormat, datagram: Buffer): Packet | undefined {
  if (datagram.length < format.headerLength) return undefined;
  const { prefixes } = format;
  const type = startsWith(datagram, prefixes.data)
    ? 'data'
    : startsWith(datagram, prefixes.recv)
      ? 'recv'
      : startsWith(datagram, prefixes.ack)
        ? 'ack'
        : undefined;
  if (type === undefined) return undefined;
  return {
    type,
    identity: datagram.readUInt32BE(format.headerLength - 4),
    data: datagram.subarray(format.headerLength),
  };
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false;
  return true;
}
