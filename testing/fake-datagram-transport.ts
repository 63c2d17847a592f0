/// <reference types="node" preserve="true" />
/**
 * A transport for unit tests: the code of the real port, over a socket that records what is sent and lets the test say
 * what arrives. So every check of `write` and `connect`, and the order of stopping, are the real ones; what it does not
 * have is a network. "A later turn" is `clock.advance(0)`.
 */
import { type Address, ipFamily } from '../lib/address.js';
import { InvalidAddressError } from '../lib/errors.js';
import { Clock } from '../lib/time/clock.js';
import { MulticastDatagramPort } from '../reactor/multicast-port.js';
import type { DatagramSocket } from '../reactor/network.js';
import { FakeOwner } from './fake-owner.js';

/** Options of a FakeDatagramTransport. */
export interface FakeDatagramTransportOptions {
  /** The clock of `transport.reactor`; one of its own, at 0, when left out. */
  clock?: Clock;
  /** The local address, an IP literal; 127.0.0.1 when left out. */
  host?: string;
  /** The local port; 4321 when left out. */
  port?: number;
  /** Decides `reactor.randomBytes` and `reactor.random`; 1 when left out. */
  seed?: number | string;
}

/** A datagram that was written. `address` is left out where the port is connected. */
export interface WrittenDatagram {
  data: Buffer;
  address?: Address;
}

/** Put a protocol on it with `protocol.makeConnection(transport)`. */
export class FakeDatagramTransport extends MulticastDatagramPort {
  readonly clock: Clock;
  /** What was written since the start, or since `clear()`. */
  readonly written: WrittenDatagram[];
  /** The groups this port is a member of, as `group`, `group interface` or `source group interface`. */
  readonly groups: ReadonlySet<string>;
  readonly #owner: FakeOwner;

  constructor(options: FakeDatagramTransportOptions = {}) {
    const { clock = new Clock(), host = '127.0.0.1', port = 4321, seed = 1 } = options;
    if (ipFamily(host) === 0) throw new InvalidAddressError(host, 'the host of a fake transport is an IP address');
    const owner = new FakeOwner(clock, seed);
    const socket = new RecordingSocket(clock, { host, port });
    super(owner, () => socket);
    this.#owner = owner;
    this.clock = clock;
    this.written = socket.written;
    this.groups = socket.groups;
  }

  /** Whether `stopListening` was called. */
  get stopped(): boolean {
    return !this.isOpen;
  }

  /** Forgets what was written. */
  clear(): void {
    this.written.length = 0;
  }

  /** A datagram arrives for the protocol. What its `datagramReceived` throws, this throws. */
  deliver(data: Uint8Array | string, from: Address): void {
    const { host, port } = from;
    this.#owner.throwing(() => this.datagram(Buffer.from(data as string), Object.freeze({ host, port })));
  }

  /** The network reports that nobody listens at the peer's port. What `connectionRefused` throws, this throws. */
  refuse(): void {
    this.#owner.throwing(() => this.refused());
  }

  /**
   * The network reports that a datagram to `address` did not get through: a port opened with `reportErrors` would be told.
   * What `errorReceived` throws, this throws.
   */
  reportError(address: Address, reason = 'ECONNREFUSED'): void {
    const { host, port } = address;
    this.#owner.throwing(() => this.undelivered(reason, Object.freeze({ host, port })));
  }
}

class RecordingSocket implements DatagramSocket {
  readonly address: Address;
  readonly written: WrittenDatagram[] = [];
  readonly groups = new Set<string>();
  readonly #clock: Clock;

  constructor(clock: Clock, address: Address) {
    this.#clock = clock;
    this.address = Object.freeze(address);
  }

  send(data: Uint8Array | string, to?: Address): void {
    const copy = Buffer.from(data as Uint8Array);
    this.written.push(to === undefined ? { data: copy } : { data: copy, address: { host: to.host, port: to.port } });
  }

  connect(to: Address): Address {
    return to;
  }

  join(...membership: (string | undefined)[]): void {
    const key = keyOf(membership);
    if (this.groups.has(key)) throw systemError('EADDRINUSE', 'joined already');
    this.groups.add(key);
  }

  leave(...membership: (string | undefined)[]): void {
    if (!this.groups.delete(keyOf(membership))) throw systemError('EADDRNOTAVAIL', 'not joined');
  }

  set(): void {}

  close(done: () => void): void {
    this.#clock.callLater(0, done);
  }
}

function keyOf([group, source, networkInterface]: (string | undefined)[]): string {
  return [source, group, networkInterface].filter((part) => part !== undefined).join(' ');
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
