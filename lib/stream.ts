/// <reference types="node" preserve="true" />
/**
 * What the parts of plait promise to each other about connections: ordered streams of bytes. All times are seconds.
 */
import type { InternetAddress } from './address.js';
import type { Deferred } from './deferred/deferred.js';
import type { HookResult, ReactorRandom, ReactorTime } from './interfaces.js';
import type { Factory, Protocol } from './stream-protocol.js';

/** Where a connection over a UNIX socket ends. */
export interface UnixAddress {
  readonly type: 'UNIX';
  /** The file of the socket; '' where the end has none. */
  readonly path: string;
}

/** An end of a connection. */
export type StreamAddress = InternetAddress | UnixAddress;

/** What makes data, and can be told to wait: a push producer. */
export interface PushProducer {
  /** Make no more until `resumeProducing`. */
  pauseProducing(): void;
  /** Go on. */
  resumeProducing(): void;
  /** Make no more, ever: nobody is there to take it. */
  stopProducing(): void;
}

/** What makes a piece of data each time it is asked: a pull producer. */
export interface PullProducer {
  /** Write one piece. */
  resumeProducing(): void;
  /** Write no more, ever: nobody is there to take it. */
  stopProducing(): void;
}

/**
 * What a stream protocol writes to. When the connection is lost, writes are ignored: a peer may go at any time, and its
 * protocol need not look before each write. So they are after `loseConnection` and `loseWriteConnection`, but for what
 * the same turn still writes, and a registered producer.
 */
export interface StreamTransport {
  /** Sends bytes, in order, after what was written before; text goes as UTF-8. `data` may be reused at once. @throws TypeError */
  write(data: Uint8Array | string): void;
  /** Writes one after the other. @throws TypeError */
  writeSequence(list: Iterable<Uint8Array | string>): void;
  /** Gives the network now what this turn has written, instead of at its end. */
  flush(): void;
  /**
   * Closes the connection when everything written has left, and a registered producer is done. What still arrives is
   * thrown away. A peer that goes on sending may be told of a reset, and lose what it has not read yet: where it must not,
   * `loseWriteConnection`, and this when the peer has ended.
   */
  loseConnection(): void;
  /** Closes the way to the peer when everything written has left and a registered producer is done; the peer is still heard. */
  loseWriteConnection(): void;
  /** Ends the connection at once (RST): what was not sent is lost. */
  abortConnection(): void;
  /** This end. */
  getHost(): StreamAddress;
  /** The other end. */
  getPeer(): StreamAddress;
  /** Whether small writes leave at once instead of waiting for the peer's answer to the one before. No effect on UNIX sockets. */
  setTcpNoDelay(enabled: boolean): void;
  /** What was set; false at first. */
  getTcpNoDelay(): boolean;
  /** Whether the system looks now and then whether a silent peer is still there. No effect on UNIX sockets. */
  setTcpKeepAlive(enabled: boolean): void;
  /** What was set; false at first. */
  getTcpKeepAlive(): boolean;
  /** Nothing is delivered until `resumeProducing`, nor is the peer's end; a peer that sends much is slowed down. */
  pauseProducing(): void;
  /** No effect while the connection is being closed. */
  resumeProducing(): void;
  /** As `loseConnection`. */
  stopProducing(): void;
  /**
   * Ties what makes the data to the speed of the peer. A streaming (push) producer is paused while more than 64 KiB wait
   * to be sent and resumed when all is sent; a pull producer is asked now, and each time all is sent.
   * @throws ProducerError while another one is registered.
   */
  registerProducer(producer: PushProducer, streaming: true): void;
  /** A producer that is asked for each piece. @throws ProducerError while another one is registered. */
  registerProducer(producer: PullProducer, streaming: false): void;
  /** The producer is done. */
  unregisterProducer(): void;
  /**
   * From here on the connection is TLS, over what it was. The Deferred fires when the peers have agreed; if they do not,
   * it fails, and so does the connection.
   * @throws NotSupportedError on a network without TLS.
   * @throws AlreadyConnectedError when TLS is spoken already.
   * @throws NotConnectedError when the connection is closed, or is being closed.
   */
  startTLS(options?: TLSOptions): Deferred<void>;
  /** What the peer has proved to be; undefined without TLS, or without a certificate. */
  getPeerCertificate(): PeerCertificate | undefined;
  /** The protocol agreed on by ALPN (RFC 7301); undefined where none was. */
  readonly negotiatedProtocol: string | undefined;
  /** A protocol takes its time and its randomness from here. */
  readonly reactor: ReactorTime & ReactorRandom;
  /** Bytes written that the network has not taken yet. */
  readonly writeQueueSize: number;
}

/** How to speak TLS; texts are PEM. */
export interface TLSOptions {
  /** Whether this end answers the handshake; by default the end that was connected to does. */
  isServer?: boolean;
  key?: string | Uint8Array;
  cert?: string | Uint8Array;
  /** Who is trusted, instead of the system's list. */
  ca?: string | Uint8Array | (string | Uint8Array)[];
  /** Whether a peer without a trusted certificate is refused: clients do so by default, servers do not. */
  rejectUnauthorized?: boolean;
  /** Whether a server asks its clients for certificates. */
  requestCert?: boolean;
  /** What the certificate of the server must be for; the host connected to when left out. */
  servername?: string;
  /** What to offer or accept by ALPN, best first. */
  alpnProtocols?: string[];
}

/** What a certificate says of its owner. */
export interface PeerCertificate {
  /** Whether it was checked and is trusted. */
  readonly authorized: boolean;
  readonly subject: Readonly<Record<string, string | string[]>>;
  readonly issuer: Readonly<Record<string, string | string[]>>;
  /** The names it is for (`DNS:example.org, IP Address:…`). */
  readonly subjectAltName: string | undefined;
  /** SHA-256 of the certificate, as hex pairs with colons. */
  readonly fingerprint256: string;
  /** The certificate itself, DER. */
  readonly raw: Buffer;
}

/**
 * The hooks of a protocol as a plain object: those it needs, each with the transport as last argument. Any number of
 * connections may have the same object. What the hooks mean: Protocol and HalfCloseable.
 */
export interface StreamHandler {
  /** There is a connection. */
  connectionMade?(transport: StreamTransport): HookResult;
  /** Bytes came, in any pieces. */
  dataReceived?(data: Buffer, transport: StreamTransport): HookResult;
  /** The connection is over. */
  connectionLost?(reason: Error, transport: StreamTransport): HookResult;
  /** The peer will send no more; without this hook the connection is closed. */
  readConnectionLost?(transport: StreamTransport): HookResult;
  /** `loseWriteConnection` is done. */
  writeConnectionLost?(transport: StreamTransport): HookResult;
  /** TLS has been agreed on. */
  handshakeCompleted?(transport: StreamTransport): HookResult;
}

/** Makes the protocol of a connection: a Factory, or a function. Null refuses the connection. */
export type FactoryLike = Factory | ((peer: InternetAddress) => Protocol | StreamHandler | null);

/** A factory for connections made from here: a ClientFactory, any Factory, or a function. */
export type ClientFactoryLike = FactoryLike;

/** Options of `listenTCP`. */
export interface ListenTCPOptions {
  /** The local address, an IP literal; `0.0.0.0` when left out. `::` takes IPv4 too. */
  interface?: string;
  /** Connections that the system keeps until they are taken; 511 when left out. The system may limit it. */
  backlog?: number;
}

/** Options of `connectTCP`. */
export interface ConnectTCPOptions {
  /** Seconds that an attempt may take, the lookup of the name included; 30 when left out. */
  timeout?: number;
  /** The local end; the system chooses a port that is left out. */
  bindAddress?: { host: string; port?: number };
}

/** Options of `listenUNIX`. */
export interface ListenUNIXOptions {
  /** Connections that the system keeps until they are taken; 511 when left out. */
  backlog?: number;
}

/** Options of `connectUNIX`. */
export interface ConnectUNIXOptions {
  /** Seconds that an attempt may take; 30 when left out. */
  timeout?: number;
}

/** A reactor that has connections. */
export interface ReactorTCP {
  /** Opens a port for connections. @throws InvalidAddressError, RangeError */
  listenTCP(port: number, factory: FactoryLike, options?: ListenTCPOptions): TCPPort;
  /** Connects to a host. @throws RangeError */
  connectTCP(host: string, port: number, factory: ClientFactoryLike, options?: ConnectTCPOptions): Connector;
}

/** An open port that takes connections. */
export interface TCPPort extends AsyncDisposable {
  /** Fires with the address once the port listens; fails with a CannotListenError. */
  readonly listening: Deferred<InternetAddress>;
  /** @throws NotConnectedError before the port listens. */
  getHost(): InternetAddress;
  /** Takes no more connections; those there are go on. Each call gets a Deferred that fires when the port is closed. */
  stopListening(): Deferred<void>;
}

/** A connection that is being made, or was: it can be made again. */
export interface Connector {
  readonly state: 'disconnected' | 'connecting' | 'connected';
  /** Tries (again); without effect while the reactor shuts down. @throws ConnectorStateError unless disconnected. */
  connect(): void;
  /** Gives up an attempt, which fails with a UserAbortError. @throws ConnectorStateError unless connecting. */
  stopConnecting(): void;
  /** Gives up the attempt, or closes the connection. Harmless when disconnected. */
  disconnect(): void;
  /** Where to, as asked for: `host` may be a name. */
  getDestination(): { readonly host: string; readonly port: number } | UnixAddress;
}
