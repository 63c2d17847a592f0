/// <reference types="node" preserve="true" />
/**
 * Datagrams as IP packets: headers of IPv4 (RFC 791), IPv6 (RFC 8200) and UDP (RFC 768), with their checksums
 * (RFC 1071). Pure functions, for captures of what a simulated network carried.
 *
 * Between an IPv4 and an IPv6 address the packet is IPv6, the IPv4 address mapped into it (RFC 4291 section 2.5.5.2).
 * No options, no extension headers, no fragments. A payload longer than the 16-bit length fields can say is cut.
 */
import type { SegmentHeader } from './trace.js';
import { type Address, ipBytes } from '../../lib/address.js';
import { InvalidAddressError } from '../../lib/errors.js';

/** Protocol numbers, as IP headers name them. */
export const TCP = 6;
export const UDP = 17;

/**
 * A packet of IPv4 or IPv6, as the addresses are. `from` and `to` are IP literals (an IPv6 scope is left out);
 * `identification` is the field of that name in an IPv4 header, modulo 65536. A packet to a group has a TTL of 1,
 * others of 64.
 * @throws InvalidAddressError when `from` or `to` is no IP literal.
 */
export function ipPacket(from: string, to: string, protocol: number, payload: Uint8Array, identification = 0): Buffer {
  const [source, destination] = endsOf(from, to);
  if (source.length === 16) return ipv6Packet(source, destination, protocol, payload);
  const body = payload.subarray(0, 65535 - 20);
  const packet = Buffer.alloc(20 + body.length);
  packet[0] = 0x45; // version 4, a header of five words
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt16BE(identification & 0xffff, 4);
  packet.writeUInt16BE(0x4000, 6); // not to be fragmented: a link loses what is larger than its MTU
  packet[8] = destination[0]! >= 224 && destination[0]! < 240 ? 1 : 64;
  packet[9] = protocol;
  packet.set(source, 12);
  packet.set(destination, 16);
  packet.writeUInt16BE(checksum(sumOf(packet)), 10);
  packet.set(body, 20);
  return packet;
}

/**
 * A UDP header and its payload, for `ipPacket` to carry between the same addresses.
 * @throws InvalidAddressError when an address is no IP literal.
 */
export function udpSegment(from: Address, to: Address, payload: Uint8Array): Buffer {
  const family = endsOf(from.host, to.host)[0].length === 4 ? 4 : 6;
  const body = payload.subarray(0, 65535 - 8 - (family === 4 ? 20 : 0));
  const segment = Buffer.alloc(8 + body.length);
  segment.writeUInt16BE(from.port, 0);
  segment.writeUInt16BE(to.port, 2);
  segment.writeUInt16BE(segment.length, 4);
  segment.set(body, 8);
  // Zero would mean that there is no checksum.
  segment.writeUInt16BE(segmentChecksum(from.host, to.host, UDP, segment) || 0xffff, 6);
  return segment;
}

/** A TCP segment with its header (RFC 9293), no options; `sequence` and `acknowledged` modulo 2^32. */
export function tcpSegment(from: Address, to: Address, header: SegmentHeader, payload: Uint8Array): Buffer {
  const segment = Buffer.alloc(20 + payload.length);
  const { syn, ack, fin, rst, sequence, acknowledged, window } = header;
  segment.writeUInt16BE(from.port, 0);
  segment.writeUInt16BE(to.port, 2);
  segment.writeUInt32BE(sequence % 0x100000000, 4);
  segment.writeUInt32BE(acknowledged % 0x100000000, 8);
  segment[12] = 5 << 4; // a header of five words
  segment[13] = (fin ? 1 : 0) | (syn ? 2 : 0) | (rst ? 4 : 0) | (payload.length > 0 ? 8 : 0) | (ack ? 16 : 0);
  segment.writeUInt16BE(Math.min(window, 0xffff), 14);
  segment.set(payload, 20);
  segment.writeUInt16BE(segmentChecksum(from.host, to.host, TCP, segment), 16);
  return segment;
}

/**
 * The checksum over a segment of UDP or TCP, whose own field of it is zero, and the pseudo-header of RFC 768, RFC 9293
 * or RFC 8200.
 * @throws InvalidAddressError when `from` or `to` is no IP literal.
 */
export function segmentChecksum(from: string, to: string, protocol: number, segment: Uint8Array): number {
  const [source, destination] = endsOf(from, to);
  return checksum(sumOf(source) + sumOf(destination) + protocol + segment.length + sumOf(segment));
}

function ipv6Packet(source: Uint8Array, destination: Uint8Array, protocol: number, payload: Uint8Array): Buffer {
  const body = payload.subarray(0, 65535);
  const packet = Buffer.alloc(40 + body.length);
  packet[0] = 0x60; // version 6
  packet.writeUInt16BE(body.length, 4);
  packet[6] = protocol;
  packet[7] = destination[0] === 0xff ? 1 : 64;
  packet.set(source, 8);
  packet.set(destination, 24);
  packet.set(body, 40);
  return packet;
}

/** The bytes of both addresses, equally long. */
function endsOf(from: string, to: string): [source: Uint8Array, destination: Uint8Array] {
  const source = bytesOf(from);
  const destination = bytesOf(to);
  return source.length === destination.length ? [source, destination] : [mapped(source), mapped(destination)];
}

function bytesOf(host: string): Uint8Array {
  const bytes = ipBytes(host);
  if (bytes === undefined) throw new InvalidAddressError(host, 'a packet needs IP addresses');
  return bytes;
}

/** An address of IPv4 as one of IPv6: `::ffff:1.2.3.4`. */
function mapped(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 16) return bytes;
  const long = new Uint8Array(16);
  long.fill(0xff, 10, 12);
  long.set(bytes, 12);
  return long;
}

/** The sum of the 16-bit words, an odd last byte followed by a zero. Below 2^32 for all that a packet holds. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i + 1 < bytes.length; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  return bytes.length % 2 === 0 ? sum : sum + (bytes[bytes.length - 1]! << 8);
}

/** The ones' complement of the sum in ones' complement arithmetic. */
function checksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}
