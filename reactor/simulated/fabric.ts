/**
 * What lies between the hosts: one network on which every host reaches every other, by a link for each direction.
 *
 * Limits: one hop (any TTL above 0 reaches everybody), one interface a host beside its loopback, no routers, no NAT, no
 * fragmentation. The way of a host to itself is perfect: no latency, no loss.
 */
import { type Address, canonicalHost } from '../../lib/address.js';
import type { Clock } from '../../lib/time/clock.js';
import type { Conditions } from './conditions.js';
import type { HarmControl } from './harm.js';
import type { HostStack } from './host-stack.js';
import { Link, type LinkEnds } from './link.js';
import type { Packet } from './packet.js';
import { SeededRandom } from './random.js';
import type { LossReason, Trace } from './trace.js';

export class Fabric implements LinkEnds {
  readonly clock: Clock;
  readonly trace: Trace;
  readonly #seed: number | string;
  readonly #harm: HarmControl;
  readonly #conditions: Conditions;
  readonly #stacks: HostStack[] = [];
  readonly #byAddress = new Map<string, HostStack>();
  readonly #links = new Map<HostStack, Map<HostStack, Link>>();
  #lastId = 0;

  constructor(clock: Clock, trace: Trace, seed: number | string, conditions: Conditions, harm: HarmControl) {
    this.clock = clock;
    this.trace = trace;
    this.#seed = seed;
    this.#conditions = conditions;
    this.#harm = harm;
  }

  /** A stream of chance of its own for each purpose. */
  random(purpose: string): SeededRandom {
    return new SeededRandom(`${this.#seed}/${purpose}`);
  }

  add(stack: HostStack): void {
    this.#stacks.push(stack);
    for (const address of stack.addresses) this.#byAddress.set(address, stack);
  }

  /** The host that has an address, in any spelling. */
  stackAt(host: string): HostStack | undefined {
    const found = this.#byAddress.get(host);
    if (found !== undefined) return found;
    const percent = host.indexOf('%');
    return this.#byAddress.get(canonicalHost(percent === -1 ? host : host.slice(0, percent)) ?? '');
  }

  link(from: HostStack, to: HostStack): Link {
    let links = this.#links.get(from);
    if (links === undefined) this.#links.set(from, (links = new Map<HostStack, Link>()));
    let link = links.get(to);
    if (link === undefined) {
      const random = this.random(`link ${from.name}>${to.name}`);
      link = new Link(from.name, to.name, this.#conditions, this, random, this.#harm);
      links.set(to, link);
      this.#targets.set(link, to);
    }
    return link;
  }

  /** Every link there is, both ways. */
  *links(): Generator<[HostStack, HostStack, Link]> {
    for (const [from, links] of this.#links) for (const [to, link] of links) yield [from, to, link];
  }

  now(): number {
    return this.clock.seconds();
  }

  nextId(): number {
    return ++this.#lastId;
  }

  /** Puts a packet on its way to one host. */
  send(packet: Packet, from: HostStack, to: HostStack): void {
    if (from === to) {
      packet.copies++;
      this.clock.callLater(0, this.#arriveAt, packet, to);
    } else this.link(from, to).put(packet);
  }

  /** Puts a packet on its way to every other host. */
  flood(packet: Packet, from: HostStack): number {
    let count = 0;
    for (const stack of this.#stacks) {
      if (stack === from) continue;
      this.link(from, stack).put(packet);
      count++;
    }
    return count;
  }

  arriveLater(delay: number, packet: Packet, link: Link): void {
    packet.copies++;
    this.clock.callLater(delay, this.#arriveBy, packet, link);
  }

  /** What is on its way, for people. */
  inFlight(): string[] {
    return this.clock.getDelayedCalls().flatMap((call) => {
      const packet = call.args?.[0];
      if (call.target !== this.#arriveBy && call.target !== this.#arriveAt) return [];
      const { id, kind, from, to } = packet as Packet;
      const what = kind === 'refusal' ? 'refusal of datagram' : 'datagram';
      return `${what} #${id} from ${from.host}:${from.port} to ${to.host}:${to.port}, due at ${call.getTime()}`;
    });
  }

  lost(packet: Packet, reason: LossReason, at: string): void {
    if (!this.trace.on || packet.kind === 'refusal') return;
    const { id, from, to } = packet;
    this.trace.add({ type: 'lost', time: this.time(), host: at, id, from, to, reason });
  }

  /** Now, in whole nanoseconds, for the trace. */
  time(): number {
    return Math.round(this.clock.seconds() * 1e9) / 1e9;
  }

  readonly #targets = new Map<Link, HostStack>();

  readonly #arriveBy = (packet: Packet, link: Link): void => {
    if (link.partitioned) this.lost(packet, 'partition', link.to);
    else this.#targets.get(link)!.receive(packet);
  };

  readonly #arriveAt = (packet: Packet, to: HostStack): void => to.receive(packet);
}

/** A frozen address. */
export function frozen(host: string, port: number): Address {
  return Object.freeze({ host, port });
}
