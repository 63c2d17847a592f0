/**
 * A `lookup` for dgram that knows literals only and answers before it returns.
 */
import { ipFamily } from '../../lib/address.js';

/** Named by family, because dgram asks for 4 or 6 and takes whatever it is given. */
export function literalLookup(
  host: string,
  _options: unknown,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  const family = ipFamily(host);
  if (family !== 0) done(null, host, family);
  else done(Object.assign(new Error(`${host} is not an IP address`), { code: 'ENOTFOUND' }), '', 0);
}
