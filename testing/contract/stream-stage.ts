/// <reference types="node" preserve="true" />
/**
 * What the suites about connections have in common: a network with names and silence, protocols and factories that keep
 * a record of their hooks, and what a test does over and over.
 */
import assert from 'node:assert/strict';
import type { Address, InternetAddress } from '../../lib/address.js';
import type { HookResult } from '../../lib/interfaces.js';
import type {
  ClientFactoryLike,
  Connector,
  ConnectTCPOptions,
  FactoryLike,
  ListenTCPOptions,
  StreamTransport,
  TCPPort,
} from '../../lib/stream.js';
import { ClientFactory, type HalfCloseable, Protocol } from '../../lib/stream-protocol.js';
import type { Reactor } from '../../reactor/reactor.js';
import {
  type ContractHost,
  type ContractLimits,
  type ContractNetwork,
  networkTest,
  type TestRunner,
} from './contract.js';
import { checkError, type ErrorClass, Stage } from './stage.js';

/** A network for one test of connections. */
export interface StreamContractNetwork extends ContractNetwork {
  /** A name whose first IPv4 address, seen from `here`, is the address of `there`. */
  readonly peerName: string;
  /** A name that does not exist. */
  readonly unknownName: string;
  /** An address that does not answer who connects to it, neither yes nor no. May be left out under the limit `noSilence`. */
  silence?(): Address | Promise<Address>;
  /** Whether a connection is ready for use: that of TLS may have to wait for its handshake. At once where this is left out. */
  ready?(transport: StreamTransport): boolean;
}

/** Makes the network of one test of connections. */
export type MakeStreamNetwork = () => StreamContractNetwork | Promise<StreamContractNetwork>;

/** What a network can't show of connections. All false where nothing is said. */
export interface StreamContractLimits extends ContractLimits {
  /** Everybody who is connected to answers. */
  noSilence?: boolean;
}

/** A port that listens. */
export interface Listening {
  readonly port: TCPPort;
  /** Where to connect to. */
  readonly address: Address;
}

/** Both ends of a connection. */
export interface Pair {
  readonly server: Recorder;
  readonly client: Recorder;
  readonly port: TCPPort;
  readonly address: Address;
  readonly factory: ClientRecorder;
  readonly connector: Connector;
}

/** The network of one test, with what a test of connections does over and over. */
export class StreamStage extends Stage {
  readonly streams: StreamContractNetwork;
  readonly #reactors: Reactor[];

  constructor(network: StreamContractNetwork) {
    super(network);
    this.streams = network;
    this.#reactors = [network.here.reactor, network.there.reactor];
  }

  override another(): Reactor {
    const reactor = super.another();
    this.#reactors.push(reactor);
    return reactor;
  }

  /** A port of the host's IPv4 address with a number from the system, once it listens. */
  async listen(host: ContractHost, factory: FactoryLike, options: ListenTCPOptions = {}): Promise<Listening> {
    const port = host.reactor.listenTCP(0, factory, { interface: host.address, ...options });
    const bound = await this.result(port.listening);
    return { port, address: { host: options.interface ?? host.address, port: bound.port } };
  }

  /** Connects `here` to that address. */
  connect(to: Address, factory: ClientFactoryLike, options: ConnectTCPOptions = {}): Connector {
    return this.here.reactor.connectTCP(to.host, to.port, factory, options);
  }

  /** A connection from `here` to `there`, with both protocols' `connectionMade` run. */
  async pair(server: Recorder = new Recorder(), client: Recorder = new Recorder()): Promise<Pair> {
    const { port, address } = await this.listen(this.there, once(server));
    const factory = new ClientRecorder(once(client));
    const connector = this.connect(address, factory);
    await this.until(() => this.ready(server, client));
    return { server, client, port, address, factory, connector };
  }

  /** Whether these protocols have their connections, and those are ready. */
  ready(...protocols: Recorder[]): boolean {
    return protocols.every((each) => each.made && this.streams.ready?.(each.transport) !== false);
  }

  /** An address of the host where nobody listens: that of a port which was closed. */
  async refusing(host: ContractHost = this.there): Promise<Address> {
    const { port, address } = await this.listen(host, () => null);
    await this.result(port.stopListening());
    return address;
  }

  /** An address that does not answer. */
  async silence(): Promise<Address> {
    assert.ok(
      this.streams.silence !== undefined,
      'the network has no silence(): write it, or give the limit noSilence',
    );
    return this.streams.silence();
  }

  /**
   * Writes until the queue of a connection stays filled, because its peer does not read. Answers how many bytes it wrote,
   * which are those of `pattern`.
   */
  async stuff({ transport }: Recorder): Promise<number> {
    let written = 0;
    do {
      transport.write(pattern(STUFFING));
      written += STUFFING;
      await this.turns();
    } while (transport.writeQueueSize === 0);
    return written;
  }

  /** Waits until a number does not change any more, whatever happens. */
  async settles(count: () => number): Promise<number> {
    let before = Number.NaN;
    while (count() !== before) {
      before = count();
      await this.turns();
    }
    return before;
  }

  /** Waits until all of them have lost their connection. */
  lost(...protocols: Recorder[]): Promise<void> {
    return this.until(() => protocols.every((protocol) => protocol.reason !== undefined));
  }

  /** Closes the reactors; nothing must be open then. */
  async end(): Promise<void> {
    await this.settled(Promise.all(this.#reactors.map((reactor) => reactor.close())));
    for (const reactor of this.#reactors) {
      const open = reactor.openHandles().map((handle) => (handle as { toString(): string }).toString());
      assert.deepEqual(open, [], 'something is open after the reactor was closed');
    }
  }
}

/** Bytes to write at once to who does not read; a multiple of what `pattern` repeats. */
const STUFFING = 251 * 2048;

/** Binds tests to a stage of their own. */
export type StreamTest = (name: string, body: (stage: StreamStage) => Promise<void> | void) => void;

export function streamTest(makeNetwork: MakeStreamNetwork, runner: TestRunner): StreamTest {
  const test = networkTest(makeNetwork, runner);
  return (name, body) =>
    test(name, async (network) => {
      const stage = new StreamStage(network as StreamContractNetwork);
      await body(stage);
      await stage.turns();
      stage.assertQuiet();
      await stage.end();
      stage.assertQuiet();
    });
}

/** What a Recorder does in its hooks, after it has taken note of them. */
export interface RecorderHooks {
  connectionMade?(protocol: Recorder): HookResult;
  dataReceived?(data: Buffer, protocol: Recorder): HookResult;
  connectionLost?(reason: Error, protocol: Recorder): HookResult;
}

/** A protocol that keeps a record of its hooks, and what arrives. */
export class Recorder extends Protocol {
  /** The hooks that have run, `dataReceived` but once in a row. */
  readonly log: string[] = [];
  readonly chunks: Buffer[] = [];
  bytes = 0;
  reason: Error | undefined = undefined;
  readonly #hooks: RecorderHooks;

  constructor(hooks: RecorderHooks = {}) {
    super();
    this.#hooks = hooks;
  }

  /** Whether `connectionMade` has run. */
  get made(): boolean {
    return this.log.includes('connectionMade');
  }

  /** All that has arrived. */
  get data(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** All that has arrived, as text. */
  get text(): string {
    return this.data.toString();
  }

  override connectionMade(): HookResult {
    this.log.push('connectionMade');
    return this.#hooks.connectionMade?.(this);
  }

  override dataReceived(data: Buffer): HookResult {
    if (this.log.at(-1) !== 'dataReceived') this.log.push('dataReceived');
    this.chunks.push(data);
    this.bytes += data.length;
    return this.#hooks.dataReceived?.(data, this);
  }

  override connectionLost(reason: Error): HookResult {
    this.log.push('connectionLost');
    this.reason = reason;
    return this.#hooks.connectionLost?.(reason, this);
  }
}

/** What a HalfRecorder does in its hooks, after it has taken note of them. */
export interface HalfRecorderHooks extends RecorderHooks {
  readConnectionLost?(protocol: HalfRecorder): HookResult;
  writeConnectionLost?(protocol: HalfRecorder): HookResult;
}

/** A Recorder that goes on when one direction is closed. */
export class HalfRecorder extends Recorder implements HalfCloseable {
  readonly #halves: HalfRecorderHooks;

  constructor(hooks: HalfRecorderHooks = {}) {
    super(hooks);
    this.#halves = hooks;
  }

  readConnectionLost(): HookResult {
    this.log.push('readConnectionLost');
    return this.#halves.readConnectionLost?.(this);
  }

  writeConnectionLost(): HookResult {
    this.log.push('writeConnectionLost');
    return this.#halves.writeConnectionLost?.(this);
  }
}

/** What a ClientRecorder does in its hooks, after it has taken note of them. */
export interface ClientHooks {
  startFactory?(): HookResult;
  stopFactory?(): HookResult;
  startedConnecting?(connector: Connector): HookResult;
  clientConnectionFailed?(connector: Connector, reason: Error): HookResult;
  clientConnectionLost?(connector: Connector, reason: Error): HookResult;
}

/** A client factory that keeps a record of its hooks. It serves ports, too. */
export class ClientRecorder extends ClientFactory {
  readonly log: string[] = [];
  readonly connectors: Connector[] = [];
  readonly reasons: Error[] = [];
  readonly peers: InternetAddress[] = [];
  readonly #build: (peer: InternetAddress) => Protocol | null;
  readonly #hooks: ClientHooks;

  constructor(build: (peer: InternetAddress) => Protocol | null = () => new Recorder(), hooks: ClientHooks = {}) {
    super();
    this.#build = build;
    this.#hooks = hooks;
  }

  /** Whether the factory was stopped: there is nothing to come. */
  get stopped(): boolean {
    return this.log.at(-1) === 'stopFactory';
  }

  override buildProtocol(peer: InternetAddress): Protocol | null {
    this.log.push('buildProtocol');
    this.peers.push(peer);
    return this.#build(peer);
  }

  override startFactory(): HookResult {
    this.log.push('startFactory');
    return this.#hooks.startFactory?.();
  }

  override stopFactory(): HookResult {
    this.log.push('stopFactory');
    return this.#hooks.stopFactory?.();
  }

  override startedConnecting(connector: Connector): HookResult {
    this.log.push('startedConnecting');
    this.connectors.push(connector);
    return this.#hooks.startedConnecting?.(connector);
  }

  override clientConnectionFailed(connector: Connector, reason: Error): HookResult {
    this.log.push('clientConnectionFailed');
    this.connectors.push(connector);
    this.reasons.push(reason);
    return this.#hooks.clientConnectionFailed?.(connector, reason);
  }

  override clientConnectionLost(connector: Connector, reason: Error): HookResult {
    this.log.push('clientConnectionLost');
    this.connectors.push(connector);
    this.reasons.push(reason);
    return this.#hooks.clientConnectionLost?.(connector, reason);
  }
}

/** A factory that has this protocol for the first connection, and refuses the next. */
export function once(protocol: Protocol): () => Protocol | null {
  let left: Protocol | null = protocol;
  return () => {
    const given = left;
    left = null;
    return given;
  };
}

/** Answers all that arrives with itself. */
export function echo(): Recorder {
  return new Recorder({ dataReceived: (data, protocol) => protocol.transport.write(data) });
}

/** What an error is, as one word and its facts, without its message. */
export function checkReason<E extends Error>(
  { reason }: Recorder,
  expected: ErrorClass<E>,
  facts: Record<string, unknown> = {},
): E {
  assert.ok(reason !== undefined, `connectionLost with a ${expected.name} expected, but the connection goes on`);
  return checkError(reason, expected, facts);
}

/** Bytes that tell their place, more or less: they repeat after 251 * 256. */
export function pattern(size: number): Buffer {
  const data = Buffer.allocUnsafe(size);
  for (let i = 0; i < Math.min(size, PATTERN); i++) data[i] = (i % 251) ^ ((i / 251) & 0xff);
  for (let i = PATTERN; i < size; i *= 2) data.copyWithin(i, 0, Math.min(i, size - i));
  return data;
}

const PATTERN = 251 * 256;

/** The hooks that fail, each in a way of its own. */
export const FAILURES: readonly (readonly [name: string, fail: (error: Error) => HookResult])[] = [
  [
    'throws',
    (error) => {
      throw error;
    },
  ],
  ['rejects', (error) => Promise.reject(error)],
  [
    'rejects after a while',
    async (error) => {
      for (let i = 0; i < 5; i++) await Promise.resolve();
      throw error;
    },
  ],
];
