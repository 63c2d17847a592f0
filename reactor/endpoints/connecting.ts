/**
 * One connection to be made, as a Deferred: what stands between a reactor's connector, which tells a factory, and whoever
 * waits for the protocol.
 *
 *     waiting --connected--> built --connectionMade has run--> (TLS is agreed on) --> made
 *        \-----------------------\--failed, cancelled, no protocol----------------> over
 *
 * The factory's protocol gets the connection itself; only its `makeConnection` is watched. TLS is begun before it, so that
 * all the protocol writes goes through TLS.
 */
import type { InternetAddress } from '../../lib/address.js';
import { Deferred, fail } from '../../lib/deferred/index.js';
import type { HookResult } from '../../lib/interfaces.js';
import type { Connector, StreamHandler, StreamTransport, TLSOptions } from '../../lib/stream.js';
import { NoProtocolError } from '../../lib/stream-errors.js';
import { ClientFactory, type Protocol } from '../../lib/stream-protocol.js';
import { asStreamProtocol } from '../stream-handler.js';
import type { ProtocolBuilder, ProtocolSource } from './endpoint.js';
import { intercept } from './intercept.js';
import { builderOf } from './protocol-source.js';

/** Has `open` make a connection for a factory, and, with `tls`, goes on in TLS. */
export function connecting<P extends StreamHandler>(
  source: ProtocolSource<P>,
  open: (factory: ClientFactory) => Connector,
  tls: TLSOptions | undefined,
): Deferred<P> {
  try {
    const attempt = new Attempt(source, tls);
    open(attempt);
    return attempt.made;
  } catch (error) {
    return fail(error);
  }
}

class Attempt<P extends StreamHandler> extends ClientFactory {
  readonly made: Deferred<P> = new Deferred(() => this.#giveUp());
  readonly #builder: ProtocolBuilder<P>;
  readonly #tls: TLSOptions | undefined;
  #connector: Connector | undefined;
  #transport: StreamTransport | undefined;
  #over = false;

  constructor(source: ProtocolSource<P>, tls: TLSOptions | undefined) {
    super();
    this.#builder = builderOf(source);
    this.#tls = tls;
  }

  override doStart(): HookResult {
    return this.#builder.doStart?.();
  }

  override doStop(): HookResult {
    return this.#builder.doStop?.();
  }

  override startedConnecting(connector: Connector): void {
    this.#connector = connector;
  }

  override clientConnectionFailed(_connector: Connector, reason: Error): void {
    this.#fail(reason);
  }

  override buildProtocol(peer: InternetAddress): Protocol | null {
    try {
      const built = this.#builder.buildProtocol(peer) ?? null;
      if (built === null) throw new NoProtocolError();
      if (this.#over) return null; // the factory has cancelled
      const protocol = asStreamProtocol(built);
      intercept(protocol, 'makeConnection', (make, transport) => this.#make(built, protocol, make, transport));
      return protocol;
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  /** `protocol` stands for what was built, where that is a plain object. */
  #make(
    built: P,
    protocol: Protocol,
    make: (transport: StreamTransport) => HookResult,
    transport: StreamTransport,
  ): HookResult {
    this.#transport = transport;
    try {
      if (this.#tls !== undefined) this.#secure(built, transport, this.#tls);
    } catch (error) {
      // A network without TLS. The protocol, which had no connection, loses none.
      intercept(protocol, 'connectionLost', () => {});
      transport.abortConnection();
      this.#fail(error);
      return;
    }
    let result: HookResult;
    try {
      result = make(transport);
    } catch (error) {
      this.#fail(error);
      throw error; // the connection reports it, and ends
    }
    if (this.#tls === undefined) this.#succeed(built);
    return result;
  }

  #secure(built: P, transport: StreamTransport, tls: TLSOptions): void {
    transport.startTLS({ ...tls, isServer: false }).addCallbacks(
      () => this.#succeed(built),
      (error) => this.#fail(error),
    );
  }

  #succeed(built: P): void {
    if (this.#over) return;
    this.#over = true;
    this.made.callback(built);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.made.errback(error);
  }

  #giveUp(): void {
    this.#over = true;
    if (this.#transport !== undefined) this.#transport.abortConnection();
    else if (this.#connector?.state === 'connecting') this.#connector.stopConnecting();
  }
}
