/**
 * IP addresses as text and as bytes: pure functions, no system calls. What counts as an IP literal is what Node's `net.isIP` accepts
 * (IPv4 in four decimal parts without leading zeros; IPv6 as in RFC 4291 section 2.2, with an optional `%scope`).
 */

/** Where a datagram comes from or goes to. `host` is an IP literal; an IPv6 scope is kept (`fe80::1%eth0`). */
export interface Address {
  readonly host: string;
  /** 0…65535; 1…65535 in a destination. */
  readonly port: number;
  /**
   * On a port opened with `packetInfo`: the address that the datagram was sent to, one of this host's or a group. What is
   * written to such an address leaves from there.
   */
  readonly destination?: string;
}

/** An end of a port or connection. */
export interface InternetAddress extends Address {
  readonly type: 'UDP' | 'TCP';
  readonly family: 'IPv4' | 'IPv6';
}

/** The family of an IP literal: 4, 6, or 0 when it is none (a hostname, say). */
export function ipFamily(host: string): 0 | 4 | 6 {
  if (IPV4.test(host)) return 4;
  return host.includes(':') && parseIPv6(host) !== undefined ? 6 : 0;
}

/** A frozen InternetAddress. */
export function internetAddress(type: 'UDP' | 'TCP', host: string, port: number): InternetAddress {
  return Object.freeze({ type, family: host.includes(':') ? 'IPv6' : 'IPv4', host, port });
}

/** The bytes of an IP literal (4 or 16; a scope is left out), or undefined when it is none. */
export function ipBytes(host: string): Uint8Array | undefined {
  if (IPV4.test(host)) return Uint8Array.from(host.split('.'), Number);
  return parseIPv6(host);
}

/**
 * One spelling for each address: RFC 5952 (lower case, longest run of zeros as `::`), the scope kept. Undefined for
 * what is no IP literal. An IPv4-mapped address stays an IPv6 address (`::ffff:1.2.3.4`).
 */
export function canonicalHost(host: string): string | undefined {
  if (IPV4.test(host)) return host;
  const bytes = parseIPv6(host);
  if (bytes === undefined) return undefined;
  const percent = host.indexOf('%');
  return formatIPv6(bytes) + (percent === -1 ? '' : host.slice(percent));
}

/** Whether an IP literal is a multicast group: 224.0.0.0/4 (RFC 5771) or ff00::/8 (RFC 4291). */
export function isMulticast(host: string): boolean {
  const bytes = ipBytes(host);
  if (bytes === undefined) return false;
  return bytes.length === 4 ? bytes[0]! >= 224 && bytes[0]! < 240 : bytes[0] === 0xff;
}

/** Whether an IP literal means "any local address": `0.0.0.0` or `::` in any spelling. */
export function isWildcard(host: string): boolean {
  return ipBytes(host)?.every((byte) => byte === 0) ?? false;
}

/** Whether an IP literal is of the own host only: 127.0.0.0/8 (RFC 1122) or `::1`. */
export function isLoopback(host: string): boolean {
  const bytes = ipBytes(host);
  if (bytes === undefined) return false;
  return bytes.length === 4 ? bytes[0] === 127 : bytes.every((byte, i) => byte === (i === 15 ? 1 : 0));
}

/** Text of 16 bytes as RFC 5952 has it. */
export function formatIPv6(bytes: Uint8Array): string {
  const words: number[] = [];
  for (let i = 0; i < 16; i += 2) words.push((bytes[i]! << 8) | bytes[i + 1]!);
  if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff) {
    return `::ffff:${bytes.slice(12).join('.')}`;
  }
  let start = -1;
  let length = 1; // a single zero word is not shortened
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && words[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
    if (end > i) i = end;
  }
  const hex = (part: number[]): string => part.map((word) => word.toString(16)).join(':');
  return start === -1 ? hex(words) : `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const WORD = /^[0-9a-fA-F]{1,4}$/;
const SCOPE = /^[0-9a-zA-Z\-.:]+$/;

function parseIPv6(host: string): Uint8Array | undefined {
  const percent = host.indexOf('%');
  if (percent !== -1 && !SCOPE.test(host.slice(percent + 1))) return undefined;
  const text = percent === -1 ? host : host.slice(0, percent);
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseWords(halves[0]!, halves.length === 1);
  const tail = halves.length === 1 ? [] : parseWords(halves[1]!, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const words = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const bytes = new Uint8Array(16);
  words.forEach((word, i) => {
    bytes[2 * i] = word >> 8;
    bytes[2 * i + 1] = word & 0xff;
  });
  return bytes;
}

/** The 16-bit words of one side of `::`; the last may be an IPv4 address where the text ends with it. */
function parseWords(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const words: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (WORD.test(part)) words.push(Number.parseInt(part, 16));
    else if (last && i === parts.length - 1 && IPV4.test(part)) {
      const [a, b, c, d] = part.split('.').map(Number) as [number, number, number, number];
      words.push((a << 8) | b, (c << 8) | d);
    } else return undefined;
  }
  return words;
}
