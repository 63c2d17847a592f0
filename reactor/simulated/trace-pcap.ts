/// <reference types="node" preserve="true" />
/**
 * A trace as a capture file for Wireshark, tshark and tcpdump: pcap with times in nanoseconds, link type LINKTYPE_RAW
 * (packets begin with the header of IP), little-endian on every platform.
 *
 * The capture shows what was sent, as at the sender's interface: one packet for each datagram or segment, with nothing of what
 * became of it on its way. In IPv4 the identification of a packet is the number of the datagram or segment in the trace, so that
 * `ip.id == 7` finds `#7`. A datagram longer than IP can carry is cut, and its record tells the length it had.
 */
import { ipPacket, TCP, tcpSegment, UDP, udpSegment } from './ip-packet.js';
import { timeText } from './trace-text.js';
import type { SentEvent, TraceEvent } from './trace.js';

/**
 * The whole file. Second 0 of the network's clock is shown as the beginning of 1970.
 * @throws InvalidAddressError when a datagram's address is no IP literal.
 */
export function toPcap(events: readonly TraceEvent[]): Buffer {
  const parts = [fileHeader()];
  for (const event of events) {
    if (event.type === 'sent') parts.push(...packetRecord(event));
  }
  return Buffer.concat(parts);
}

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINKTYPE_RAW = 101;
/** More than any packet: none is cut by the capture. */
const SNAPLEN = 262144;

function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(MAGIC_NANOSECONDS, 0);
  header.writeUInt16LE(2, 4); // version 2.4
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAPLEN, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  return header;
}

function packetRecord(event: SentEvent): [header: Buffer, packet: Buffer] {
  const { from, to, data } = event;
  const [protocol, payload, headerSize] =
    event.segment === undefined
      ? ([UDP, udpSegment(from, to, data), 8] as const)
      : ([TCP, tcpSegment(from, to, event.segment, data), 20] as const);
  const packet = ipPacket(from.host, to.host, protocol, payload, event.id);
  const missing = data.length - (payload.length - headerSize);
  // As written in the text of the trace, so that the two agree in every digit.
  const [seconds, nanoseconds] = timeText(event.time).split('.').map(Number) as [number, number];
  const header = Buffer.alloc(16);
  header.writeUInt32LE(seconds >>> 0, 0);
  header.writeUInt32LE(nanoseconds, 4);
  header.writeUInt32LE(packet.length, 8);
  header.writeUInt32LE(packet.length + missing, 12);
  return [header, packet];
}
