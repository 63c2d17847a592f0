/**
 * Names to addresses: what needs no lookup, the deadline, cancelling, and the choice among the answers. The lookup
 * itself is the network's.
 */
import { ipFamily } from '../lib/address.js';
import type { Deferred } from '../lib/deferred/deferred.js';
import { withSignal } from '../lib/deferred/with-signal.js';
import { DNSLookupError } from '../lib/errors.js';
import type { ReactorTime, ResolveOptions } from '../lib/interfaces.js';
import type { Driver } from './network.js';

/** Seconds until a lookup fails when no timeout was given: the sum of Twisted's default. */
const DEFAULT_TIMEOUT = 60;

export class Resolver {
  readonly #clock: ReactorTime;
  readonly #driver: Pick<Driver, 'lookup'>;
  readonly #deferred: <T>(canceller?: (deferred: Deferred<T>) => void) => Deferred<T>;

  constructor(
    clock: ReactorTime,
    driver: Pick<Driver, 'lookup'>,
    deferred: <T>(canceller?: (deferred: Deferred<T>) => void) => Deferred<T>,
  ) {
    this.#clock = clock;
    this.#driver = driver;
    this.#deferred = deferred;
  }

  resolve(name: string, options: ResolveOptions): Deferred<string> {
    return this.resolveAll(name, options).addCallback(
      (addresses) => addresses.find((address) => ipFamily(address) === 4) ?? addresses[0]!,
    );
  }

  resolveAll(name: string, options: ResolveOptions): Deferred<string[]> {
    const { family = 0, timeout = DEFAULT_TIMEOUT, signal } = options;
    if (typeof name !== 'string') throw new TypeError('A name to resolve is a string');
    if (family !== 0 && family !== 4 && family !== 6) throw new RangeError(`No such family: ${String(family)}`);
    if (!(timeout >= 0)) throw new RangeError(`A timeout is 0 seconds or more, not ${String(timeout)}`);
    const literal = literalOf(name, family);
    if (literal !== undefined) {
      const done = this.#deferred<string[]>();
      if (family === 0 || ipFamily(literal) === family) done.callback([literal]);
      else done.errback(new DNSLookupError(name, `not an IPv${family} address`));
      return done;
    }
    if (name.includes('\0')) {
      // The system would look up what is before it.
      const done = this.#deferred<string[]>();
      done.errback(new DNSLookupError(name, 'not a name'));
      return done;
    }
    let over = (): void => {};
    const answer = this.#deferred<string[]>(() => over());
    const cancelLookup = this.#driver.lookup(name, family, (error, addresses) => {
      deadline?.cancel();
      if (error !== null) answer.errback(new DNSLookupError(name, error));
      else if (addresses.length === 0) answer.errback(new DNSLookupError(name, 'no addresses'));
      else answer.callback(addresses);
    });
    const deadline =
      timeout === Infinity
        ? undefined
        : this.#clock.callLater(timeout, () => {
            cancelLookup();
            answer.errback(new DNSLookupError(name, `no answer within ${timeout} s`));
          });
    over = () => {
      cancelLookup();
      if (deadline?.active()) deadline.cancel();
    };
    return signal === undefined ? answer : withSignal(answer, signal);
  }
}

/** What stands for itself: '' for any address, an IP literal. */
function literalOf(name: string, family: 0 | 4 | 6): string | undefined {
  if (name === '') return family === 6 ? '::' : '0.0.0.0';
  return ipFamily(name) === 0 ? undefined : name;
}
