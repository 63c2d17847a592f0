/**
 * A program as a strict user of the package writes it: compiled against the packed package and run by
 * scripts/check-package.mjs, and compiled with the tests. It touches the public names in the ways that types can break:
 * subclassing with an async hook, plain objects, narrowing, generics, awaiting Deferreds.
 */
import assert from 'node:assert/strict';
import {
  type Address,
  CannotListenError,
  ClientFactory,
  Clock,
  type Connector,
  DatagramInbox,
  type DatagramHandler,
  DatagramProtocol,
  type DatagramTransport,
  Deferred,
  deferLater,
  type DelayedCall,
  Factory,
  gatherResults,
  type HookResult,
  type InternetAddress,
  LoopingCall,
  type MulticastPort,
  type MulticastTransport,
  type Network,
  type Origin,
  PlaitError,
  Protocol,
  Reactor,
  type ReactorRandom,
  type ReactorTime,
  succeed,
  type UDPPort,
} from 'plait';
import { Echo } from 'plait/protocols';
import { FakeDatagramTransport, type LinkConditions, SimulatedNetwork, successResultOf } from 'plait/testing';
import * as contract from 'plait/testing/contract';

class Asker extends DatagramProtocol {
  readonly answer: Deferred<string> = new Deferred<string>();
  readonly #server: Address;

  constructor(server: Address) {
    super();
    this.#server = server;
  }

  override startProtocol(): void {
    const { host, port } = this.#server;
    this.transport.connect(host, port);
    this.transport.write('question');
    this.transport.write(Uint8Array.of(1, 2, 3));
  }

  override async datagramReceived(data: Buffer, address: Address): Promise<void> {
    await Promise.resolve();
    if (!this.answer.called) this.answer.callback(`${data.toString()} from ${address.host}`);
  }

  override connectionRefused(): HookResult {
    this.answer.errback(new Error('refused'));
  }
}

class Member extends DatagramProtocol<MulticastTransport> {
  override startProtocol(): Deferred<void> {
    this.transport.setTTL(1);
    return this.transport.joinGroup('228.0.0.5');
  }
}

class Shout extends Protocol {
  override dataReceived(data: Buffer): void {
    this.transport.write(data.toString().toUpperCase());
    this.transport.loseConnection();
  }
}

class Caller extends Protocol {
  readonly heard: Buffer[] = [];
  readonly lost: Deferred<Error> = new Deferred<Error>();

  override async connectionMade(): Promise<void> {
    await Promise.resolve();
    this.transport.write('hello');
  }

  override dataReceived(data: Buffer): void {
    this.heard.push(data);
  }

  override connectionLost(reason: Error): void {
    this.lost.callback(reason);
  }
}

class Callers extends ClientFactory<Caller> {
  readonly failures: Error[] = [];

  override buildProtocol(_peer: InternetAddress): Caller {
    return new Caller();
  }

  override clientConnectionFailed(_connector: Connector, reason: Error): void {
    this.failures.push(reason);
  }
}

class Heartbeat {
  readonly beats: number[] = [];
  readonly loop: LoopingCall<void>;

  constructor(clock: ReactorTime) {
    this.loop = new LoopingCall(clock, () => {
      this.beats.push(clock.seconds());
    });
  }
}

async function onRealSockets(network?: Network): Promise<void> {
  const reactor = new Reactor(network === undefined ? {} : { network });
  const errors: [Error, Origin][] = [];
  reactor.on('error', (error, origin) => errors.push([error, origin]));

  const server: UDPPort = reactor.listenUDP(0, new Echo(), { interface: '127.0.0.1' });
  const host: InternetAddress = server.getHost();
  const asker = new Asker(host);
  const client = reactor.listenUDP(0, asker, { interface: '127.0.0.1' });
  assert.equal(await asker.answer, `question from ${host.host}`);

  const plain: DatagramHandler = {
    datagramReceived(data: Buffer, address: Address, transport: DatagramTransport) {
      transport.write(data, address);
    },
  };
  const inbox = new DatagramInbox({ highWaterMark: 10 });
  const echo = reactor.listenUDP(0, plain, { interface: '127.0.0.1' });
  reactor.listenUDP(0, inbox, { interface: '127.0.0.1' }).write('to the inbox', echo.getHost());
  for await (const [data] of inbox) {
    assert.equal(data.toString(), 'to the inbox');
    break;
  }

  assert.throws(
    () => reactor.listenUDP(host.port, {}, { interface: '127.0.0.1' }),
    (error: unknown) => error instanceof CannotListenError && error instanceof PlaitError && error.port === host.port,
  );
  const listener = reactor.listenTCP(0, Factory.forProtocol(Shout), { interface: '127.0.0.1' });
  const { port } = await listener.listening;
  const caller = new Caller();
  reactor.connectTCP('127.0.0.1', port, () => caller, { timeout: 5 });
  const reason = await caller.lost;
  assert.equal(reason.name, 'ConnectionDone');
  assert.equal(Buffer.concat(caller.heard).toString(), 'HELLO');

  await client.stopListening();
  await server[Symbol.asyncDispose]();
  await reactor.close();
  assert.deepEqual(errors, []);
}

function onAFakeTransport(): void {
  const transport = new FakeDatagramTransport();
  const random: ReactorRandom = transport.reactor;
  assert.equal(random.randomBytes(4).length, 4);
  new Asker({ host: '127.0.0.1', port: 7 }).makeConnection(transport);
  assert.deepEqual(
    transport.written.map(({ data }) => data.toString('latin1')),
    ['question', '\x01\x02\x03'],
  );
}

function onASimulatedNetwork(): void {
  const badLink: LinkConditions = { latency: [0.01, 0.05], loss: 0 };
  const network = new SimulatedNetwork({ seed: 7, ...badLink });
  const server = network.host('server');
  const asker = new Asker({ host: server.address, port: 7 });
  server.reactor.listenUDP(7, new Echo());
  network.host('client').reactor.listenUDP(0, asker);
  network.runUntil(() => network.trace.events.some(({ type }) => type === 'delivered'), { timeout: 10 });
  assert.ok(network.clock.seconds() > 0);
}

function onAClock(): void {
  const clock = new Clock();
  const heartbeat = new Heartbeat(clock);
  heartbeat.loop.start(1).addErrback((error: Error) => assert.fail(error));
  const call: DelayedCall = clock.callLater(2, (text: string, n: number) => assert.equal(text.length, n), 'four', 4);
  const later: Deferred<number> = deferLater(clock, 2.5, () => 42);
  const both = gatherResults([later, succeed('x')]);
  clock.advance(3);
  assert.equal(call.active(), false);
  assert.deepEqual(heartbeat.beats, [0, 1, 2, 3]);
  assert.deepEqual(successResultOf(both), [42, 'x']);
  heartbeat.loop.stop();
}

/** Compiled, not run: multicast needs an interface that has it. */
export function joined(reactor: Reactor): MulticastPort {
  return reactor.listenMulticast(0, new Member(), { listenMultiple: true });
}

/** Compiled, not run: there is nobody to call. */
export function called(reactor: Reactor): Connector {
  return reactor.connectTCP('host.example', 7, new Callers());
}

assert.ok(Object.keys(contract).length > 0);
onAFakeTransport();
onAClock();
onASimulatedNetwork();
await onRealSockets();
