/**
 * A host of a simulated network, as tests see it.
 */
import type { Network } from '../network.js';
import { Reactor } from '../reactor.js';
import { type DriverContext, SimulatedDriver } from './host-driver.js';
import type { HostStack } from './host-stack.js';

/** Options of `network.host`. */
export interface HostOptions {
  /**
   * IP literals, an IPv4 one with a prefix length if need be (`192.168.1.5/24`: the length decides its broadcast
   * address; 24 when left out). When left out: the next of 10.0.0.0/8 and of fd00::/8.
   */
  addresses?: string[];
  /** Seconds that the host's clock is ahead of the network's at its time 0. */
  clockOffset?: number;
  /** How fast the host's clock goes, more than 0; 1 is the network's own pace. */
  clockRate?: number;
}

/** Made by `network.host(name)`. */
export class SimulatedHost {
  readonly name: string;
  /** The first IPv4 address, or the first of all when there is none of IPv4. */
  readonly address: string;
  /** All addresses. */
  readonly addresses: readonly string[];
  /** To make further reactors on this host: `new Reactor({ network: host.network })`. */
  readonly network: Network;
  readonly #stack: HostStack;
  readonly #note: (type: 'crashed' | 'restarted') => void;
  readonly #drivers = new Set<SimulatedDriver>();
  #reactor: Reactor;

  /** @internal */
  constructor(stack: HostStack, context: () => DriverContext, note: (type: 'crashed' | 'restarted') => void) {
    this.name = stack.name;
    this.addresses = stack.addresses;
    this.address = stack.addresses.find((address) => !address.includes(':')) ?? stack.addresses[0]!;
    this.#stack = stack;
    this.#note = note;
    this.network = {
      name: 'simulated',
      attach: (owner) => {
        const driver = new SimulatedDriver(owner, context());
        this.#drivers.add(driver);
        return driver;
      },
    };
    this.#reactor = new Reactor({ network: this.network });
  }

  /** The host's reactor: after `crash` an inert one, after `restart` a new one. */
  get reactor(): Reactor {
    return this.#reactor;
  }

  /** Whether it runs. */
  get up(): boolean {
    return this.#stack.up;
  }

  /**
   * The host stops as if its power were cut: no hook runs, no call is made any more, its sockets are gone, and peers are not told.
   * What waits for its reactor's `run` or `close`, or for a port of it to stop, goes on. Harmless twice.
   */
  crash(): void {
    if (!this.#stack.up) return;
    this.#note('crashed');
    this.#stack.crash();
    for (const driver of this.#drivers) driver.die();
    this.#drivers.clear();
  }

  /** The host comes back, with nothing of what it had: a new reactor. A host that runs crashes first. */
  restart(): Reactor {
    this.crash();
    this.#stack.up = true;
    this.#note('restarted');
    this.#reactor = new Reactor({ network: this.network });
    return this.#reactor;
  }

  /** Sends a signal (`SIGTERM`) to what runs here; a running reactor stops. */
  signal(name: string): void {
    for (const driver of this.#drivers) driver.signal(name);
  }
}
