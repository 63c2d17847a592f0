/// <reference types="node" preserve="true" />
/**
 * What the parts of plait promise to each other, in small interfaces: ask for the smallest that will do
 * (`ReactorTime`, not `Reactor`). All times are seconds.
 */
import type { Address, InternetAddress } from './address.js';
import type { Deferred } from './deferred/deferred.js';
import type { UndeliveredError } from './errors.js';
import type { DelayedCall } from './time/delayed-call.js';

/** What a hook may return: nothing, or a promise or Deferred whose failure is reported as a throw would be. */
export type HookResult = void | PromiseLike<unknown>;

/** Where an error came from: which hook, and the object it belongs to (a protocol, call, trigger, port …). */
export interface Origin {
  readonly hook:
    | 'startProtocol'
    | 'stopProtocol'
    | 'datagramReceived'
    | 'connectionRefused'
    | 'errorReceived'
    | 'timer'
    | 'trigger'
    | 'deferred'
    | 'listener'
    | 'port'
    | (string & {});
  readonly source: object;
}

/** The clock of a reactor. */
export interface ReactorTime {
  /** Seconds on a monotonic clock, which never goes back. Only differences mean something. */
  seconds(): number;
  /**
   * Calls `f(...args)` after `delay` seconds, never before the running code has returned. Calls due at the same instant
   * run in the order in which they were scheduled.
   * @throws RangeError when `delay` is negative or NaN.
   */
  callLater<A extends unknown[]>(delay: number, f: (...args: A) => unknown, ...args: A): DelayedCall;
  /** The active calls, by due time: a copy. */
  getDelayedCalls(): DelayedCall[];
}

/** The chance of a reactor: cryptographic on real networks, decided by the seed on a simulated one. */
export interface ReactorRandom {
  /** `size` random bytes. @throws RangeError unless `size` is an integer of 0 or more. */
  randomBytes(size: number): Buffer;
  /** A random number, 0 or more and less than 1, with 53 bits of chance. */
  random(): number;
}

/** Options of `resolve` and `resolveAll`. */
export interface ResolveOptions {
  /** Only addresses of this family; by default IPv4 is preferred. */
  family?: 4 | 6;
  /** Seconds until the lookup fails with a DNSLookupError; 60 when left out. */
  timeout?: number;
  /** Cancels the lookup, which then fails with the signal's reason. */
  signal?: AbortSignal;
}

/** The phases of a system event, in their order. Only `before` triggers are awaited. */
export type TriggerPhase = 'before' | 'during' | 'after';

/** What `addSystemEventTrigger` gives, for `removeSystemEventTrigger`. */
export interface SystemEventTrigger {
  readonly phase: TriggerPhase;
  readonly event: string;
}

/** The life of a reactor. */
export interface ReactorCore {
  readonly running: boolean;
  /** Fires `startup` and resolves when the reactor was stopped. @throws ReactorAlreadyRunning */
  run(options?: { installSignalHandlers?: boolean }): Promise<void>;
  /** Asks a running reactor to fire `shutdown`. @throws ReactorNotRunning */
  stop(): void;
  /** Ends `run` at once, without `shutdown`. @throws ReactorNotRunning */
  crash(): void;
  /** Calls `f(...args)` now if the reactor runs, otherwise once, after the next startup. */
  callWhenRunning<A extends unknown[]>(f: (...args: A) => unknown, ...args: A): void;
  /** Calls `f(...args)`, once, in that phase of the next such event. @throws RangeError for no phase. */
  addSystemEventTrigger<A extends unknown[]>(
    phase: TriggerPhase,
    event: string,
    f: (...args: A) => unknown,
    ...args: A
  ): SystemEventTrigger;
  /** @throws UnknownTriggerError when it is not waiting. */
  removeSystemEventTrigger(trigger: SystemEventTrigger): void;
  /** Runs the triggers of an event, phase by phase. */
  fireSystemEvent(event: string): void;
  /** An address of a host. Fails with a DNSLookupError. */
  resolve(name: string, options?: ResolveOptions): Deferred<string>;
  /** All addresses of a host. Fails with a DNSLookupError. */
  resolveAll(name: string, options?: ResolveOptions): Deferred<string[]>;
}

/** What the hooks of a datagram protocol may be given as: a DatagramProtocol, or any object with those it needs. */
export interface DatagramHandler<T extends DatagramTransport = DatagramTransport> {
  /** The (first) port is open. */
  startProtocol?(transport: T): HookResult;
  /** The (last) port was stopped. */
  stopProtocol?(): HookResult;
  /** A datagram came from `address`. */
  datagramReceived?(data: Buffer, address: Address, transport: T): HookResult;
  /** Nobody listens at the peer's port, the network says. The port lives on. */
  connectionRefused?(transport: T): HookResult;
  /** On a port opened with `reportErrors`: the network says that a datagram to `address` did not get through. */
  errorReceived?(error: UndeliveredError, address: Address, transport: T): HookResult;
}

/** Options of `listenUDP`. */
export interface ListenUDPOptions {
  /** The local address, an IP literal; `0.0.0.0` when left out. `::` hears IPv4 too (as `::ffff:…`). */
  interface?: string;
  /** Longer datagrams are dropped and counted; 1…65535, 65535 when left out. */
  maxPacketSize?: number;
  /** Bytes the system keeps for what has arrived and was not read yet; the system may double or limit it. */
  recvBufferSize?: number;
  /** Bytes the system keeps for what was written and has not left yet. */
  sendBufferSize?: number;
  /** SO_REUSEPORT: several sockets share the port and the load. @throws NotSupportedError where the network cannot. */
  reusePort?: boolean;
  /**
   * Tells `errorReceived` of datagrams that did not get through, as far as the network says so (ICMP, RFC 1122 section
   * 4.1.3.3), on an unconnected port as well. @throws NotSupportedError on Node's network.
   */
  reportErrors?: boolean;
  /**
   * Shows with each datagram the address that it was sent to (`address.destination`), and answers from there: what a
   * server on `0.0.0.0` of a host with several addresses needs. @throws NotSupportedError on Node's network.
   */
  packetInfo?: boolean;
}

/** Options of `listenMulticast`. */
export interface ListenMulticastOptions extends ListenUDPOptions {
  /** Several listeners on one port of this host; each of them must ask for it. */
  listenMultiple?: boolean;
}

/** Options of `adoptDatagramPort`. */
export type AdoptDatagramPortOptions = Pick<ListenUDPOptions, 'maxPacketSize' | 'reportErrors' | 'packetInfo'>;

/** A reactor that has UDP ports. */
export interface ReactorUDP {
  /** Opens a UDP port. @throws CannotListenError, InvalidAddressError, RangeError, NotSupportedError */
  listenUDP(port: number, protocol: DatagramHandler, options?: ListenUDPOptions): UDPPort;
}

/** A reactor that takes over sockets. */
export interface ReactorSocket {
  /**
   * A port on a bound UDP socket that the process was given (by systemd, or a parent), by its file descriptor: on a copy of
   * it, so that the descriptor stays the caller's to close.
   * @throws CannotListenError when it is no UDP socket.
   * @throws RangeError when it is no integer of 0 or more.
   * @throws NotSupportedError on every network but the native one.
   */
  adoptDatagramPort(fileDescriptor: number, protocol: DatagramHandler, options?: AdoptDatagramPortOptions): UDPPort;
}

/** A reactor that has multicast ports. */
export interface ReactorMulticast {
  /** Opens a UDP port that can join groups. @throws as listenUDP */
  listenMulticast(
    port: number,
    protocol: DatagramHandler<MulticastTransport>,
    options?: ListenMulticastOptions,
  ): MulticastPort;
}

/** Counts of a port since it was opened. */
export interface DatagramStats {
  /** Datagrams written and passed on to the network. */
  readonly sent: number;
  /** Datagrams delivered to the protocol. */
  readonly received: number;
  /** Datagrams lost here: not taken by the system, or longer than `maxPacketSize`. */
  readonly dropped: number;
  /** Refusals that the network reported. */
  readonly refused: number;
}

/** What a datagram protocol writes to. */
export interface DatagramTransport {
  /**
   * Sends one datagram; text goes as UTF-8. It may be lost without notice, as all datagrams: what the system does not
   * take now is counted in `stats.dropped`. `data` may be reused as soon as the call returns.
   * @throws InvalidAddressError for a hostname or an address of another family.
   * @throws RangeError for a port outside 1…65535.
   * @throws AddressError without an address while unconnected, or with another one while connected.
   * @throws MessageLengthError for more than 65507 bytes (IPv4) or 65527 (IPv6).
   * @throws BroadcastNotAllowedError for `255.255.255.255` or `<broadcast>` where it is not allowed.
   * @throws NotConnectedError after `stopListening`.
   */
  write(data: Uint8Array | string, address?: Address): void;
  /** Sends one datagram, made of all parts. @throws as write */
  writeSequence(parts: Iterable<Uint8Array | string>, address?: Address): void;
  /**
   * Ties the port to one peer: only its datagrams are heard, `write` needs no address, and `connectionRefused` is
   * called when the network says that nobody listens there. There is no disconnect.
   * @throws InvalidAddressError for a hostname or an address of another family.
   * @throws RangeError for a port outside 1…65535.
   * @throws AlreadyConnectedError the second time.
   * @throws ConnectError when the system refuses; the port stays unconnected.
   * @throws NotConnectedError after `stopListening`.
   */
  connect(host: string, port: number): void;
  /** The local address. */
  getHost(): InternetAddress;
  /**
   * Closes the port. From the call on no hook but `stopProtocol` runs; what was written before still leaves. The
   * Deferred fires when the socket is closed; each further call gets one that fires then too.
   */
  stopListening(): Deferred<void>;
  /** Whether writes to broadcast addresses are allowed; not at first. @throws NotConnectedError after `stopListening`. */
  setBroadcastAllowed(allowed: boolean): void;
  /** What was set. */
  getBroadcastAllowed(): boolean;
  /** A protocol takes its time and its randomness from here. */
  readonly reactor: ReactorTime & ReactorRandom;
  readonly stats: DatagramStats;
}

/** What a multicast protocol writes to. Interfaces are given as an address or as a name (`eth0`), in both families. */
export interface MulticastTransport extends DatagramTransport {
  /** Fails with a MulticastJoinError. A group given as a hostname is resolved. */
  joinGroup(group: string, networkInterface?: string): Deferred<void>;
  /** Fails with a MulticastJoinError. */
  leaveGroup(group: string, networkInterface?: string): Deferred<void>;
  /** Joins for datagrams from one source only (RFC 4607). Fails with a MulticastJoinError. */
  joinSourceGroup(source: string, group: string, networkInterface?: string): Deferred<void>;
  /** Fails with a MulticastJoinError. */
  leaveSourceGroup(source: string, group: string, networkInterface?: string): Deferred<void>;
  /** How many routers a datagram to a group may pass, plus one; IPv6 calls it hop limit. @throws RangeError outside 0…255. */
  setTTL(ttl: number): void;
  /** What was set, or the system's default, 1. */
  getTTL(): number;
  /** Whether this host hears its own datagrams to groups it has joined. */
  setLoopbackMode(enabled: boolean): void;
  /** What was set, or the system's default, true. */
  getLoopbackMode(): boolean;
  /** The interface by which datagrams to groups leave. Fails with an InvalidAddressError when there is none such. */
  setOutgoingInterface(networkInterface: string): Deferred<void>;
  /** What was set, or `0.0.0.0` (`::`) for the system's choice. */
  getOutgoingInterface(): string;
}

/** The options that a port can be asked for as the system has them. Buffer sizes are bytes. */
export interface DatagramSocketOptions {
  readonly recvBufferSize: number;
  readonly sendBufferSize: number;
  readonly broadcast: boolean;
  readonly multicastTTL: number;
  readonly multicastLoopback: boolean;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly ttl: number;
}

/** An open UDP port. */
export interface UDPPort extends DatagramTransport, AsyncDisposable {
  /**
   * An option as the system has it now, which may not be what was asked for: Linux doubles the size of a buffer.
   * @throws NotSupportedError where the network does not tell: Node's tells the sizes of the buffers only, the simulated
   * one nothing.
   * @throws NotConnectedError after `stopListening`.
   */
  getSocketOption<K extends keyof DatagramSocketOptions>(option: K): DatagramSocketOptions[K];
}

/** An open multicast port. */
export interface MulticastPort extends MulticastTransport, UDPPort {}
