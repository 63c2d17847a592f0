/**
 * A trace as text, one line for each event, and the pieces of text that the other pictures share.
 *
 * A function of the event alone: no locale, no clock, nothing that differs between platforms. With `bytes: 'all'` two
 * different events have different lines, because names that could be mistaken for something else are quoted.
 */
import type { Address } from '../../lib/address.js';
import type { SegmentHeader, TraceEvent } from './trace.js';

/**
 * The event in one line, without the line break. `bytes`: `some` (the default) shows the first 32 bytes of a datagram
 * as text, `all` shows every byte in hexadecimal.
 */
export function eventText(event: TraceEvent, options?: { bytes?: 'all' | 'some' }): string {
  const what = details(event, options?.bytes === 'all');
  const start = `${timeText(event.time)}  ${nameText(event.host).padEnd(8)}  `;
  return what === '' ? start + event.type : `${start}${event.type.padEnd(9)}  ${what}`;
}

/** Seconds with nine decimals: whole nanoseconds. */
export function timeText(time: number): string {
  return time.toFixed(9);
}

/** Seconds as short as they go: three, six or nine decimals. */
export function shortTimeText(time: number): string {
  return timeText(time).replace(/(?:000){1,2}$/, '');
}

/** `10.0.0.1:5000`, `[fe80::1%eth0]:5000`. */
export function addressText(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** The first `limit` bytes in double quotes: printable ASCII as it is, the rest escaped; `…` after it where bytes are missing. */
export function excerpt(data: Uint8Array, limit: number): string {
  let text = '"';
  const end = Math.min(data.length, limit);
  for (let i = 0; i < end; i++) text += byteText(data[i]!);
  return data.length > limit ? `${text}"…` : `${text}"`;
}

/** What is shown of a datagram, or of a TCP segment, in little room. */
export function contentText(event: { data: Uint8Array; segment?: SegmentHeader }, limit: number): string {
  if (event.segment === undefined) return excerpt(event.data, limit);
  return event.data.length === 0
    ? segmentText(event.segment)
    : `${segmentText(event.segment)} ${excerpt(event.data, limit)}`;
}

/** The flags of a TCP segment with its numbers: `SYN ACK 0/1`; with its window where `all` is asked for. */
export function segmentText(segment: SegmentHeader, all = false): string {
  const { syn, fin, rst, ack, sequence, acknowledged, window } = segment;
  const flags = [syn && 'SYN', fin && 'FIN', rst && 'RST', ack && 'ACK'].filter(Boolean).join(' ');
  return `${flags} ${sequence}${ack ? `/${acknowledged}` : ''}${all ? ` window ${window}` : ''}`;
}

/** `1 byte`, `5 bytes`. */
export function sizeText(length: number): string {
  return length === 1 ? '1 byte' : `${length} bytes`;
}

/** A name as it is, or in double quotes with escapes where it has spaces, quotes or what cannot be seen. */
export function nameText(name: string): string {
  if (PLAIN.test(name)) return name;
  return `"${name.replace(UNPRINTABLE, (char) =>
    char === '"' || char === '\\' ? `\\${char}` : `\\u{${char.charCodeAt(0).toString(16)}}`,
  )}"`;
}

// By number, but for control characters: most properties of characters depend on the version of Unicode, hence of Node.
const PLAIN = /^[^\p{Cc} "\\\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+$/u;
const UNPRINTABLE = /[\p{Cc}"\\\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]/gu;

const ESCAPES = new Map([
  [0x22, '\\"'],
  [0x5c, '\\\\'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
]);

function byteText(byte: number): string {
  const escaped = ESCAPES.get(byte);
  if (escaped !== undefined) return escaped;
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte < 16 ? '0' : ''}${byte.toString(16)}`;
}

/** What the event tells beyond its time, host and type. */
function details(event: TraceEvent, all: boolean): string {
  switch (event.type) {
    case 'sent':
    case 'delivered':
      return `${way(event)}  ${event.segment === undefined ? '' : `${segmentText(event.segment, all)}  `}${bytesText(event.data, all)}`;
    case 'lost':
      return `${way(event)}  ${event.reason}`;
    case 'refused':
      return way(event);
    case 'opened':
    case 'closed':
      return addressText(event.address);
    case 'joined':
    case 'left': {
      const source = event.source === undefined ? '' : ` from ${event.source}`;
      return `${addressText(event.address)}  ${event.group}${source}`;
    }
    case 'timer':
      return nameText(event.name);
    case 'crashed':
    case 'restarted':
      return '';
    case 'link':
    case 'partition':
    case 'heal':
    case 'hold':
    case 'release':
      return nameText(event.peer);
    default:
      return event satisfies never;
  }
}

function way(event: { id: number; from: Address; to: Address }): string {
  return `${`#${event.id}`.padEnd(4)} ${addressText(event.from)} > ${addressText(event.to)}`;
}

function bytesText(data: Buffer, all: boolean): string {
  const size = sizeText(data.length);
  if (data.length === 0) return size;
  return `${size} ${all ? data.toString('hex') : excerpt(data, 32)}`;
}
