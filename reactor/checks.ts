/**
 * The checks of arguments that several parts of the reactor make, each written once.
 */
import { ipFamily } from '../lib/address.js';
import { InvalidAddressError } from '../lib/errors.js';

/** @throws RangeError unless `port` is an integer between `lowest` and 65535. */
export function checkPort(port: number, lowest: 0 | 1): void {
  if (!Number.isInteger(port) || port < lowest || port > 65535) {
    throw new RangeError(`A port is an integer between ${lowest} and 65535, not ${String(port)}`);
  }
}

/** @throws RangeError unless `value` is undefined or an integer between `lowest` and `highest`. */
export function checkInteger(name: string, value: number | undefined, lowest: number, highest: number): void {
  if (value !== undefined && !(Number.isInteger(value) && value >= lowest && value <= highest)) {
    throw new RangeError(`${name} is an integer between ${lowest} and ${highest}, not ${String(value)}`);
  }
}

/** @throws RangeError unless `size` can be a number of random bytes. */
export function checkSize(size: number): void {
  checkInteger('A number of bytes', size, 0, 0x7fffffff);
}

/** The family of a literal. @throws InvalidAddressError when `host` is no IP literal. */
export function checkLiteral(host: string, what: string): 4 | 6 {
  const family = typeof host === 'string' ? ipFamily(host) : 0;
  if (family === 0) throw new InvalidAddressError(String(host), `${what} takes an IP address, not a hostname`);
  return family;
}

/** @throws InvalidAddressError unless `host` is an IP literal of `family`. */
export function checkFamily(host: string, family: 4 | 6, what: string): void {
  if (checkLiteral(host, what) !== family) {
    throw new InvalidAddressError(host, `${what} takes an address of the port's family, IPv${family}`);
  }
}
