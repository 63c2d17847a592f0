/// <reference types="node" preserve="true" />
/**
 * The driver interface: the few calls that a network must answer. Ports hold the semantics (states, checks, named
 * errors, ordering); a driver only moves bytes, tells the time and reports trouble with errno codes.
 *
 * Rules for a driver: `send` never answers synchronously and copies what it is given; nothing reaches a sink inside the
 * call that opened or wrote; after `close` no sink is called again.
 */
import type { Address } from '../lib/address.js';
import type { DatagramSocketOptions, Origin } from '../lib/interfaces.js';
import type { PeerCertificate, StreamAddress, TLSOptions } from '../lib/stream.js';

/** A kind of network. One object serves any number of reactors; `attach` makes each its own driver. */
export interface Network {
  /** `node`, `simulated`, `native` … */
  readonly name: string;
  /** Makes the driver of one reactor. It opens nothing yet. */
  attach(owner: NetworkOwner): Driver;
}

/** What a driver tells its reactor. */
export interface NetworkOwner {
  /**
   * The time asked for by `wakeAt` has come, or may have come: being early is harmless. Runs the calls that are due,
   * `most` of them at most, and answers whether calls that were due are left.
   */
  wake(most?: number): boolean;
  /** Something failed that belongs to no socket. */
  failed(error: Error, origin: Origin): void;
  /** The machine is gone, and with it every socket, without a word: no hook of the reactor's may run any more. */
  died(): void;
}

/** What a reactor asks of its network. Times are seconds. */
export interface Driver {
  /** Why its connections know no TLS; left out where they do. */
  readonly noTLS?: string;
  /** Seconds on a monotonic clock. */
  now(): number;
  /** Arms the one alarm for time `t`, instead of the one before; Infinity for none. It rings in a later turn. */
  wakeAt(t: number): void;
  /** Calls `f` in a later turn, before the timers that become due meanwhile; keeps the process alive until then. */
  soon(f: () => void): void;
  /** Calls `f` once the promise jobs of this turn have run. */
  afterJobs(f: () => void): void;
  /** Keeps the process alive until the returned function is called. */
  hold(): () => void;
  /** Listens for the signals that ask to stop, until the returned function is called. */
  onSignals(f: (signal: string) => void): () => void;
  /** Cryptographic, or decided by a seed. */
  randomBytes(size: number): Buffer;
  /** All addresses of a name, of one family (4, 6) or both (0). Returns what cancels it; then `done` is not called. */
  lookup(name: string, family: 0 | 4 | 6, done: (error: Error | null, addresses: string[]) => void): () => void;
  /** Opens and binds. @throws an error with an errno code, or NotSupportedError. */
  bindUDP(spec: BindSpec, sink: DatagramSink): DatagramSocket;
  /** A socket on a copy of a descriptor. Left out where that can't be. @throws an error with an errno code */
  adoptUDP?(fileDescriptor: number, spec: AdoptSpec, sink: DatagramSink): DatagramSocket;
  /** Begins to listen for connections; whether it does is told to the sink, later. @throws NotSupportedError */
  listenStream(spec: ListenSpec, sink: ListenerSink): StreamListener;
  /** Begins to connect; how it ends is told to the sink, later. @throws NotSupportedError */
  connectStream(spec: ConnectSpec, sink: StreamSink): StreamSocket;
  /**
   * The standard streams of the process, as one connection. Left out where there are none. `accept` is called at once.
   * @throws AlreadyConnectedError while there is such a connection.
   */
  standardStreams?(accept: (socket: StreamSocket) => StreamSink): void;
  /** The point of observation of that name (`udp:send` …): diagnostics channels, a trace. */
  channel(name: string): Channel;
  /** An error that no listener of the reactor took. */
  unheard(error: Error, origin: Origin): void;
}

/** Where streams begin or end: an IP literal and a port, or the file of a UNIX socket. */
export type StreamPlace = { readonly host: string; readonly port: number } | { readonly path: string };

/** What a port for connections is opened with. */
export interface ListenSpec {
  readonly place: StreamPlace;
  /** Connections that the system keeps until they are taken. */
  readonly backlog: number | undefined;
}

/** What a connection is made with. */
export interface ConnectSpec {
  readonly place: StreamPlace;
  /** The local address and port, or as the system chooses. */
  readonly local: { readonly host: string; readonly port: number } | undefined;
}

/** A port for connections. */
export interface StreamListener {
  /** Takes no more connections, and calls `done` in a later turn. Those there are go on. */
  close(done: () => void): void;
}

/** Where a listener puts what happens to it. */
export interface ListenerSink {
  /** It listens. */
  bound(address: StreamAddress): void;
  /** It does not listen; `error` has an errno code. */
  failed(error: Error): void;
  /** A connection is there. Undefined refuses it: the driver closes the socket. */
  accepted(socket: StreamSocket): StreamSink | undefined;
  /** A connection could not be taken (too many open files …); the port goes on. */
  dropped(error: Error): void;
}

/**
 * A connection, or one being made. Nothing is told to the sink inside a call. Where nothing else is said, a call on a
 * closed socket has no effect.
 */
export interface StreamSocket {
  /** Valid once connected. */
  readonly local: StreamAddress;
  /** Valid once connected. */
  readonly peer: StreamAddress;
  /** Bytes written that the network has not taken. */
  readonly queued: number;
  /** Queues bytes, which it copies; what is written in one turn leaves together. */
  write(data: Uint8Array | string): void;
  /** Lets what this turn has written leave now. */
  flush(): void;
  /** Asks for `sink.drained` each time that nothing is queued any more, or no longer. */
  watchDrain(on: boolean): void;
  /** Closes the way to the peer after what was written; `sink.finished` tells when that has left. */
  finish(): void;
  /** Closes all after what was written; nothing more is read. Ends with `sink.closed`. */
  close(): void;
  /** Closes all at once, with a RST where the connection is TCP. Ends with `sink.closed`. */
  abort(): void;
  /** Nothing is told of what arrives until `resume`. */
  pause(): void;
  /** Ends a pause. */
  resume(): void;
  /** TCP_NODELAY. */
  setNoDelay(enabled: boolean): void;
  /** SO_KEEPALIVE. */
  setKeepAlive(enabled: boolean): void;
  /** Goes on in TLS. `done` is called once: with an error, after which the socket closes, or with what was agreed. */
  startTLS(options: TLSOptions, isServer: boolean, done: (error: Error | null, session?: TLSSession) => void): void;
}

/** What two peers have agreed on. */
export interface TLSSession {
  readonly peerCertificate: PeerCertificate | undefined;
  readonly negotiatedProtocol: string | undefined;
}

/** Where a connection puts what happens to it. */
export interface StreamSink {
  /** It is connected (not told of a socket that was accepted). */
  connected(): void;
  /** Bytes, the receiver's own from now on. */
  data(data: Buffer): void;
  /** The peer will send no more. */
  ended(): void;
  /** What was written before `finish` has left. */
  finished(): void;
  /** Nothing is queued any more. */
  drained(): void;
  /** It is over, or did not come about: the last that is told. `error` has an errno code. */
  closed(error: Error | null): void;
}

/** A point of observation. `publish` is called only where somebody listens. */
export interface Channel {
  readonly hasSubscribers: boolean;
  /** Tells the facts to all who listen. */
  publish(facts: unknown): void;
}

/** What a UDP socket is opened with. */
export interface BindSpec {
  /** An IP literal. */
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** Several sockets of this host may have the port. */
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly recvBufferSize: number | undefined;
  readonly sendBufferSize: number | undefined;
  /** Nobody will take longer datagrams: they may be cut off, and told as lost (`maxPacketSize`). */
  readonly maxPacketSize?: number | undefined;
  /** Tell `undelivered` what the network says, whether it is connected or not. */
  readonly reportErrors?: boolean | undefined;
  /** Show where datagrams were sent to, and answer from there. */
  readonly packetInfo?: boolean | undefined;
}

/** What a socket that is open already is taken over with. */
export type AdoptSpec = Pick<BindSpec, 'maxPacketSize' | 'reportErrors' | 'packetInfo'>;

/** The options that a socket takes while it is open. */
export interface SocketOptions {
  broadcast: boolean;
  multicastTTL: number;
  multicastLoopback: boolean;
  /** An address or a name. */
  multicastInterface: string;
}

/** An open UDP socket. The methods that return nothing throw errors with errno codes, unless they say otherwise. */
export interface DatagramSocket {
  readonly address: Address;
  /** Trouble is told through the sink only, later. Addresses are literals of the socket's family. */
  send(data: Uint8Array | string, to?: Address): void;
  /** Returns the peer as datagrams of its will show it: a wildcard is the own host, an IPv6 scope is as the system has it. */
  connect(to: Address): Address;
  /** Joins a group, for one source or for all. @throws an error with an errno code */
  join(group: string, source: string | undefined, networkInterface: string | undefined): void;
  /** Leaves a group. @throws an error with an errno code */
  leave(group: string, source: string | undefined, networkInterface: string | undefined): void;
  /** Sets an option. @throws an error with an errno code */
  set<K extends keyof SocketOptions>(option: K, value: SocketOptions[K]): void;
  /** An option as the system has it. Left out where none can be read. @throws NotSupportedError, or with an errno code */
  get?<K extends keyof DatagramSocketOptions>(option: K): DatagramSocketOptions[K];
  /** Lets what was written leave, closes, and then calls `done` in a later turn. */
  close(done: () => void): void;
}

/** Where a socket puts what happens to it. */
export interface DatagramSink {
  /** `data` is the receiver's own from now on; `peer` is frozen, and the same object as long as the peer is the same. */
  datagram(data: Buffer, peer: Address): void;
  /** The network says that nobody listens at the peer's port. */
  refused(): void;
  /** The network says that a datagram to `peer` did not get through: of sockets opened with `reportErrors`. */
  undelivered(reason: string, peer: Address): void;
  /** `count` datagrams that were sent have been lost here. */
  lost(count: number, reason: string): void;
  /** Other trouble; the socket is still open. */
  failed(error: Error): void;
}
