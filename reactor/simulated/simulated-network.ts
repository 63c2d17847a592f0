/**
 * A network in memory: hosts with reactors of their own, links between them, one clock, and one seed that decides
 * everything. Time passes only when a test drives it.
 */
import { canonicalHost, ipBytes, ipFamily } from '../../lib/address.js';
import type { Origin } from '../../lib/interfaces.js';
import { Clock } from '../../lib/time/clock.js';
import { environmentSeed, promiseJobs } from '../node/simulation-host.js';
import { type Conditions, checkedConditions, type LinkConditions, PERFECT } from './conditions.js';
import { Driving } from './driving.js';
import { ConditionError, HostExistsError, UnknownHostError } from './errors.js';
import { Fabric } from './fabric.js';
import { ALL_HARM, type HarmControl } from './harm.js';
import { HostStack } from './host-stack.js';
import type { Link } from './link.js';
import { type HostOptions, SimulatedHost } from './simulated-host.js';
import { Trace } from './trace.js';

/** Options of a SimulatedNetwork; the conditions are those of every link that is not given its own. */
export interface SimulatedNetworkOptions extends LinkConditions {
  /** Decides all chance. The environment's `PLAIT_SEED` when left out, else 1. 7 and '7' are the same. */
  seed?: number | string;
  /** What the clock shows at first, in seconds; 0 when left out. */
  start?: number;
  /** Whether to keep a trace, and how many events of it; the last 100 000 when left out. */
  trace?: boolean | { limit: number };
  /** Seconds that a name lookup takes; 0.001 when left out, Infinity for no answer. */
  lookupLatency?: number;
}

/** A host, or its name. */
export type HostLike = SimulatedHost | string;

/** Make hosts on it, run protocols on their reactors, and drive it. */
export class SimulatedNetwork {
  /** The time of the network, in seconds. */
  readonly clock: Clock;
  readonly seed: number | string;
  readonly trace: Trace;
  /** The names that hosts can look up, with their addresses; no address: the lookup fails. Hosts are in it. */
  readonly names: Map<string, string | string[]> = new Map();
  /** Seconds that a name lookup takes; Infinity: no answer comes. */
  lookupLatency: number;
  readonly #conditions: Conditions;
  readonly #fabric: Fabric;
  readonly #driving: Driving;
  readonly #hosts = new Map<string, SimulatedHost>();
  readonly #stacks = new Map<string, HostStack>();
  #nextAddress = 1;

  /** @throws ConditionError for what is outside its range. */
  constructor(options?: SimulatedNetworkOptions);
  /** @internal With control over what chance may do. */
  constructor(options: SimulatedNetworkOptions, harm: HarmControl);
  constructor(options: SimulatedNetworkOptions = {}, harm: HarmControl = ALL_HARM) {
    const { seed, start = 0, trace = true, lookupLatency = 0.001, ...conditions } = options;
    this.seed = seed ?? environmentSeed() ?? 1;
    this.clock = new Clock(start);
    this.#driving = new Driving(this.clock, this.seed, () => this.#pending());
    this.#conditions = this.#checked(() => checkedConditions(conditions, PERFECT));
    this.lookupLatency = lookupLatency;
    const limit = trace === true ? 100_000 : trace === false ? 0 : trace.limit;
    if (!(limit >= 0)) throw this.#driving.seeded(new ConditionError('trace.limit', limit, '0 events or more'));
    this.trace = new Trace(limit, () => [...this.#hosts.keys()]);
    this.#fabric = new Fabric(this.clock, this.trace, this.seed, this.#conditions, harm);
  }

  /**
   * Adds a host, with a reactor of its own.
   * @throws HostExistsError for a name or address that is taken. @throws ConditionError for options outside their range.
   */
  host(name: string, options: HostOptions = {}): SimulatedHost {
    return this.#checked(() => {
      if (this.#hosts.has(name)) throw new HostExistsError(name);
      const { clockOffset = 0, clockRate = 1 } = options;
      if (!Number.isFinite(clockOffset)) throw new ConditionError('clockOffset', clockOffset, 'a number of seconds');
      if (!(clockRate > 0 && clockRate < Infinity)) throw new ConditionError('clockRate', clockRate, 'more than 0');
      const given = (options.addresses ?? this.#freeAddresses()).map(parseAddress);
      if (given.length === 0) throw new ConditionError('addresses', '[]', 'one address or more');
      for (const { address } of given) if (this.#fabric.stackAt(address)) throw new HostExistsError(address);
      const stack = new HostStack(
        name,
        given.map(({ address }) => address),
        given.flatMap(({ broadcast }) => broadcast ?? []),
        this.#fabric,
      );
      this.#fabric.add(stack);
      let boots = 0;
      const host = new SimulatedHost(
        stack,
        () => ({
          stack,
          random: this.#fabric.random(`reactor ${++boots} of ${name}`),
          clockOffset,
          clockRate,
          lookup: (wanted) => this.#lookup(wanted),
          afterJobs: (f) => void promiseJobs().then(f),
          unheard: (error, origin) => this.#unheard(error, origin),
        }),
        (type) => {
          if (this.trace.on) this.trace.add({ type, time: this.#fabric.time(), host: name });
        },
      );
      this.#hosts.set(name, host);
      this.#stacks.set(name, stack);
      this.names.set(name, [...stack.addresses]);
      return host;
    });
  }

  /**
   * Gives the link between two hosts conditions of its own, in both directions or in that from `a` to `b` only. What is
   * left out of them is as the network has it.
   * @throws ConditionError, UnknownHostError
   */
  link(a: HostLike, b: HostLike, conditions: LinkConditions, options: { oneWay?: boolean } = {}): void {
    const checked = this.#checked(() => checkedConditions(conditions, this.#conditions));
    const [there, back] = this.#between(a, b);
    there.conditions = checked;
    if (options.oneWay !== true) back.conditions = checked;
    this.#note('link', a, b);
  }

  /** Loses everything between two hosts, also what is on its way, until `heal`. @throws UnknownHostError */
  partition(a: HostLike, b: HostLike): void {
    for (const link of this.#between(a, b)) link.partitioned = true;
    this.#note('partition', a, b);
  }

  /** Ends partitions: between two hosts, of one host, or all. @throws UnknownHostError */
  heal(a?: HostLike, b?: HostLike): void {
    const [one, other] = [a, b].map((host) => (host === undefined ? undefined : this.#stack(host)));
    for (const [from, to, link] of this.#fabric.links()) {
      if (!link.partitioned) continue;
      if (one !== undefined && from !== one && to !== one) continue;
      if (other !== undefined && from !== other && to !== other) continue;
      link.partitioned = false;
      if (this.trace.on) {
        this.trace.add({ type: 'heal', time: this.#fabric.time(), host: from.name, peer: to.name });
      }
    }
  }

  /** Keeps back what two hosts send each other from now on, until `release`. @throws UnknownHostError */
  hold(a: HostLike, b: HostLike): void {
    for (const link of this.#between(a, b)) link.hold();
    this.#note('hold', a, b);
  }

  /** Lets go, in its order, what was held. @throws UnknownHostError */
  release(a: HostLike, b: HostLike): void {
    this.#note('release', a, b);
    for (const link of this.#between(a, b)) link.release();
  }

  /**
   * Lets `seconds` pass: everything that is due happens, each thing at its time. Promise jobs do not run meanwhile; use
   * `advanceAsync` where protocols are asynchronous.
   * @throws RangeError for a number below 0. @throws ReentrantCallError inside a callback.
   * @throws what no `error` listener of a host took, at the end.
   */
  advance(seconds: number): void {
    this.#driving.advance(seconds);
  }

  /** Lets happen what is due, one thing after the other, until `condition` is true. @throws SimulationTimeoutError */
  runUntil(condition: () => boolean, options: { timeout: number }): void {
    this.#driving.runUntil(condition, options.timeout);
  }

  /** Lets everything happen until nothing is pending; the timeout is 3600 seconds when left out. @throws SimulationTimeoutError */
  runUntilIdle(options: { timeout?: number } = {}): void {
    this.#driving.runUntilIdle(options.timeout);
  }

  /** As `advance`, with all promise jobs run after every event, as on a real loop. */
  advanceAsync(seconds: number): Promise<void> {
    return this.#driving.advanceAsync(seconds);
  }

  /** As `runUntil`, with all promise jobs run after every event, as on a real loop. */
  runUntilAsync(condition: () => boolean, options: { timeout: number }): Promise<void> {
    return this.#driving.runUntilAsync(condition, options.timeout);
  }

  /** As `runUntilIdle`, with all promise jobs run after every event, as on a real loop. */
  runUntilIdleAsync(options: { timeout?: number } = {}): Promise<void> {
    return this.#driving.runUntilIdleAsync(options.timeout);
  }

  /** Promise jobs, and what is due now, until neither is left. Time does not move. */
  settle(): Promise<void> {
    return this.#driving.settle();
  }

  /** An error, its message ending with the seed. @internal */
  seeded(error: unknown): Error {
    return this.#driving.seeded(error);
  }

  #lookup(name: string): { delay: number; addresses: string[] } | undefined {
    if (this.lookupLatency === Infinity) return undefined;
    const found = this.names.get(name) ?? this.names.get(name.toLowerCase()) ?? (name === 'localhost' ? LOCALHOST : []);
    return { delay: this.lookupLatency, addresses: typeof found === 'string' ? [found] : [...found] };
  }

  #unheard(error: Error, origin: Origin): void {
    this.#driving.caught(error, origin);
  }

  /** What is still to happen, for people. */
  #pending(): string[] {
    const held = [...this.#fabric.links()]
      .filter(([, , link]) => link.heldCount > 0)
      .map(([from, to, link]) => `${link.heldCount} datagrams held from ${from.name} to ${to.name}`);
    const calls = [...this.#hosts.values()].flatMap((host) =>
      host.up ? host.reactor.getDelayedCalls().map((call) => `${host.name}: ${call.toString()}`) : [],
    );
    return [...calls, ...this.#fabric.inFlight(), ...held];
  }

  #between(a: HostLike, b: HostLike): [Link, Link] {
    const [one, other] = [this.#stack(a), this.#stack(b)];
    if (one === other) throw this.#driving.seeded(new ConditionError('link', one.name, 'between two different hosts'));
    return [this.#fabric.link(one, other), this.#fabric.link(other, one)];
  }

  #stack(host: HostLike): HostStack {
    const name = typeof host === 'string' ? host : host.name;
    const stack = this.#stacks.get(name);
    if (stack === undefined || (typeof host !== 'string' && this.#hosts.get(name) !== host)) {
      throw this.#driving.seeded(new UnknownHostError(name));
    }
    return stack;
  }

  #note(type: 'link' | 'partition' | 'hold' | 'release', a: HostLike, b: HostLike): void {
    if (!this.trace.on) return;
    this.trace.add({ type, time: this.#fabric.time(), host: this.#stack(a).name, peer: this.#stack(b).name });
  }

  #checked<T>(f: () => T): T {
    try {
      return f();
    } catch (error) {
      throw this.#driving.seeded(error);
    }
  }

  #freeAddresses(): string[] {
    for (;;) {
      const n = this.#nextAddress++;
      const last = n & 0xff;
      if (last === 0 || last === 0xff) continue;
      const four = `10.${(n >> 16) & 0xff}.${(n >> 8) & 0xff}.${last}`;
      const six = canonicalHost(`fd00::${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}`)!;
      if (this.#fabric.stackAt(four) === undefined && this.#fabric.stackAt(six) === undefined)
        return [`${four}/8`, six];
    }
  }
}

const LOCALHOST = ['127.0.0.1', '::1'];

function parseAddress(given: string): { address: string; broadcast: string | undefined } {
  const [host = '', prefix = '24', ...rest] = given.split('/');
  const address = canonicalHost(host);
  const length = Number(prefix);
  const family = ipFamily(host);
  const longest = family === 6 ? 128 : 32;
  if (address === undefined || rest.length > 0 || !Number.isInteger(length) || length < 0 || length > longest) {
    throw new ConditionError('addresses', given, 'IP literals, with a prefix length if need be');
  }
  if (family === 6 || length > 30) return { address, broadcast: undefined };
  const bytes = ipBytes(address)!.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, length - 8 * i))));
  return { address, broadcast: bytes.join('.') };
}
