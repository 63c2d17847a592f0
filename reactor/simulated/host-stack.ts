/// <reference types="node" preserve="true" />
/**
 * The network code of one simulated host: its addresses, its sockets, and who gets what arrives. It behaves as Linux does, where systems differ:
 * unicast to a shared port reaches the socket bound last; a group is heard on its port by every socket of a host that is
 * a member by any socket, unless a socket has joined for certain sources only.
 */
import { type Address, ipFamily, isLoopback, isMulticast, isWildcard } from '../../lib/address.js';
import type { BindSpec, DatagramSink } from '../network.js';
import { HostDownError } from './errors.js';
import type { Fabric } from './fabric.js';
import { HEADERS, type Packet, REFUSAL_SIZE } from './packet.js';
import type { SeededRandom } from './random.js';
import { type Interface, systemError } from './system.js';
import { type Segment, TCP_HEADERS } from './tcp-segment.js';
import { TCPStack } from './tcp-stack.js';
import { SimulatedUDPSocket } from './udp-socket.js';

export class HostStack {
  readonly name: string;
  /** Canonical, without prefix lengths. */
  readonly addresses: readonly string[];
  /** The broadcast addresses of its networks. */
  readonly broadcasts: readonly string[];
  readonly fabric: Fabric;
  readonly tcp: TCPStack = new TCPStack(this);
  up = true;
  readonly #random: SeededRandom;
  #sockets = new Map<number, SimulatedUDPSocket[]>();

  constructor(name: string, addresses: readonly string[], broadcasts: readonly string[], fabric: Fabric) {
    this.name = name;
    this.addresses = addresses;
    this.broadcasts = broadcasts;
    this.fabric = fabric;
    this.#random = fabric.random(`ports of ${name}`);
  }

  /** The host stops: whatever it had is gone, without a word to anybody. */
  crash(): void {
    this.up = false;
    for (const list of this.#sockets.values()) for (const socket of list) socket.dead = true;
    this.#sockets = new Map();
    this.tcp.crash();
  }

  /** @throws EADDRINUSE, EADDRNOTAVAIL as errors with that code. @throws HostDownError */
  bind(spec: BindSpec, sink: DatagramSink, later: (f: () => void) => void): SimulatedUDPSocket {
    if (!this.up) throw new HostDownError(this.name);
    if (!isWildcard(spec.host) && !isLoopback(spec.host) && !isMulticast(spec.host) && !this.has(spec.host)) {
      throw systemError('EADDRNOTAVAIL', `bind EADDRNOTAVAIL ${spec.host}:${spec.port}`);
    }
    const port =
      spec.port === 0
        ? this.randomPort((free) => !this.#taken({ ...spec, reuseAddress: false, reusePort: false }, free))
        : spec.port;
    if (spec.port !== 0 && this.#taken(spec, port)) {
      throw systemError('EADDRINUSE', `bind EADDRINUSE ${spec.host}:${port}`);
    }
    const socket = new SimulatedUDPSocket(this, spec, port, sink, later);
    const list = this.#sockets.get(port);
    // The last one first: it gets what one socket only can get.
    if (list === undefined) this.#sockets.set(port, [socket]);
    else list.unshift(socket);
    this.note('opened', socket.address);
    return socket;
  }

  remove(socket: SimulatedUDPSocket): void {
    const list = this.#sockets.get(socket.address.port);
    const index = list?.indexOf(socket) ?? -1;
    if (list === undefined || index === -1) return;
    list.splice(index, 1);
    if (list.length === 0) this.#sockets.delete(socket.address.port);
    this.note('closed', socket.address);
  }

  has(host: string): boolean {
    return this.fabric.stackAt(host) === this;
  }

  /** The interface that a user means by an address or a name. @throws ENODEV */
  interfaceOf(given: string | undefined): Interface {
    if (given === undefined || given === '' || given === 'eth0') return 'eth0';
    if (given === 'lo') return 'lo';
    const scope = given.indexOf('%');
    if (scope !== -1) return this.interfaceOf(given.slice(scope + 1));
    if (ipFamily(given) !== 0) {
      if (isWildcard(given) || this.has(given)) return 'eth0';
      if (isLoopback(given)) return 'lo';
    }
    throw systemError('ENODEV', `no interface ${given}`);
  }

  /** The address that a packet to `to` leaves from, for a socket bound to `bound`. @throws ENETUNREACH, EINVAL */
  source(bound: string, to: string): string {
    const local = isLoopback(to) || isWildcard(to);
    if (!isWildcard(bound)) {
      if (isLoopback(bound) && !local && !this.has(to) && !isMulticast(to)) {
        throw systemError('EINVAL', `send EINVAL: ${bound} reaches this host only`);
      }
      return bound;
    }
    const family = ipFamily(to);
    if (local) return family === 4 ? '127.0.0.1' : '::1';
    if (this.has(to)) return to;
    const own = this.addresses.find((address) => ipFamily(address) === family);
    if (own === undefined) throw systemError('ENETUNREACH', `send ENETUNREACH ${to}: no address of IPv${family}`);
    return own;
  }

  send(socket: SimulatedUDPSocket, data: Buffer, from: Address, to: Address): void {
    const { fabric } = this;
    const size = data.length + HEADERS[socket.family];
    const packet: Packet = {
      id: fabric.nextId(),
      from,
      to,
      data,
      size,
      sender: this.name,
      kind: 'unicast',
      copies: 0,
    };
    if (fabric.trace.on) {
      fabric.trace.add({ type: 'sent', time: fabric.time(), host: this.name, id: packet.id, from, to, data });
    }
    const target = fabric.stackAt(to.host);
    if (target !== undefined) fabric.send(packet, this, target);
    else if (isLoopback(to.host) || isWildcard(to.host)) fabric.send(packet, this, this);
    else if (isMulticast(to.host)) this.#sendToGroup(socket, { ...packet, kind: 'multicast' });
    else if (this.isBroadcast(to.host)) this.#sendToAll(socket, { ...packet, kind: 'broadcast' });
    else fabric.lost(packet, 'no-host', this.name);
  }

  sendSegment(from: Address, to: Address, segment: Segment, data: Buffer): void {
    if (!this.up) return;
    const { fabric, name: sender } = this;
    const size = data.length + TCP_HEADERS[ipFamily(to.host) === 6 ? 6 : 4];
    const packet: Packet = { id: fabric.nextId(), from, to, data, size, sender, kind: 'segment', segment, copies: 0 };
    if (fabric.trace.on) {
      fabric.trace.add({ type: 'sent', time: fabric.time(), host: sender, id: packet.id, from, to, data, segment });
    }
    const target = fabric.stackAt(to.host) ?? (isLoopback(to.host) || isWildcard(to.host) ? this : undefined);
    if (target === undefined) fabric.lost(packet, 'no-host', this.name);
    else fabric.send(packet, this, target);
  }

  /** Notes that a packet has reached this host. */
  delivered({ id, from, to, data, segment }: Packet): void {
    const { fabric, name: host } = this;
    if (!fabric.trace.on) return;
    const event = { type: 'delivered' as const, time: fabric.time(), host, id, from, to, data };
    fabric.trace.add(segment === undefined ? event : { ...event, segment });
  }

  isBroadcast(host: string): boolean {
    return host === '255.255.255.255' || this.broadcasts.includes(host);
  }

  receive(packet: Packet): void {
    if (!this.up) {
      this.fabric.lost(packet, 'host-down', this.name);
      return;
    }
    const list = this.#sockets.get(packet.to.port);
    switch (packet.kind) {
      case 'unicast':
        this.#receiveForOne(packet, list);
        break;
      case 'refusal':
        list?.find((socket) => socket.hearsRefusalOf(packet.from) && socket.takes(packet.to.host))?.refused(packet);
        break;
      case 'broadcast':
        for (const socket of list?.slice() ?? []) {
          if (socket.family === 4 && socket.takesFrom(packet.from)) socket.deliver(packet);
        }
        break;
      case 'segment':
        this.tcp.receive(packet);
        break;
      case 'multicast':
        this.#receiveForGroup(packet, list?.slice() ?? [], 'eth0');
        break;
    }
  }

  #receiveForOne(packet: Packet, list: SimulatedUDPSocket[] | undefined): void {
    let best: SimulatedUDPSocket | undefined;
    for (const socket of list ?? []) {
      if (!socket.takes(packet.to.host) || !socket.takesFrom(packet.from)) continue;
      if (best === undefined || socket.precision > best.precision) best = socket;
    }
    if (best !== undefined) {
      best.deliver(packet);
      return;
    }
    this.fabric.lost(packet, 'refused', this.name);
    const sender = this.fabric.stackAt(packet.from.host) ?? this;
    this.fabric.send(
      { ...packet, from: packet.to, to: packet.from, data: NOTHING, size: REFUSAL_SIZE, kind: 'refusal', copies: 0 },
      this,
      sender,
    );
  }

  #receiveForGroup(packet: Packet, list: SimulatedUDPSocket[], by: Interface): boolean {
    const group = packet.to.host;
    const member = [...this.#sockets.values()].some((each) => each.some((socket) => socket.isMember(group, by)));
    if (!member) return false;
    let delivered = false;
    for (const socket of list) {
      if (!socket.takes(group) || !socket.takesFrom(packet.from) || !socket.hears(group, packet.from.host, by))
        continue;
      socket.deliver(packet);
      delivered = true;
    }
    return delivered;
  }

  #sendToGroup(socket: SimulatedUDPSocket, packet: Packet): void {
    const by = socket.outgoing;
    let count = by === 'eth0' && socket.ttl > 0 ? this.fabric.flood(packet, this) : 0;
    if (socket.loopback) {
      count++;
      packet.copies++;
      this.fabric.clock.callLater(0, () => {
        if (this.up) this.#receiveForGroup(packet, this.#sockets.get(packet.to.port)?.slice() ?? [], by);
      });
    }
    if (count === 0) this.fabric.lost(packet, 'no-member', this.name);
  }

  #sendToAll(socket: SimulatedUDPSocket, packet: Packet): void {
    if (!socket.broadcast) {
      this.fabric.lost(packet, 'broadcast', this.name);
      socket.failLater('EACCES');
      return;
    }
    this.fabric.flood(packet, this);
    this.fabric.send(packet, this, this);
  }

  /** One of the ports that Linux gives to who asks for any. @throws EADDRINUSE when none is free. */
  randomPort(isFree: (port: number) => boolean): number {
    for (let tries = 0; tries < 4 * (LAST_FREE - FIRST_FREE); tries++) {
      const port = FIRST_FREE + this.#random.below(LAST_FREE - FIRST_FREE + 1);
      if (isFree(port)) return port;
    }
    throw systemError('EADDRINUSE', 'bind EADDRINUSE: no port is free');
  }

  #taken(spec: BindSpec, port: number): boolean {
    return (this.#sockets.get(port) ?? []).some((socket) => socket.excludes(spec));
  }

  /** A socket opens or closes. */
  note(type: 'opened' | 'closed', address: Address): void {
    const { trace } = this.fabric;
    if (trace.on) trace.add({ type, time: this.fabric.time(), host: this.name, address });
  }
}

/** What Linux takes them from. */
const FIRST_FREE = 32768;
const LAST_FREE = 60999;

const NOTHING = Buffer.alloc(0);
