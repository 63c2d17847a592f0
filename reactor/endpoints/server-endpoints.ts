/** Ports that can be listened on. */
import { Deferred, fail } from '../../lib/deferred/index.js';
import type { FactoryLike, ListenTCPOptions, ListenUNIXOptions, ReactorTCP, TCPPort } from '../../lib/stream.js';
import { checkInteger, checkLiteral, checkPort } from '../checks.js';
import type { EndpointOptions, ReactorSSL, ReactorUNIX, StreamServerEndpoint, TLSSource } from './endpoint.js';
import { underSignal, withTLS } from './limits.js';

/** Options of a TCPServerEndpoint. */
export interface TCPServerEndpointOptions extends ListenTCPOptions {
  /** TLS from the first byte: with a key and a certificate, or what gets them each time that the endpoint is listened on. */
  tls?: TLSSource;
}

/** A TCP port of this host. */
export class TCPServerEndpoint implements StreamServerEndpoint {
  readonly #reactor: ReactorTCP & ReactorSSL;
  readonly #port: number;
  readonly #tls: TLSSource | undefined;
  readonly #options: ListenTCPOptions;

  /**
   * Port 0: one that is free, each time.
   * @throws InvalidAddressError when `interface` is not an IP literal.
   * @throws RangeError for a port outside 0…65535, or an option outside its range.
   */
  constructor(reactor: ReactorTCP & ReactorSSL, port: number, options: TCPServerEndpointOptions = {}) {
    const { tls, ...listen } = options;
    checkPort(port, 0);
    if (listen.interface !== undefined && listen.interface !== '') checkLiteral(listen.interface, 'interface');
    checkBacklog(listen.backlog);
    this.#reactor = reactor;
    this.#port = port;
    this.#tls = tls;
    this.#options = listen;
  }

  listen(factory: FactoryLike, options: EndpointOptions = {}): Deferred<TCPPort> {
    return underSignal(options.signal, () =>
      withTLS(this.#tls, (tls) =>
        listening(() =>
          tls === undefined
            ? this.#reactor.listenTCP(this.#port, factory, this.#options)
            : this.#reactor.listenSSL(this.#port, factory, tls, this.#options),
        ),
      ),
    );
  }
}

/** A UNIX socket of this host. */
export class UNIXServerEndpoint implements StreamServerEndpoint {
  readonly #reactor: ReactorUNIX;
  readonly #path: string;
  readonly #options: ListenUNIXOptions;

  /** @throws RangeError for an option outside its range. */
  constructor(reactor: ReactorUNIX, path: string, options: ListenUNIXOptions = {}) {
    checkBacklog(options.backlog);
    this.#reactor = reactor;
    this.#path = path;
    this.#options = options;
  }

  listen(factory: FactoryLike, options: EndpointOptions = {}): Deferred<TCPPort> {
    return underSignal(options.signal, () =>
      listening(() => this.#reactor.listenUNIX(this.#path, factory, this.#options)),
    );
  }
}

/** Opens a port, and has it once it listens. */
function listening(open: () => TCPPort): Deferred<TCPPort> {
  let port: TCPPort;
  try {
    port = open();
  } catch (error) {
    return fail(error);
  }
  const opened = new Deferred<TCPPort>(() => port.listening.cancel());
  port.listening.addCallbacks(
    (address) => {
      opened.callback(port);
      return address;
    },
    (error) => {
      if (!opened.called) opened.errback(error);
    },
  );
  return opened;
}

function checkBacklog(backlog: number | undefined): void {
  checkInteger('backlog', backlog, 1, 0x7fffffff);
}
