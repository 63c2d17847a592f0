/// <reference types="node" preserve="true" />
/**
 * A UDP port: what Twisted promises of one, over whichever network it is on.
 *
 *     open --stopListening--> stopping --later turn--> closing --socket closed--> closed
 *
 * Only an open port delivers and writes. The way of a datagram through it makes no promise, closure, event or text.
 */
import { type Address, canonicalHost, type InternetAddress, internetAddress } from '../lib/address.js';
import type { Deferred } from '../lib/deferred/deferred.js';
import {
  AddressError,
  AlreadyConnectedError,
  BroadcastNotAllowedError,
  ConnectError,
  InvalidAddressError,
  MessageLengthError,
  NotConnectedError,
  NotSupportedError,
  UndeliveredError,
} from '../lib/errors.js';
import type {
  DatagramHandler,
  DatagramSocketOptions,
  DatagramStats,
  DatagramTransport,
  Origin,
  UDPPort,
} from '../lib/interfaces.js';
import { ATTACHED, CURRENT, type DatagramProtocol, STOPPING } from '../lib/protocol.js';
import { checkFamily, checkPort } from './checks.js';
import { asProtocol } from './datagram-handler.js';
import type { DatagramSink, DatagramSocket } from './network.js';
import type { PortOwner } from './port-owner.js';
import { whenDone } from './when-done.js';

/** The most bytes a datagram carries: what the 16-bit length of UDP leaves, in IPv4 less the header of IP too. */
const LONGEST = { 4: 65507, 6: 65527 } as const;

/** An IPv4 address that a port of IPv6 writes to: IPv4 carries what is written. */
const MAPPED = /^::ffff:[\d.]+$/;

// A DatagramSink too, which is nobody's business but the network's: those methods are internal.
export class DatagramPort implements UDPPort {
  readonly #stats: { -readonly [K in keyof DatagramStats]: number } = { sent: 0, received: 0, dropped: 0, refused: 0 };
  readonly #maxPacketSize: number;
  readonly #host: InternetAddress;
  #state: 'open' | 'stopping' | 'closing' | 'closed' = 'open';
  #handler: object | undefined;
  #protocol: DatagramProtocol<never> | undefined;
  /** The peer of a connected port, as the network has it. */
  #peer: Address | undefined;
  /** The peer as `connect` was given it: another spelling, perhaps, or `0.0.0.0` for the own host. */
  #givenPeer: Address | undefined;
  /** Where the last datagram came from: a write to this very object needs no check. */
  #lastFrom: Address | undefined;
  /** A destination host that has passed the checks. */
  #checkedHost: string | undefined;
  #broadcastAllowed = false;
  #started = false;
  /** What `stopListening` has handed out; all fire together. */
  readonly #waiting: Deferred<void>[] = [];
  /** @internal */
  protected readonly owner: PortOwner;
  /** @internal */
  protected readonly socket: DatagramSocket;
  /** @internal */
  protected readonly family: 4 | 6;

  /** Opens its socket. Whatever the network throws passes through. */
  constructor(owner: PortOwner, open: (sink: DatagramSink) => DatagramSocket, maxPacketSize = 65535) {
    this.owner = owner;
    this.#maxPacketSize = maxPacketSize;
    this.socket = open(this);
    this.family = this.socket.address.host.includes(':') ? 6 : 4;
    this.#host = internetAddress('UDP', this.socket.address.host, this.socket.address.port);
  }

  get reactor(): DatagramTransport['reactor'] {
    return this.owner.reactor;
  }

  get stats(): DatagramStats {
    return this.#stats;
  }

  getHost(): InternetAddress {
    return this.#host;
  }

  /**
   * Puts the protocol on this port, which runs its `startProtocol`. If that throws, the port closes without another
   * hook, and the error passes through.
   * @internal
   */
  start(handler: DatagramHandler<never>): void {
    this.#handler = handler;
    const protocol = asProtocol(handler);
    this.#protocol = protocol;
    const { listening } = this.owner.channels;
    if (listening.hasSubscribers) listening.publish({ port: this, address: this.#host });
    try {
      this.#watch(protocol.makeConnection(this as never), 'startProtocol');
    } catch (error) {
      this.#protocol = undefined;
      this.#close();
      throw error;
    }
    this.#started = true;
  }

  /**
   * Whether `startProtocol` has let this port be.
   * @internal
   */
  get started(): boolean {
    return this.#started;
  }

  /** A protocol was put on this port by its own `makeConnection`, as tests do.
   * @internal
   */
  [ATTACHED](protocol: DatagramProtocol<never>): void {
    this.#protocol ??= protocol;
    this.#handler ??= protocol;
  }

  write(data: Uint8Array | string, address?: Address): void {
    if (this.#state !== 'open') throw new NotConnectedError('The port was stopped');
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    if (!(bytes instanceof Uint8Array)) throw new TypeError('A datagram is written as a Uint8Array or a string');
    let to = address ?? undefined;
    if (this.#peer !== undefined) {
      if (to !== undefined && to !== this.#lastFrom) this.#checkIsPeer(to);
      to = undefined;
    } else if (to === undefined) {
      throw new AddressError('A write on an unconnected port needs an address');
    } else if (to !== this.#lastFrom || to.port === 0) {
      to = this.#checkDestination(to);
    }
    if (bytes.length > LONGEST[4]) this.#checkLength(bytes.length, to ?? this.#peer!);
    this.#stats.sent++;
    const { send } = this.owner.channels;
    if (send.hasSubscribers) send.publish({ port: this, data: bytes, address: to ?? this.#peer });
    this.socket.send(bytes, to);
  }

  writeSequence(parts: Iterable<Uint8Array | string>, address?: Address): void {
    this.write(Buffer.concat(Array.from(parts, (part) => Buffer.from(part as string))), address);
  }

  connect(host: string, port: number): void {
    if (this.#state !== 'open') throw new NotConnectedError('The port was stopped');
    checkFamily(host, this.family, 'connect()');
    checkPort(port, 1);
    if (this.#peer !== undefined) throw new AlreadyConnectedError('The port is connected already');
    const given = Object.freeze({ host, port });
    try {
      this.#peer = this.socket.connect(given);
    } catch (error) {
      throw new ConnectError(host, port, error);
    }
    this.#givenPeer = given;
    this.#lastFrom = undefined;
  }

  /** Whether writes to broadcast addresses are allowed; not at first. @throws NotConnectedError after `stopListening`. */
  setBroadcastAllowed(allowed: boolean): void {
    this.checkOpen();
    this.#broadcastAllowed = Boolean(allowed);
    this.socket.set('broadcast', this.#broadcastAllowed);
  }

  getSocketOption<K extends keyof DatagramSocketOptions>(option: K): DatagramSocketOptions[K] {
    this.checkOpen();
    if (!SOCKET_OPTIONS.has(option)) throw new RangeError(`There is no option ${String(option)} of a UDP port`);
    if (this.socket.get === undefined) throw new NotSupportedError(option, 'this network does not tell');
    return this.socket.get(option);
  }

  /** What was set. */
  getBroadcastAllowed(): boolean {
    return this.#broadcastAllowed;
  }

  stopListening(): Deferred<void> {
    const stopped = this.owner.deferred<void>();
    if (this.#state === 'closed') {
      stopped.callback();
      return stopped;
    }
    this.#waiting.push(stopped);
    if (this.#state === 'open') {
      this.#state = 'stopping';
      this.#protocol?.[STOPPING](this as never);
      this.owner.soon(() => {
        const protocol = this.#protocol;
        this.#protocol = undefined;
        try {
          if (protocol !== undefined) this.#watch(protocol.doStop(this as never), 'stopProtocol');
        } catch (error) {
          this.#report(error, 'stopProtocol');
        }
        this.#close();
      });
    }
    return stopped;
  }

  /** As `stopListening`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopListening();
  }

  toString(): string {
    const { host, port } = this.#host;
    const name = this.#handler?.constructor?.name ?? 'no protocol';
    return `<UDP port ${host.includes(':') ? `[${host}]` : host}:${port} of ${name}, ${this.#state}>`;
  }

  /**
   * The machine is gone: the port is closed without a hook.
   * @internal
   */
  vanish(): void {
    this.#protocol = undefined;
    this.#state = 'closed';
    this.#fire();
  }

  /** @internal */
  datagram(data: Buffer, from: Address): void {
    const protocol = this.#protocol;
    if (this.#state !== 'open' || protocol === undefined) return;
    if (from !== this.#lastFrom) {
      // What was waiting in the socket when it was connected may be of anybody.
      if (this.#peer !== undefined && !sameEnd(from, this.#peer)) return;
      this.#lastFrom = from;
    }
    if (data.length > this.#maxPacketSize) {
      this.lost(1, 'maxPacketSize');
      return;
    }
    this.#stats.received++;
    const { receive } = this.owner.channels;
    if (receive.hasSubscribers) receive.publish({ port: this, data, address: from });
    const before = protocol[CURRENT];
    protocol[CURRENT] = this as never;
    try {
      const result = protocol.datagramReceived(data, from);
      if (result !== undefined) this.#watch(result, 'datagramReceived');
    } catch (error) {
      this.#report(error, 'datagramReceived');
    } finally {
      protocol[CURRENT] = before;
    }
  }

  /** @internal */
  refused(): void {
    const protocol = this.#protocol;
    if (this.#state !== 'open' || protocol === undefined) return;
    this.#stats.refused++;
    const { refused } = this.owner.channels;
    if (refused.hasSubscribers) refused.publish({ port: this, address: this.#peer });
    if (this.#peer === undefined) return;
    const before = protocol[CURRENT];
    protocol[CURRENT] = this as never;
    try {
      this.#watch(protocol.connectionRefused(), 'connectionRefused');
    } catch (error) {
      this.#report(error, 'connectionRefused');
    } finally {
      protocol[CURRENT] = before;
    }
  }

  /** @internal */
  undelivered(reason: string, to: Address): void {
    const protocol = this.#protocol;
    if (this.#state !== 'open' || protocol === undefined) return;
    const before = protocol[CURRENT];
    protocol[CURRENT] = this as never;
    try {
      this.#watch(protocol.errorReceived(new UndeliveredError(reason, to), to), 'errorReceived');
    } catch (error) {
      this.#report(error, 'errorReceived');
    } finally {
      protocol[CURRENT] = before;
    }
  }

  /** @internal */
  lost(count: number, reason: string): void {
    this.#stats.dropped += count;
    const { drop } = this.owner.channels;
    if (drop.hasSubscribers) drop.publish({ port: this, count, reason });
  }

  /** @internal */
  failed(error: Error): void {
    this.#report(error, 'port', this);
  }

  /** @internal */
  protected get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** @internal */
  protected checkOpen(): void {
    if (this.#state !== 'open') throw new NotConnectedError('The port was stopped');
  }

  #checkLength(length: number, to: Address): void {
    const family = this.family === 4 || MAPPED.test(canonicalHost(to.host)!) ? 4 : 6;
    if (length > LONGEST[family]) throw new MessageLengthError(length, LONGEST[family]);
  }

  #checkIsPeer(to: Address): void {
    const given = this.#givenPeer!;
    if (to.host === given.host && to.port === given.port) return;
    checkPort(to.port, 1);
    if (to.host !== '<broadcast>') checkFamily(to.host, this.family, 'write()');
    if (!sameEnd(to, given) && !sameEnd(to, this.#peer!)) {
      throw new AddressError(`The port is connected to ${given.host} port ${given.port}; it can't write elsewhere`, to);
    }
  }

  #checkDestination(to: Address): Address {
    const { host, port } = to;
    checkPort(port, 1);
    if (host !== undefined && host === this.#checkedHost) return to;
    if (host === '<broadcast>') {
      if (this.family === 6) throw new InvalidAddressError(host, 'IPv6 has no broadcast');
      if (!this.#broadcastAllowed) throw new BroadcastNotAllowedError(host);
      return { host: '255.255.255.255', port };
    }
    checkFamily(host, this.family, 'write()');
    if (host === '255.255.255.255') {
      if (!this.#broadcastAllowed) throw new BroadcastNotAllowedError(host);
    } else this.#checkedHost = host;
    return to;
  }

  #close(): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#state = 'closing';
    this.socket.close(() => {
      this.#state = 'closed';
      const { close } = this.owner.channels;
      if (close.hasSubscribers) close.publish({ port: this, address: this.#host });
      this.owner.closed(this);
      this.#fire();
    });
  }

  #fire(): void {
    for (const stopped of this.#waiting.splice(0)) if (!stopped.called) stopped.callback();
  }

  #watch(result: unknown, hook: Origin['hook']): void {
    if (result !== undefined) whenDone(result, undefined, (error) => this.#report(error, hook));
  }

  #report(error: unknown, hook: Origin['hook'], source: object = this.#handler ?? this): void {
    const { error: channel } = this.owner.channels;
    if (channel.hasSubscribers) channel.publish({ port: this, error, hook });
    this.owner.report(error, { hook, source });
  }
}

const SOCKET_OPTIONS: ReadonlySet<string> = new Set<keyof DatagramSocketOptions>([
  'recvBufferSize',
  'sendBufferSize',
  'broadcast',
  'multicastTTL',
  'multicastLoopback',
  'reuseAddress',
  'reusePort',
  'ttl',
]);

function sameEnd(a: Address, b: Address): boolean {
  return a.port === b.port && (a.host === b.host || canonicalHost(a.host) === canonicalHost(b.host));
}
