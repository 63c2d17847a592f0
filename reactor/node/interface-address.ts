/**
 * Network interfaces as the system wants them: by a local address in IPv4, by scope (`::%eth0`) in IPv6. Users may name
 * one either way, in both families.
 */
import { networkInterfaces } from 'node:os';
import { canonicalHost, ipFamily, isWildcard } from '../../lib/address.js';

/** @throws ENODEV when there is no such interface, or it has no address of the family. */
export function interfaceAddress(given: string, family: 4 | 6): string {
  if (given === '') return family === 4 ? '0.0.0.0' : '::';
  const literal = ipFamily(given) !== 0;
  if (literal && (family === 4 || given.includes('%') || isWildcard(given))) return given;
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    for (const { address, family: addressFamily } of addresses) {
      if (addressFamily !== `IPv${family}`) continue;
      if (literal ? canonicalHost(address) === canonicalHost(given) : name === given) {
        return family === 4 ? address : `::%${name}`;
      }
    }
  }
  throw Object.assign(new Error(`No interface ${given} with an IPv${family} address`), { code: 'ENODEV' });
}
