/**
 * Where a message can go: to one host, because only the peer that it went to can confirm it. Checked when it is sent, as it
 * may have to wait before it is written.
 */
import { type Address, canonicalHost, type InternetAddress, isMulticast, isWildcard } from '../../lib/address.js';
import { AddressError, InvalidAddressError } from '../../lib/errors.js';

/**
 * @throws RangeError for a port outside 1…65535.
 * @throws InvalidAddressError for a hostname, or an address of another family than the own one's.
 * @throws AddressError for a wildcard, a group, or `255.255.255.255`.
 */
export function checkDestination(address: Address, own: InternetAddress): void {
  const { host, port } = address;
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`A port is an integer between 1 and 65535, not ${String(port)}`);
  }
  if (host === '<broadcast>' || host === '255.255.255.255') throw new AddressError(`${host} is not one host`, address);
  const canonical = typeof host === 'string' ? canonicalHost(host) : undefined;
  if (canonical === undefined) {
    throw new InvalidAddressError(String(host), 'send() takes an IP address, not a hostname');
  }
  if (canonical.includes(':') !== (own.family === 'IPv6')) {
    throw new InvalidAddressError(host, `send() takes an address of the port's family, ${own.family}`);
  }
  const inner = MAPPED.exec(canonical)?.[1] ?? canonical;
  if (isWildcard(inner) || isMulticast(inner) || inner === '255.255.255.255') {
    throw new AddressError(`${host} is not one host`, address);
  }
}

/** Bytes that a datagram carries there. */
export function longestDatagram(address: Address, own: InternetAddress): number {
  return own.family === 'IPv4' || MAPPED.test(canonicalHost(address.host) ?? '') ? 65507 : 65527;
}

/** An IPv4 address that a port of IPv6 writes to. */
const MAPPED = /^::ffff:([\d.]+)$/;
