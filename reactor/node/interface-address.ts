/**
 * Network interfaces as the system wants them: by a local address in IPv4, by scope (`::%eth0`) in IPv6. Users may name
 * one either way, in both families.
 */
import { networkInterfaces } from 'node:os';
import { canonicalHost, ipFamily, isWildcard } from '../../lib/address.js';

/** @throws ENODEV when there is no such interface, or it has no address of the family. */
export function interfaceAddress(given: string, family: 4 | 6): string {
  if (given === '') return family === 4 ? '0.0.0.0' : '::';
  if (ipFamily(given) !== 0 && (family === 4 || given.includes('%') || isWildcard(given))) return given;
  const { name, address } = findInterface(given, family);
  return family === 4 ? address : `::%${name}`;
}

/**
 * The interface of that name, or of that address (with its scope, where one is given), and its first such address.
 * @throws ENODEV when there is no such interface, or it has no address of the family.
 */
export function findInterface(given: string, family: 4 | 6): { readonly name: string; readonly address: string } {
  const literal = ipFamily(given) !== 0;
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    for (const { address, family: addressFamily, scopeid } of addresses) {
      if (addressFamily !== `IPv${family}`) continue;
      const scoped = given.includes('%') && scopeid !== undefined && scopeid !== 0 ? `${address}%${name}` : address;
      if (literal ? canonicalHost(scoped) === canonicalHost(given) : name === given) return { name, address };
    }
  }
  throw Object.assign(new Error(`No interface ${given} with an IPv${family} address`), { code: 'ENODEV' });
}
