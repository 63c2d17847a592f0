/**
 * A UDP socket of a simulated host.
 */
import { type Address, canonicalHost, ipFamily, isLoopback, isWildcard } from '../../lib/address.js';
import type { BindSpec, DatagramSink, DatagramSocket, SocketOptions } from '../network.js';
import { frozen } from './fabric.js';
import type { HostStack } from './host-stack.js';
import type { Packet } from './packet.js';
import { type Interface, systemError } from './system.js';

export class SimulatedUDPSocket implements DatagramSocket {
  readonly address: Address;
  readonly family: 4 | 6;
  /** How narrowly it is bound: what arrives goes to the narrowest that takes it. */
  precision: number;
  broadcast = false;
  ttl = 1;
  loopback = true;
  outgoing: Interface = 'eth0';
  /** Set when its host has crashed. */
  dead = false;
  readonly #stack: HostStack;
  readonly #sink: DatagramSink;
  readonly #later: (f: () => void) => void;
  readonly #spec: BindSpec;
  readonly #wildcard: boolean;
  readonly #memberships: Membership[] = [];
  #peer: Address | undefined;
  /** The addresses it sends from, by their text, each one object. */
  readonly #sources = new Map<string, Address>();
  /** The last destination, and the address of `#sources` that it was sent from. */
  #lastTo: string | undefined;
  #lastFrom: Address | undefined;
  /** Where the last datagram came from, as an IPv4 address seen by an IPv6 socket. */
  #mapped: Address | undefined;
  /** The last sender that was shown with where it sent to. */
  #lastShown: Address | undefined;

  constructor(stack: HostStack, spec: BindSpec, port: number, sink: DatagramSink, later: (f: () => void) => void) {
    this.address = frozen(spec.host, port);
    this.family = spec.family;
    this.#stack = stack;
    this.#sink = sink;
    this.#later = later;
    this.#spec = spec;
    this.#wildcard = isWildcard(spec.host);
    this.precision = this.#wildcard ? 0 : 1;
  }

  send(data: Uint8Array | string, given?: Address): void {
    if (this.dead) return;
    const to = given === undefined ? this.#peer! : kept(given);
    let from: Address;
    try {
      from = this.#from(to.host, given?.destination);
    } catch (error) {
      this.failLater((error as { code: string }).code);
      return;
    }
    this.#stack.send(this, Buffer.from(data as Uint8Array), from, to);
  }

  connect(to: Address): Address {
    if (this.dead) return to;
    if (this.#stack.isBroadcast(to.host) && !this.broadcast) throw systemError('EACCES', 'connect EACCES');
    const host = isWildcard(to.host) ? (this.family === 4 ? '127.0.0.1' : '::1') : canonicalHost(to.host)!;
    const shown = frozen(host, to.port);
    const peer = kept(shown);
    this.#from(peer.host);
    this.#peer = peer;
    this.precision = 2;
    return shown;
  }

  join(group: string, source: string | undefined, networkInterface: string | undefined): void {
    const by = this.#stack.interfaceOf(networkInterface);
    if (this.#find(group, source, by) !== -1) throw systemError('EADDRINUSE', 'joined already');
    this.#memberships.push({ group: canonicalHost(group)!, source: source && canonicalHost(source), by });
    this.#note('joined', group, source);
  }

  leave(group: string, source: string | undefined, networkInterface: string | undefined): void {
    const index = this.#find(group, source, this.#stack.interfaceOf(networkInterface));
    if (index === -1) throw systemError('EADDRNOTAVAIL', 'not joined');
    this.#memberships.splice(index, 1);
    this.#note('left', group, source);
  }

  set<K extends keyof SocketOptions>(option: K, value: SocketOptions[K]): void {
    switch (option) {
      case 'broadcast':
        this.broadcast = value as boolean;
        break;
      case 'multicastTTL':
        this.ttl = value as number;
        break;
      case 'multicastLoopback':
        this.loopback = value as boolean;
        break;
      case 'multicastInterface':
        this.outgoing = this.#stack.interfaceOf(value as string);
        break;
    }
  }

  close(done: () => void): void {
    this.#stack.remove(this);
    this.dead = true;
    this.#later(done);
  }

  /** Whether what is sent to this address of the host is for this socket. */
  takes(host: string): boolean {
    if (!this.#wildcard) return host === this.address.host || canonicalHost(host) === canonicalHost(this.address.host);
    return this.family === 6 || !host.includes(':');
  }

  /** Whether it hears this sender: a connected socket hears its peer only. */
  takesFrom(from: Address): boolean {
    return this.#peer === undefined || this.isTiedTo(from);
  }

  isTiedTo(peer: Address): boolean {
    const own = this.#peer;
    return (
      own !== undefined && own.port === peer.port && (own.host === peer.host || own.host === canonicalHost(peer.host))
    );
  }

  isMember(group: string, by: Interface): boolean {
    return this.#memberships.some((each) => each.by === by && each.group === canonicalHost(group));
  }

  /** Whether this socket lets a group's datagram through, on a host that is a member: no join of its own is needed. */
  hears(group: string, source: string, by: Interface): boolean {
    const own = this.#memberships.filter((each) => each.by === by && each.group === canonicalHost(group));
    return own.length === 0 || own.some((each) => each.source === undefined || each.source === canonicalHost(source));
  }

  /** Whether this socket being there forbids another with that specification on its port. */
  excludes(other: BindSpec): boolean {
    if ((this.#spec.reuseAddress && other.reuseAddress) || (this.#spec.reusePort && other.reusePort)) return false;
    if (this.#wildcard || isWildcard(other.host)) {
      // An IPv6 wildcard has the IPv4 addresses too.
      return this.family === other.family || (this.family === 6 ? this.#wildcard : isWildcard(other.host));
    }
    return canonicalHost(this.address.host) === canonicalHost(other.host);
  }

  deliver(packet: Packet): void {
    const traced = this.#stack.fabric.trace.on;
    if (traced) this.#stack.delivered(packet);
    const { data } = packet;
    this.#sink.datagram(traced || packet.copies > 1 ? Buffer.from(data) : data, this.#sender(packet));
  }

  refused(packet: Packet): void {
    const { fabric, name } = this.#stack;
    const { id, from, to } = packet;
    if (fabric.trace.on) fabric.trace.add({ type: 'refused', time: fabric.time(), host: name, id, from, to });
    if (this.#peer === undefined) this.#sink.undelivered('ECONNREFUSED', this.#seen(from));
    else this.#sink.refused();
  }

  /** Whether it is told that nobody listens at `peer`. */
  hearsRefusalOf(peer: Address): boolean {
    return this.#peer === undefined ? this.#spec.reportErrors === true : this.isTiedTo(peer);
  }

  /** What was sent is lost already here; the socket is told later, as every network does. */
  failLater(code: string): void {
    this.#later(() => {
      if (!this.dead) this.#sink.lost(1, code);
    });
  }

  /** Where it sends from: what it is bound to, or `asked` where it is to answer from there. */
  #from(to: string, asked?: string): Address {
    const own = this.#spec.packetInfo === true && asked !== undefined ? withoutMapping(asked) : undefined;
    const special = own !== undefined && (this.#stack.has(own) || isLoopback(own));
    if (to === this.#lastTo && !special) return this.#lastFrom!;
    const host = this.#stack.source(special ? own : this.address.host, to);
    let from = this.#sources.get(host);
    if (from === undefined) this.#sources.set(host, (from = frozen(host, this.address.port)));
    if (special) return from;
    this.#lastTo = to;
    this.#lastFrom = from;
    return from;
  }

  /** The sender of a packet, with where it was sent to if that was asked for. */
  #sender({ from, to }: Packet): Address {
    const seen = this.#seen(from);
    if (this.#spec.packetInfo !== true) return seen;
    const destination = this.#seen(to).host;
    const last = this.#lastShown;
    if (last?.host === seen.host && last.port === seen.port && last.destination === destination) return last;
    return (this.#lastShown = Object.freeze({ host: seen.host, port: seen.port, destination }));
  }

  /** An IPv6 socket sees IPv4 senders as mapped addresses. */
  #seen(from: Address): Address {
    if (this.family === 4 || from.host.includes(':')) return from;
    const host = `${MAPPED}${from.host}`;
    if (this.#mapped?.host !== host || this.#mapped.port !== from.port) this.#mapped = frozen(host, from.port);
    return this.#mapped;
  }

  #find(group: string, source: string | undefined, by: Interface): number {
    const canonicalSource = source && canonicalHost(source);
    return this.#memberships.findIndex(
      (each) => each.group === canonicalHost(group) && each.source === canonicalSource && each.by === by,
    );
  }

  #note(type: 'joined' | 'left', group: string, source: string | undefined): void {
    const { fabric, name: host } = this.#stack;
    if (!fabric.trace.on) return;
    const event = { type, time: fabric.time(), host, address: this.address, group };
    fabric.trace.add(source === undefined ? event : { ...event, source });
  }
}

/** An address that nobody can change; an IPv4 address that was given as a mapped one is itself again. */
function kept(to: Address): Address {
  const host = withoutMapping(to.host);
  return host === to.host && Object.isFrozen(to) ? to : frozen(host, to.port);
}

function withoutMapping(host: string): string {
  return host.startsWith(MAPPED) && ipFamily(host.slice(MAPPED.length)) === 4 ? host.slice(MAPPED.length) : host;
}

const MAPPED = '::ffff:';

interface Membership {
  readonly group: string;
  readonly source: string | undefined;
  readonly by: Interface;
}
