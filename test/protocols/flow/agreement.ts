/// <reference types="node" preserve="true" />
/**
 * Two hosts and a stranger on a network that does what it likes to them, with flows that come and go, and what must be
 * true of these whatever happens: no end ever hears anybody but its peer, and in the end both ends of each flow agree.
 */
import { expect } from 'chai';
import { type Deferred, type DelayedCall, deferLater, type Reactor } from '../../../index.js';
import { FlowAllocator, FlowProtocol } from '../../../protocols/index.js';
import type { SimulatedHost, SimulatedNetwork } from '../../../testing.js';
import { leaveNothing, NAME, Raw } from './world.js';

/** Seconds of idle timeout; each end sends three times within it. */
const IDLE = 9;
const PENDING = 20;

/** What is done to the world, one step after the other. */
export interface Step {
  /** Seconds to wait before. */
  readonly wait: number;
  readonly what:
    | 'allocate'
    | 'allocate rejected'
    | 'allocate accepted late'
    | 'cancel'
    | 'deallocate near'
    | 'deallocate far'
    | 'forge'
    | 'crash client'
    | 'crash server'
    | 'partition'
    | 'heal';
}

export const WHATS: readonly Step['what'][] = [
  'allocate',
  'allocate rejected',
  'allocate accepted late',
  'cancel',
  'deallocate near',
  'deallocate far',
  'forge',
  'crash client',
  'crash server',
  'partition',
  'heal',
];

/** One end of a flow: says its own number again and again, and remembers whose numbers it has heard. */
class Talker extends FlowProtocol {
  readonly number: number;
  readonly heard = new Set<number>();
  readonly #talkative: boolean;
  #next: DelayedCall | undefined;

  constructor(number: number, talkative: boolean) {
    super();
    this.number = number;
    this.#talkative = talkative;
  }

  get live(): boolean {
    return this.flow.state === 'allocated';
  }

  override flowAllocated(): void {
    this.#talk();
  }

  override dataReceived(data: Buffer): void {
    const text = data.toString();
    // An echo that the network has doubled can't be told from data.
    if (text !== this.flow.name) this.heard.add(Number(text));
  }

  override flowDeallocated(): void {
    if (this.#next?.active() === true) this.#next.cancel();
  }

  readonly #talk = (): void => {
    if (!this.live) return;
    this.flow.write(`${this.number}`);
    if (this.#talkative) this.#next = this.flow.reactor.callLater(IDLE / 3, this.#talk);
  };
}

/** A host with an allocator, also after it has crashed and come back. */
class Side {
  readonly host: SimulatedHost;
  readonly talkers: Talker[] = [];
  allocator: FlowAllocator;
  readonly #idleTimeout: number;
  readonly #start: (allocator: FlowAllocator) => void;

  constructor(host: SimulatedHost, idleTimeout: number, start: (allocator: FlowAllocator) => void = () => {}) {
    this.host = host;
    this.#idleTimeout = idleTimeout;
    this.#start = start;
    this.allocator = this.#boot(host.reactor);
  }

  crash(): void {
    this.host.crash();
    this.talkers.length = 0; // its ends are gone
    this.allocator = this.#boot(this.host.restart());
  }

  #boot(reactor: Reactor): FlowAllocator {
    const idleTimeout = this.#idleTimeout;
    const allocator = new FlowAllocator(reactor, { idleTimeout, pendingTimeout: PENDING, requestRate: 1000 });
    this.#start(allocator);
    return allocator;
  }
}

/**
 * Does these steps, lets the network recover, and sees that everything is as it must be. `knowing` false: without what
 * an end needs to know that its peer is gone, idle timeouts and regular data.
 */
export async function agreement(network: SimulatedNetwork, steps: readonly Step[], knowing = true): Promise<void> {
  const idleTimeout = knowing ? IDLE : Infinity;
  let numbers = 0;
  /** All ends there ever were, by their number. */
  const all = new Map<number, Talker>();
  const talker = (side: Side): Talker => {
    const made = new Talker(++numbers, knowing);
    all.set(made.number, made);
    side.talkers.push(made);
    return made;
  };
  const far: Side = new Side(network.host('server'), idleTimeout, (allocator) => {
    allocator.listen();
    allocator.register(NAME, () => talker(far));
    allocator.register('rejected', () => null);
    allocator.register('late', () => deferLater(far.host.reactor, 3, () => talker(far)));
  });
  const near = new Side(network.host('client'), idleTimeout);
  const stranger = network.host('stranger').reactor.listenUDP(0, new Raw());
  const allocations: Deferred<unknown>[] = [];
  const allocate = (name: string): void => {
    const allocation = near.allocator.allocate(name, far.host.address, talker(near));
    allocations.push(allocation.addErrback(() => undefined));
  };
  for (const { wait, what } of steps) {
    network.advance(wait);
    switch (what) {
      case 'allocate':
        allocate(NAME);
        break;
      case 'allocate rejected':
        allocate('rejected');
        break;
      case 'allocate accepted late':
        allocate('late');
        break;
      case 'cancel':
        allocations.at(-1)?.cancel();
        break;
      case 'deallocate near':
        void near.talkers.find((each) => each.live)?.flow.deallocate();
        break;
      case 'deallocate far':
        void far.talkers.find((each) => isAttached(each) && each.live)?.flow.deallocate();
        break;
      case 'forge':
        // An echo, and a number that is nobody's, to each flow that there is.
        for (const side of [near, far]) {
          for (const flow of side.allocator.flows) {
            for (const text of [NAME, '0'])
              stranger.write(text, { host: side.host.address, port: flow.getHost().port });
          }
        }
        break;
      case 'crash client':
        near.crash();
        break;
      case 'crash server':
        far.crash();
        break;
      case 'partition':
        network.partition(near.host, far.host);
        break;
      case 'heal':
        network.heal();
        break;
    }
  }
  network.heal();
  network.link(near.host, far.host, { loss: 0, duplicate: 0, reorder: 0, latency: 0.01 });
  network.advance(2 * PENDING + 3 * IDLE);

  for (const end of all.values()) {
    expect(end.heard.size, `peers that end ${end.number} has heard`).to.be.at.most(1);
    for (const other of end.heard) {
      expect(all.has(other), `end ${end.number} hears a peer, not a stranger`).to.equal(true);
      const mutual = [...all.get(other)!.heard].every((number) => number === end.number);
      expect(mutual, `ends ${end.number} and ${other} hear each other`).to.equal(true);
    }
  }
  const ends = (side: Side): string[] =>
    side.talkers
      .filter((each) => isAttached(each) && each.live)
      .map(pairOf)
      .sort();
  expect(ends(near), 'flows of the client').to.deep.equal(ends(far));
  await leaveNothing(network, [near.allocator, far.allocator], [near.host, far.host]);
}

/** Whether it was given a flow, and not made for an answer that came too late. */
function isAttached(end: Talker): boolean {
  try {
    return end.flow !== undefined;
  } catch {
    return false;
  }
}

/** The two ports of a flow, alike at both ends. */
function pairOf({ flow }: Talker): string {
  return [flow.getHost().port, flow.getPeer().port].sort((a, b) => a - b).join(' and ');
}
