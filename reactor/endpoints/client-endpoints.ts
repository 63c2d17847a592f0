/** Places that can be connected to. */
import type { Deferred } from '../../lib/deferred/index.js';
import type { ReactorTime } from '../../lib/interfaces.js';
import type { ConnectTCPOptions, ConnectUNIXOptions, ReactorTCP, StreamHandler } from '../../lib/stream.js';
import { checkLiteral, checkPort } from '../checks.js';
import { connecting } from './connecting.js';
import type { EndpointOptions, ProtocolSource, ReactorUNIX, StreamClientEndpoint, TLSSource } from './endpoint.js';
import { checkTimeout, DEFAULT_TIMEOUT, underSignal, withinTime, withTLS } from './limits.js';

/** Options of a TCPClientEndpoint. */
export interface TCPClientEndpointOptions extends ConnectTCPOptions {
  /** Seconds until there is a connection, the lookup of the name and the agreement on TLS included; 30 when left out. */
  timeout?: number;
  /** TLS from the first byte, or what finds it out for each connection. */
  tls?: TLSSource;
}

/** A TCP port of some host: `connectTCP` as an endpoint. For hosts that are given by name see HostnameEndpoint. */
export class TCPClientEndpoint implements StreamClientEndpoint {
  readonly #reactor: ReactorTCP & ReactorTime;
  readonly #place: { readonly host: string; readonly port: number };
  readonly #timeout: number;
  readonly #tls: TLSSource | undefined;
  readonly #options: ConnectTCPOptions;

  /**
   * @throws InvalidAddressError when `bindAddress` is not an IP literal.
   * @throws RangeError for a port outside 1…65535, or an option outside its range.
   */
  constructor(reactor: ReactorTCP & ReactorTime, host: string, port: number, options: TCPClientEndpointOptions = {}) {
    const { timeout = DEFAULT_TIMEOUT, tls, bindAddress } = options;
    checkConnectOptions(port, options);
    this.#reactor = reactor;
    this.#place = { host, port };
    this.#timeout = timeout;
    this.#tls = tls;
    // The time is taken here, because it is for more than the connector does.
    this.#options = bindAddress === undefined ? { timeout: Infinity } : { timeout: Infinity, bindAddress };
  }

  connect<P extends StreamHandler>(factory: ProtocolSource<P>, options: EndpointOptions = {}): Deferred<P> {
    const { host, port } = this.#place;
    return underSignal(options.signal, () => {
      const made = withTLS(this.#tls, (tls) =>
        connecting(
          factory,
          (watched) => this.#reactor.connectTCP(host, port, watched, this.#options),
          tls && { servername: host, ...tls },
        ),
      );
      return withinTime(made, this.#reactor, this.#timeout, this.#place);
    });
  }
}

/** A UNIX socket of this host. */
export class UNIXClientEndpoint implements StreamClientEndpoint {
  readonly #reactor: ReactorUNIX & ReactorTime;
  readonly #path: string;
  readonly #timeout: number;

  /** @throws RangeError for an option outside its range. */
  constructor(reactor: ReactorUNIX & ReactorTime, path: string, options: ConnectUNIXOptions = {}) {
    const { timeout = DEFAULT_TIMEOUT } = options;
    checkTimeout(timeout);
    this.#reactor = reactor;
    this.#path = path;
    this.#timeout = timeout;
  }

  connect<P extends StreamHandler>(factory: ProtocolSource<P>, options: EndpointOptions = {}): Deferred<P> {
    return underSignal(options.signal, () => {
      const made = connecting(
        factory,
        (watched) => this.#reactor.connectUNIX(this.#path, watched, { timeout: Infinity }),
        undefined,
      );
      return withinTime(made, this.#reactor, this.#timeout, { host: this.#path, port: 0 });
    });
  }
}

/**
 * @throws InvalidAddressError when `bindAddress` is not an IP literal.
 * @throws RangeError for a port outside 1…65535, or an option outside its range.
 */
export function checkConnectOptions(port: number, { timeout, bindAddress }: TCPClientEndpointOptions): void {
  checkPort(port, 1);
  checkTimeout(timeout);
  if (bindAddress === undefined) return;
  checkLiteral(bindAddress.host, 'bindAddress');
  checkPort(bindAddress.port ?? 0, 0);
}
