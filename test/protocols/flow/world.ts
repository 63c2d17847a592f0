/// <reference types="node" preserve="true" />
/**
 * Two hosts with a flow allocator each, and what tests of flows look at. At the end of each test everything is stopped,
 * and nothing may be left open.
 */
import { expect } from 'chai';
import {
  type Address,
  DatagramProtocol,
  type DatagramTransport,
  type Deferred,
  type HookResult,
} from '../../../index.js';
import {
  FlowAllocator,
  type Flow,
  type FlowAllocateOptions,
  type FlowAllocatorOptions,
  FlowProtocol,
  type FlowRequest,
} from '../../../protocols/index.js';
import {
  type SimulatedHost,
  type SimulatedNetwork,
  type SimulatedNetworkOptions,
  simulation,
} from '../../../testing.js';

/** The name that is registered on the server. */
export const NAME = 'echo-server';

/** Remembers what its hooks were called with. */
export class Recorder extends FlowProtocol {
  /** Each call of a hook, as a line. */
  readonly events: string[] = [];
  /** What was received. */
  readonly data: string[] = [];
  /** Why it was deallocated. */
  reason: Error | undefined;

  override flowAllocated(): HookResult {
    this.events.push('allocated');
  }

  override dataReceived(data: Buffer): HookResult {
    this.data.push(data.toString());
    this.events.push(`data ${data.toString()}`);
  }

  override flowDeallocated(reason: Error): HookResult {
    this.reason = reason;
    this.events.push(`deallocated ${reason.name}`);
  }
}

/** Sends everything back. */
export class Echoing extends Recorder {
  override dataReceived(data: Buffer): void {
    super.dataReceived(data);
    this.flow.write(data);
  }
}

/** A port without an allocator behind it: what a test says and hears by it is on the wire as it stands. */
export class Raw extends DatagramProtocol {
  readonly heard: { text: string; from: Address }[] = [];
  refusals: number = 0;

  override datagramReceived(data: Buffer, from: Address): void {
    this.heard.push({ text: data.toString('latin1'), from });
  }

  override connectionRefused(): void {
    this.refusals++;
  }

  get texts(): string[] {
    return this.heard.map(({ text }) => text);
  }
}

/** What a world is made with. */
export interface WorldOptions {
  readonly network?: SimulatedNetworkOptions;
  readonly server?: FlowAllocatorOptions;
  readonly client?: FlowAllocatorOptions;
}

export class World {
  readonly network: SimulatedNetwork;
  readonly client: SimulatedHost;
  readonly server: SimulatedHost;
  /** The allocator of the client, which does not listen. */
  readonly asking: FlowAllocator;
  /** The allocator of the server, which listens; NAME is registered, and accepts with `serve`. */
  readonly serving: FlowAllocator;
  /** The protocols of the flows that were accepted. */
  readonly served: Recorder[] = [];
  /** The requests that the application was asked about. */
  readonly requests: FlowRequest[] = [];
  /** What the application answers with. */
  serve: () => Recorder = () => new Recorder();
  /** Errors of both reactors. */
  readonly errors: Error[] = [];

  constructor(network: SimulatedNetwork, options: WorldOptions) {
    this.network = network;
    this.client = network.host('client');
    this.server = network.host('server');
    this.asking = new FlowAllocator(this.client.reactor, options.client);
    this.serving = new FlowAllocator(this.server.reactor, options.server);
    this.serving.listen();
    this.serving.register(NAME, (request) => {
      this.requests.push(request);
      const protocol = this.serve();
      this.served.push(protocol);
      return protocol;
    });
  }

  /** Asks the server for NAME; or for another name. */
  ask(options: FlowAllocateOptions & { name?: string } = {}): { protocol: Recorder; allocation: Deferred<Flow> } {
    const { name = NAME, ...rest } = options;
    const protocol = new Recorder();
    return { protocol, allocation: this.asking.allocate(name, this.server.address, protocol, rest) };
  }

  /** A flow that both ends know of, but that was not used. */
  connect(options: FlowAllocateOptions = {}): { near: Recorder; far: Recorder } {
    const { protocol, allocation } = this.ask(options);
    let done = false;
    allocation.addCallback(() => (done = true));
    const before = this.served.length;
    this.network.runUntil(() => done && this.served[before]?.events.length === 1, { timeout: 20 });
    return { near: protocol, far: this.served[before]! };
  }

  /** A port of a host, to speak on the wire. */
  raw(host: SimulatedHost = this.client, port = 0): { raw: Raw; port: DatagramTransport } {
    const raw = new Raw();
    return { raw, port: host.reactor.listenUDP(port, raw) };
  }

  /** The server's listen port. */
  get listening(): Address {
    return { host: this.server.address, port: FlowAllocator.PORT };
  }

  /** What was sent, as `host text`; requests are `host ?text`. */
  get sent(): string[] {
    return this.network.trace.events.flatMap((event) =>
      event.type === 'sent'
        ? [`${event.host} ${event.to.port === FlowAllocator.PORT ? '?' : ''}${event.data.toString('latin1')}`]
        : [],
    );
  }

  /** Open sockets of the server, but the listening one. */
  get serverPorts(): number {
    return this.server.reactor.openHandles().filter((handle) => 'getHost' in handle).length - 1;
  }

  /** Collects the errors of both reactors from now on, instead of having them fail the test. */
  collectErrors(): Error[] {
    for (const { reactor } of [this.client, this.server]) reactor.on('error', (error) => this.errors.push(error));
    return this.errors;
  }
}

/** The body of a test in a world of its own. */
export function inWorld(scenario: (world: World) => void | Promise<void>): () => Promise<void>;
export function inWorld(options: WorldOptions, scenario: (world: World) => void | Promise<void>): () => Promise<void>;
export function inWorld(
  ...args:
    [(world: World) => void | Promise<void>] | [options: WorldOptions, scenario: (world: World) => void | Promise<void>]
): () => Promise<void> {
  const [options, scenario] = args.length === 1 ? [{}, args[0]] : args;
  return simulation(options.network ?? {}, async (network) => {
    const world = new World(network, options);
    await scenario(world);
    await leaveNothing(network, [world.asking, world.serving], [world.client, world.server]);
  });
}

/** Stops allocators, and sees that nothing is open but the raw ports that tests have opened. */
export async function leaveNothing(
  network: SimulatedNetwork,
  allocators: readonly FlowAllocator[],
  hosts: readonly SimulatedHost[],
): Promise<void> {
  let stopped = 0;
  for (const allocator of allocators) allocator.stop().addCallback(() => stopped++);
  await network.advanceAsync(0.1);
  expect(stopped, 'allocators that have stopped').to.equal(allocators.length);
  for (const allocator of allocators)
    expect([...allocator.flows].filter((flow) => flow.state !== 'deallocated')).to.deep.equal([]);
  const left = hosts.filter((host) => host.up).flatMap((host) => host.reactor.openHandles().map(String));
  expect(left.filter((handle) => !/ of Raw, /.test(handle))).to.deep.equal([]);
}

/** Keeps what a Deferred came to. */
export function outcomeOf<T>(deferred: Deferred<T>): { value?: T; error?: Error } {
  const outcome: { value?: T; error?: Error } = {};
  deferred.addCallbacks(
    (value) => {
      outcome.value = value;
    },
    (error) => {
      outcome.error = error;
    },
  );
  return outcome;
}
