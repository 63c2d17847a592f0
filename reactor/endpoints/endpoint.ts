/**
 * Endpoints: places that can be listened on or connected to, as objects. A program that is given an endpoint does not
 * care whether it is TCP, TLS or a UNIX socket, a name or an address.
 *
 * Every failure of `listen` and `connect` comes by the Deferred, also what the factory throws. To cancel the Deferred
 * gives up: it fails with a CancelledError at once, and nothing stays open.
 */
import type { InternetAddress } from '../../lib/address.js';
import type { Deferred } from '../../lib/deferred/index.js';
import type { HookResult } from '../../lib/interfaces.js';
import type {
  ClientFactoryLike,
  Connector,
  ConnectUNIXOptions,
  FactoryLike,
  ListenTCPOptions,
  ListenUNIXOptions,
  StreamHandler,
  TCPPort,
  TLSOptions,
} from '../../lib/stream.js';
import type { Protocol } from '../../lib/stream-protocol.js';

/** What can be listened on, any number of times. */
export interface StreamServerEndpoint {
  /** Takes connections, each with a protocol from the factory. Fires with the port once it listens. */
  listen(factory: FactoryLike, options?: EndpointOptions): Deferred<TCPPort>;
}

/** What can be connected to, any number of times. */
export interface StreamClientEndpoint {
  /**
   * Makes one connection. Fires with the protocol that the factory has built for it, when its `connectionMade` has run;
   * with TLS, when the peers have agreed. Fails with a ConnectionRefusedError, ConnectTimeoutError, ConnectError,
   * DNSLookupError, TLSError; a NoProtocolError when the factory has built none; what `buildProtocol`, `connectionMade`
   * or `startFactory` has thrown.
   */
  connect<P extends StreamHandler>(factory: ProtocolSource<P>, options?: EndpointOptions): Deferred<P>;
}

/** What makes protocols: a Factory, any object that builds them, or a function. Null refuses the connection. */
export type ProtocolSource<P extends StreamHandler = Protocol> =
  ProtocolBuilder<P> | ((peer: InternetAddress) => P | null);

/** The part of a Factory that endpoints use. Its protocols may be plain objects with hooks. */
export interface ProtocolBuilder<P extends StreamHandler = Protocol> {
  /** Called for the connection. Null, or nothing, refuses it. */
  buildProtocol(peer: InternetAddress): P | null;
  /** Called when there is an attempt. */
  doStart?(): HookResult;
  /** Called after the attempt, or at the end of the connection that it has become. */
  doStop?(): HookResult;
}

/** Options of `listen` and `connect`. */
export interface EndpointOptions {
  /** Cancels; the Deferred then fails with the signal's reason. */
  signal?: AbortSignal;
}

/** How to speak TLS, or what finds it out for each `listen` and `connect`: certificates are renewed while programs run. */
export type TLSSource = TLSOptions | (() => TLSOptions | PromiseLike<TLSOptions>);

/** A reactor that has UNIX sockets. */
export interface ReactorUNIX {
  /** Opens a UNIX socket for connections. */
  listenUNIX(path: string, factory: FactoryLike, options?: ListenUNIXOptions): TCPPort;
  /** Connects to a UNIX socket. */
  connectUNIX(path: string, factory: ClientFactoryLike, options?: ConnectUNIXOptions): Connector;
}

/** A reactor that has ports with TLS. */
export interface ReactorSSL {
  /** Opens a port for connections that speak TLS. */
  listenSSL(port: number, factory: FactoryLike, tls: TLSOptions, options?: ListenTCPOptions): TCPPort;
}
