/// <reference types="node" preserve="true" />
/**
 * What the suites about datagrams have in common: a network that keeps a record of every error reported, a protocol
 * that keeps a record of its hooks, and the looks at both. A test fails when an error is left that it did not ask for.
 */
import assert from 'node:assert/strict';
import type { Address } from '../../lib/address.js';
import type { Deferred } from '../../lib/deferred/deferred.js';
import type {
  DatagramHandler,
  DatagramTransport,
  HookResult,
  ListenUDPOptions,
  Origin,
  UDPPort,
} from '../../lib/interfaces.js';
import { DatagramProtocol } from '../../lib/protocol.js';
import type { Reactor } from '../../reactor/reactor.js';
import { type ContractHost, type ContractNetwork, type MakeNetwork, networkTest, type TestRunner } from './contract.js';

/** An error that a reactor was told of. */
export interface Reported {
  readonly error: Error;
  readonly origin: Origin;
}

/** The network of one test, with what a test does over and over. */
export class Stage {
  readonly network: ContractNetwork;
  #reported: Reported[] = [];

  constructor(network: ContractNetwork) {
    this.network = network;
    this.#listenTo(this.here.reactor);
    this.#listenTo(this.there.reactor);
  }

  get here(): ContractHost {
    return this.network.here;
  }

  get there(): ContractHost {
    return this.network.there;
  }

  /** Another reactor on the host of `here`. */
  another(): Reactor {
    const reactor = this.network.another();
    this.#listenTo(reactor);
    return reactor;
  }

  until(condition: () => boolean): Promise<void> {
    return this.network.until(condition);
  }

  turns(): Promise<void> {
    return this.network.turns();
  }

  /** A port of the host's IPv4 address, with a number from the system. */
  open(host: ContractHost, protocol: DatagramHandler = {}, options: ListenUDPOptions = {}): UDPPort {
    return host.reactor.listenUDP(0, protocol, { interface: host.address, ...options });
  }

  /** A port of the host's IPv6 address, with a number from the system. */
  open6(host: ContractHost, protocol: DatagramHandler = {}, options: ListenUDPOptions = {}): UDPPort {
    return host.reactor.listenUDP(0, protocol, { interface: address6(host), ...options });
  }

  /** Waits until `deferred` has fired, and gives its value. */
  async result<T>(deferred: Deferred<T>): Promise<T> {
    let outcome: { value: T } | { error: Error } | undefined;
    deferred.addCallbacks(
      (value) => void (outcome = { value }),
      (error) => void (outcome = { error }),
    );
    await this.until(() => outcome !== undefined);
    if ('error' in outcome!) throw outcome.error;
    return outcome!.value;
  }

  /** Waits until `deferred` has failed, with an error of that class and with those facts. */
  async failure<E extends Error>(
    deferred: Deferred<unknown>,
    expected: ErrorClass<E>,
    facts: Record<string, unknown> = {},
  ): Promise<E> {
    let error: unknown;
    try {
      await this.result(deferred);
    } catch (thrown) {
      error = thrown;
    }
    assert.ok(error !== undefined, `${expected.name} expected, but it succeeded`);
    return checkError(error, expected, facts);
  }

  /** Waits until the promise has settled, and gives its value. */
  async settled<T>(promise: PromiseLike<T>): Promise<T> {
    let done = false;
    const end = (): void => void (done = true);
    void promise.then(end, end);
    await this.until(() => done);
    return promise;
  }

  /** An address of the host where nobody listens: that of a port which was closed. */
  async deserted(host: ContractHost, at: string = host.address): Promise<Address> {
    const port = host.reactor.listenUDP(0, {}, { interface: at });
    const address = addressOf(port);
    await this.result(port.stopListening());
    return address;
  }

  /** Waits until as many errors were reported, and gives them; there must be no more. */
  async reports(count: number): Promise<Reported[]> {
    await this.until(() => this.#reported.length >= count);
    await this.turns();
    const reported = this.#reported;
    this.#reported = [];
    assert.deepEqual(reported.map(describe).slice(count), [], 'more errors were reported than were expected');
    return reported;
  }

  /** @throws AssertionError when errors were reported that nobody has asked for. */
  assertQuiet(): void {
    assert.deepEqual(this.#reported.map(describe), [], 'errors were reported');
  }

  #listenTo(reactor: Reactor): void {
    reactor.on('error', (error, origin) => void this.#reported.push({ error, origin }));
  }
}

/** Binds tests to a stage of their own. */
export type StageTest = (name: string, body: (stage: Stage) => Promise<void> | void) => void;

export function stageTest(makeNetwork: MakeNetwork, runner: TestRunner): StageTest {
  const test = networkTest(makeNetwork, runner);
  return (name, body) =>
    test(name, async (network) => {
      const stage = new Stage(network);
      await body(stage);
      await stage.turns();
      stage.assertQuiet();
    });
}

/** What a Recorder does in its hooks, after it has taken note of them. */
export interface RecorderHooks<T extends DatagramTransport = DatagramTransport> {
  startProtocol?(protocol: Recorder<T>): HookResult;
  stopProtocol?(protocol: Recorder<T>): HookResult;
  datagramReceived?(data: Buffer, address: Address, protocol: Recorder<T>): HookResult;
  connectionRefused?(protocol: Recorder<T>): HookResult;
}

/** A protocol that counts its hooks and keeps what arrives. */
export class Recorder<T extends DatagramTransport = DatagramTransport> extends DatagramProtocol<T> {
  starts = 0;
  stops = 0;
  refusals = 0;
  readonly datagrams: { readonly data: Buffer; readonly address: Address }[] = [];
  readonly #hooks: RecorderHooks<T>;

  constructor(hooks: RecorderHooks<T> = {}) {
    super();
    this.#hooks = hooks;
  }

  /** What has arrived, as text. */
  get texts(): string[] {
    return this.datagrams.map(({ data }) => data.toString());
  }

  override startProtocol(): HookResult {
    this.starts++;
    return this.#hooks.startProtocol?.(this);
  }

  override stopProtocol(): HookResult {
    this.stops++;
    return this.#hooks.stopProtocol?.(this);
  }

  override datagramReceived(data: Buffer, address: Address): HookResult {
    this.datagrams.push({ data, address });
    return this.#hooks.datagramReceived?.(data, address, this);
  }

  override connectionRefused(): HookResult {
    this.refusals++;
    return this.#hooks.connectionRefused?.(this);
  }
}

/** Answers every datagram with itself. */
export class Answerer extends Recorder {
  constructor() {
    super({ datagramReceived: (data, address, protocol) => protocol.transport.write(data, address) });
  }
}

/** Where to write to reach a port. */
export function addressOf(port: DatagramTransport): Address {
  const { host, port: number } = port.getHost();
  return { host, port: number };
}

/** The host's IPv6 address. */
export function address6(host: ContractHost): string {
  assert.ok(host.address6 !== undefined, 'the network has no IPv6: give its hosts an address6, or the limit noIPv6');
  return host.address6;
}

export type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/** That `f` throws, at once, an error of that class and with those facts. Errors of plait have their class as name, and a code. */
export function misuse<E extends Error>(
  f: () => unknown,
  expected: ErrorClass<E>,
  facts: Record<string, unknown> = {},
): E {
  let thrown: unknown;
  try {
    f();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown !== undefined, `${expected.name} expected, but nothing was thrown`);
  return checkError(thrown, expected, facts);
}

/** That `error` is of the class and has the facts as fields. */
export function checkError<E extends Error>(
  error: unknown,
  expected: ErrorClass<E>,
  facts: Record<string, unknown> = {},
): E {
  assert.ok(error instanceof expected, `${expected.name} expected, not ${String(error)}`);
  assert.equal(error.name, expected.name);
  for (const [field, value] of Object.entries(facts)) {
    assert.deepEqual((error as unknown as Record<string, unknown>)[field], value, `${expected.name}.${field}`);
  }
  return error;
}

function describe({ error, origin }: Reported): string {
  return `${origin.hook}: ${error.stack ?? String(error)}`;
}
