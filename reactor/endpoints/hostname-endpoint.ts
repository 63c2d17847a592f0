/** Hosts by name, of which several addresses are tried. */
import { ipFamily } from '../../lib/address.js';
import type { Deferred } from '../../lib/deferred/index.js';
import { InvalidAddressError } from '../../lib/errors.js';
import type { ReactorCore, ReactorTime } from '../../lib/interfaces.js';
import type { ReactorTCP, StreamHandler, TLSOptions } from '../../lib/stream.js';
import { checkConnectOptions, TCPClientEndpoint, type TCPClientEndpointOptions } from './client-endpoints.js';
import type { EndpointOptions, ProtocolSource, StreamClientEndpoint } from './endpoint.js';
import { happyEyeballs } from './happy-eyeballs.js';
import { DEFAULT_TIMEOUT, underSignal, withinTime, withTLS } from './limits.js';
import { builderOf, inPlaceOf } from './protocol-source.js';

/** Options of a HostnameEndpoint. */
export interface HostnameEndpointOptions extends TCPClientEndpointOptions {
  /** Only addresses of this family. A `bindAddress` allows those of its own family only. */
  family?: 4 | 6;
  /** Seconds between the beginnings of two attempts; 0.25 when left out, 0.01 at least. */
  attemptDelay?: number;
}

/** What a HostnameEndpoint needs of its reactor. */
export type HostnameReactor = ReactorTCP & ReactorTime & Pick<ReactorCore, 'resolveAll'>;

/** RFC 8305, section 8: the Connection Attempt Delay, and the least that it may be. */
const ATTEMPT_DELAY = 0.25;
const LEAST_ATTEMPT_DELAY = 0.01;

/**
 * A TCP port of a host given by its name. Its addresses are tried as RFC 8305 (Happy Eyeballs) has it: IPv6 and IPv4 in
 * turns, a little apart; the first to be connected is taken, and no other attempt goes on. The factory is asked for one
 * protocol only. Where all fail, it is with the error that tells most.
 */
export class HostnameEndpoint implements StreamClientEndpoint {
  readonly #reactor: HostnameReactor;
  readonly #place: { readonly host: string; readonly port: number };
  readonly #options: HostnameEndpointOptions;
  readonly #families: readonly (4 | 6)[];

  /**
   * `host` may be an IP literal: then it is the one address.
   * @throws InvalidAddressError when `bindAddress` is not an IP literal, or an address is not of the family asked for.
   * @throws RangeError for a port outside 1…65535, or an option outside its range.
   */
  constructor(reactor: HostnameReactor, host: string, port: number, options: HostnameEndpointOptions = {}) {
    const { family, attemptDelay = ATTEMPT_DELAY } = options;
    if (typeof host !== 'string') throw new TypeError('A host is a string');
    checkConnectOptions(port, options);
    if (family !== undefined && family !== 4 && family !== 6) throw new RangeError(`No such family: ${String(family)}`);
    if (!(attemptDelay >= LEAST_ATTEMPT_DELAY)) {
      throw new RangeError(`attemptDelay is ${LEAST_ATTEMPT_DELAY} seconds or more, not ${String(attemptDelay)}`);
    }
    this.#reactor = reactor;
    this.#place = { host, port };
    this.#options = options;
    this.#families = familiesOf(host, options);
  }

  connect<P extends StreamHandler>(factory: ProtocolSource<P>, options: EndpointOptions = {}): Deferred<P> {
    const { host } = this.#place;
    const { tls: source, timeout = DEFAULT_TIMEOUT, attemptDelay = ATTEMPT_DELAY } = this.#options;
    return underSignal(options.signal, () => {
      const builder = builderOf(factory);
      const made = withTLS(source, (tls) => {
        const secure = tls && { servername: host, ...tls };
        if (ipFamily(host) !== 0) return this.#at(host, secure).connect(builder);
        return happyEyeballs({
          clock: this.#reactor,
          families: this.#families,
          attemptDelay,
          lookUp: (family) => this.#reactor.resolveAll(host, { family, timeout: Infinity }),
          connect: (address, won) => {
            // The factory is asked for a protocol when there is a connection.
            const contender = inPlaceOf(builder, (peer) => {
              won();
              return builder.buildProtocol(peer);
            });
            return this.#at(address, secure).connect(contender);
          },
        });
      });
      return withinTime(made, this.#reactor, timeout, this.#place);
    });
  }

  /** One of its addresses. The time is taken for all of them together. */
  #at(address: string, tls: TLSOptions | undefined): TCPClientEndpoint {
    const { bindAddress } = this.#options;
    return new TCPClientEndpoint(this.#reactor, address, this.#place.port, {
      timeout: Infinity,
      ...(tls === undefined ? {} : { tls }),
      ...(bindAddress === undefined ? {} : { bindAddress }),
    });
  }
}

/** The families to look up. @throws InvalidAddressError where an address that is given is of none of them. */
function familiesOf(host: string, { family, bindAddress }: HostnameEndpointOptions): (4 | 6)[] {
  const local = bindAddress === undefined ? undefined : ipFamily(bindAddress.host);
  const families = ([6, 4] as const).filter((each) => (family ?? each) === each && (local ?? each) === each);
  const literal = ipFamily(host);
  const [given, one] = families.length === 0 ? [bindAddress!.host, family] : [host, families[0]];
  if (families.length === 0 || (literal !== 0 && !families.includes(literal))) {
    throw new InvalidAddressError(given, `must be of IPv${one}, as the other addresses`);
  }
  return families;
}
