import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  CancelledError,
  ConnectionRefusedError,
  ConnectTimeoutError,
  Deferred,
  DNSLookupError,
  HostnameEndpoint,
  type HostnameEndpointOptions,
  InvalidAddressError,
  NoProtocolError,
  type ResolveOptions,
  TCPServerEndpoint,
} from '../../../index.js';
import {
  assertNoResult,
  failureResultOf,
  type SimulatedHost,
  SimulatedNetwork,
  successResultOf,
} from '../../../testing.js';
import { Greeter, type Recorder, type RecordingFactory, recorders } from './recorder.js';

/** Nobody has these addresses: what is sent there is lost. */
const DEAD_4 = ['10.9.9.1', '10.9.9.2'] as const;
const DEAD_6 = ['fd99::1', 'fd99::2'] as const;

interface Scene {
  readonly network: SimulatedNetwork;
  readonly server: SimulatedHost;
  readonly client: SimulatedHost;
  /** The addresses that were connected to, with the time, in their order. */
  attempts(): [number, string][];
  connect(options?: HostnameEndpointOptions): { connected: Deferred<Recorder>; factory: RecordingFactory };
}

/** `www` has those addresses; a server listens on port 80 of the good ones: 10.0.0.1 and fd00::1. */
function scene(addresses: readonly string[], listen: string[] = ['::']): Scene {
  const network = new SimulatedNetwork({ lookupLatency: 0 });
  const [server, client] = [network.host('server'), network.host('client')];
  network.names.set('www', [...addresses]);
  for (const each of listen)
    void new TCPServerEndpoint(server.reactor, 80, { interface: each }).listen(() => new Greeter());
  network.advance(0);
  return {
    network,
    server,
    client,
    attempts: () => {
      const found = new Map<string, number>();
      for (const event of network.trace.events) {
        if (event.type !== 'sent' || event.host !== 'client' || !event.segment?.syn) continue;
        if (!found.has(event.to.host)) found.set(event.to.host, event.time);
      }
      return [...found].map(([host, time]) => [time, host]);
    },
    connect: (options = {}) => {
      const factory = recorders();
      return { connected: new HostnameEndpoint(client.reactor, 'www', 80, options).connect(factory), factory };
    },
  };
}

const [GOOD_4, GOOD_6] = ['10.0.0.1', 'fd00::1'];

describe('a hostname endpoint', () => {
  it('connects to the one address of a host', () => {
    const { network, connect } = scene([GOOD_4]);
    const { connected } = connect();
    network.advance(1);
    expect(successResultOf(connected).received).to.equal('hello');
  });

  it('prefers IPv6', () => {
    const { network, connect, attempts } = scene([GOOD_4, GOOD_6]);
    const { connected } = connect();
    network.advance(1);
    expect(successResultOf(connected).transport.getPeer()).to.include({ family: 'IPv6', host: GOOD_6 });
    expect(attempts()).to.deep.equal([[0, GOOD_6]]);
  });

  it('tries the families in turns, each in the order of the resolver, every 0.25 seconds', () => {
    const { network, connect, attempts } = scene([...DEAD_4, '10.9.9.3', ...DEAD_6]);
    connect();
    network.advance(10);
    expect(attempts()).to.deep.equal([
      [0, DEAD_6[0]],
      [0.25, DEAD_4[0]],
      [0.5, DEAD_6[1]],
      [0.75, DEAD_4[1]],
      [1, '10.9.9.3'],
    ]);
  });

  it('tries each address once, whatever the resolver says', () => {
    const { network, connect, attempts } = scene([DEAD_4[0], DEAD_4[0], DEAD_6[0], DEAD_6[0]]);
    connect();
    network.advance(10);
    expect(attempts()).to.deep.equal([
      [0, DEAD_6[0]],
      [0.25, DEAD_4[0]],
    ]);
  });

  it('takes as much time between attempts as it is told', () => {
    const { network, connect, attempts } = scene([DEAD_4[0], DEAD_6[0]]);
    connect({ attemptDelay: 2 });
    network.advance(10);
    expect(attempts().map(([time]) => time)).to.deep.equal([0, 2]);
  });

  it('is connected by IPv4 where IPv6 is dead, and gives up the attempts by IPv6', () => {
    const { network, client, connect } = scene([...DEAD_6, GOOD_4]);
    const { connected, factory } = connect();
    network.advance(0.26);
    expect(successResultOf(connected).transport.getPeer()).to.include({ host: GOOD_4 });
    expect(client.reactor.openHandles()).to.deep.equal([factory.built[0]!.transport]);
    expect(factory.built).to.have.length(1);
    network.advance(100);
    expect(factory.built).to.have.length(1);
    expect(factory.told).to.deep.equal(['start']);
  });

  it('tries the next one at once when one has failed', () => {
    const { network, connect, attempts } = scene([GOOD_4, GOOD_6], ['0.0.0.0']);
    const { connected } = connect();
    network.advance(0.01);
    expect(successResultOf(connected).transport.getPeer()).to.include({ host: GOOD_4 });
    expect(attempts()).to.deep.equal([
      [0, GOOD_6],
      [0.002, GOOD_4], // a round trip after
    ]);
  });

  it('tries the next one at once when this host has no way to one', () => {
    const network = new SimulatedNetwork({ lookupLatency: 0 });
    const server = network.host('www');
    const client = network.host('client', { addresses: ['10.1.1.1'] });
    void new TCPServerEndpoint(server.reactor, 80).listen(() => new Greeter());
    network.advance(0);
    const connected = new HostnameEndpoint(client.reactor, 'www', 80).connect(recorders());
    network.advance(0.003);
    expect(successResultOf(connected).transport.getPeer()).to.include({ family: 'IPv4' });
  });

  it('is connected by the attempt that is first, not by that begun first', () => {
    const network = new SimulatedNetwork({ lookupLatency: 0 });
    const [near, far, client] = [network.host('near'), network.host('far'), network.host('client')];
    network.names.set('www', [far.addresses[1]!, near.address]);
    network.link(far, client, { latency: 0.2 });
    const taken = [near, far].map((host) => {
      const factory = recorders();
      void new TCPServerEndpoint(host.reactor, 80, { interface: '::' }).listen(factory);
      return factory;
    });
    network.advance(0);
    const factory = recorders();
    const connected = new HostnameEndpoint(client.reactor, 'www', 80).connect(factory);
    network.advance(0.3);
    expect(successResultOf(connected).transport.getPeer()).to.include({ host: near.address });
    network.advance(100);
    expect(factory.built).to.have.length(1);
    // The connection to the one far away was never made from here, so it is gone there.
    expect(far.reactor.openHandles().filter((each) => 'write' in each)).to.deep.equal([]);
    expect(taken[0]!.built).to.have.length(1);
  });

  it('asks the factory for one protocol only, also where that is none', () => {
    const { network, client } = scene([GOOD_4, GOOD_6]);
    let asked = 0;
    const connected = new HostnameEndpoint(client.reactor, 'www', 80).connect(() => {
      asked++;
      return null;
    });
    network.advance(100);
    failureResultOf(connected, NoProtocolError);
    expect(asked).to.equal(1);
    expect(client.reactor.openHandles()).to.deep.equal([]);
  });

  it('fails for what is no factory', () => {
    const { client } = scene([GOOD_4]);
    failureResultOf(new HostnameEndpoint(client.reactor, 'www', 80).connect({} as never), TypeError);
  });

  it('fails with what startFactory throws', () => {
    const { network, client } = scene([GOOD_4]);
    const factory = recorders();
    factory.startFactory = () => {
      throw new Error('not today');
    };
    const connected = new HostnameEndpoint(client.reactor, 'www', 80).connect(factory);
    network.advance(1);
    expect(failureResultOf(connected).message).to.equal('not today');
    expect(client.reactor.openHandles()).to.deep.equal([]);
  });

  it('takes the addresses of one family only where it is told so', () => {
    for (const [options, host] of [
      [{ family: 4 }, GOOD_4],
      [{ family: 6 }, GOOD_6],
      [{ bindAddress: { host: '10.0.0.2' } }, GOOD_4],
      [{ bindAddress: { host: 'fd00::2' } }, GOOD_6],
    ] as const) {
      const { network, connect, attempts } = scene([...DEAD_4, GOOD_4, ...DEAD_6, GOOD_6]);
      const { connected } = connect(options);
      network.advance(1);
      expect(successResultOf(connected).transport.getPeer()).to.include({ host });
      expect(attempts().every(([, address]) => address.includes(':') === host.includes(':'))).to.equal(true);
    }
  });

  it('takes an address for what it is', () => {
    for (const host of [GOOD_4, GOOD_6]) {
      const { network, client } = scene([]);
      const connected = new HostnameEndpoint(client.reactor, host, 80).connect(recorders());
      network.advance(0.01);
      expect(successResultOf(connected).transport.getPeer()).to.include({ host });
    }
  });

  it('refuses what can not be connected to when it is made', () => {
    const { reactor } = scene([]).client;
    const make =
      (host: string, port: number, options: object): (() => unknown) =>
      () =>
        new HostnameEndpoint(reactor, host, port, options);
    expect(make('www', 0, {})).to.throw(RangeError);
    expect(make('www', 80, { timeout: -1 })).to.throw(RangeError);
    expect(make('www', 80, { attemptDelay: 0.009 })).to.throw(RangeError);
    expect(make('www', 80, { attemptDelay: Number.NaN })).to.throw(RangeError);
    expect(make('www', 80, { family: 5 })).to.throw(RangeError);
    expect(make('www', 80, { bindAddress: { host: 'localhost' } })).to.throw(InvalidAddressError);
    expect(make('www', 80, { family: 6, bindAddress: { host: '10.0.0.2' } })).to.throw(InvalidAddressError, '10.0.0.2');
    expect(make('10.0.0.1', 80, { family: 6 })).to.throw(InvalidAddressError, '10.0.0.1');
    expect(make('fd00::1', 80, { bindAddress: { host: '10.0.0.2' } })).to.throw(InvalidAddressError, 'fd00::1');
    expect(make(undefined as never, 80, {})).to.throw(TypeError);
  });
});

describe('a hostname endpoint that fails', () => {
  it('has a DNSLookupError for a name that has no address', () => {
    const { network, connect, client } = scene([]);
    const { connected, factory } = connect();
    network.advance(0);
    expect(failureResultOf(connected, DNSLookupError).hostname).to.equal('www');
    expect(factory.told).to.deep.equal([]);
    expect(client.reactor.openHandles()).to.deep.equal([]);
  });

  it('has the refusal when all have refused', () => {
    const { network, connect, client } = scene([GOOD_4, GOOD_6], []);
    const { connected, factory } = connect();
    network.advance(0.01);
    expect(failureResultOf(connected, ConnectionRefusedError)).to.include({ host: GOOD_6, port: 80 });
    expect(factory.told).to.deep.equal(['start', 'stop']);
    expect(client.reactor.openHandles()).to.deep.equal([]);
  });

  it('has the refusal of one also where others were silent or out of reach', () => {
    const { network, connect } = scene([GOOD_4, DEAD_6[0]], []);
    const { connected } = connect({ timeout: Infinity });
    network.advance(200); // until the system has given up the silent one
    failureResultOf(connected, ConnectionRefusedError);
  });

  it('has a ConnectTimeoutError with the name when the time is over, and tries no more', () => {
    const { network, connect, client, attempts } = scene([...DEAD_4, ...DEAD_6]);
    const { connected } = connect({ timeout: 0.6 });
    network.advance(0.59);
    assertNoResult(connected);
    network.advance(0.02);
    expect(failureResultOf(connected, ConnectTimeoutError)).to.include({ host: 'www', port: 80, timeout: 0.6 });
    expect(client.reactor.openHandles()).to.deep.equal([]);
    network.runUntilIdle();
    expect(attempts()).to.have.length(3);
  });

  it('counts the lookup to its time', () => {
    const { network, connect, client } = scene([GOOD_4]);
    network.lookupLatency = Infinity;
    const { connected } = connect();
    network.advance(29.9);
    assertNoResult(connected);
    network.advance(0.2);
    failureResultOf(connected, ConnectTimeoutError);
    expect(client.reactor.openHandles()).to.deep.equal([]);
  });
});

describe('a hostname endpoint that is cancelled', () => {
  for (const [when, seconds] of [
    ['during the lookup', 0],
    ['with one attempt under way', 0.1],
    ['with several attempts under way', 0.8],
  ] as const) {
    it(`${when}: leaves nothing open, and tries no more`, () => {
      const { network, connect, client, attempts } = scene([...DEAD_4, ...DEAD_6]);
      if (seconds === 0) network.lookupLatency = 1;
      const { connected, factory } = connect();
      network.advance(seconds);
      const before = attempts().length;
      connected.cancel();
      failureResultOf(connected, CancelledError);
      network.advance(0);
      expect(client.reactor.openHandles()).to.deep.equal([]);
      network.runUntilIdle();
      expect(attempts()).to.have.length(before);
      expect(factory.told).to.deep.equal(before === 0 ? [] : ['start', 'stop']);
    });
  }

  it('by a signal: has its reason', () => {
    const { network, client } = scene([DEAD_4[0]]);
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const connected = new HostnameEndpoint(client.reactor, 'www', 80).connect(recorders(), options);
    network.advance(0.1);
    const why = new Error('changed my mind');
    controller.abort(why);
    expect(failureResultOf(connected)).to.equal(why);
  });
});

describe('a hostname endpoint whose resolver is slow', () => {
  /** As `scene`, with lookups that are answered by the test. */
  function slowScene(addresses: readonly string[], options: HostnameEndpointOptions = {}) {
    const { network, client, attempts } = scene(addresses);
    const { reactor } = client;
    const lookups = { 4: new Deferred<string[]>(), 6: new Deferred<string[]>() };
    const slow = {
      seconds: () => reactor.seconds(),
      callLater: reactor.callLater.bind(reactor),
      getDelayedCalls: () => reactor.getDelayedCalls(),
      listenTCP: reactor.listenTCP.bind(reactor),
      connectTCP: reactor.connectTCP.bind(reactor),
      resolveAll: (_name: string, { family }: ResolveOptions = {}) => lookups[family!],
    };
    const connected = new HostnameEndpoint(slow, 'www', 80, options).connect(recorders());
    return { network, client, attempts, connected, lookups };
  }

  it('begins with IPv6 as soon as that is known', () => {
    const { network, connected, lookups } = slowScene([]);
    network.advance(1);
    lookups[6].callback([GOOD_6]);
    network.advance(0.01);
    expect(successResultOf(connected).transport.getPeer()).to.include({ host: GOOD_6 });
  });

  it('cancels the lookup that it does not need any more', () => {
    const { network, connected, lookups } = slowScene([]);
    lookups[6].callback([GOOD_6]);
    network.advance(0.01);
    successResultOf(connected);
    expect(lookups[4].called).to.equal(true);
  });

  it('waits 0.05 seconds for IPv6 once IPv4 is known, and no longer', () => {
    const { network, lookups, attempts } = slowScene([]);
    network.advance(1);
    lookups[4].callback([GOOD_4]);
    network.advance(1);
    expect(attempts()).to.deep.equal([[1.05, GOOD_4]]);
  });

  it('begins with IPv6 where that is known within 0.05 seconds', () => {
    const { network, lookups, attempts } = slowScene([]);
    network.advance(1);
    lookups[4].callback([DEAD_4[0]]);
    network.advance(0.04);
    lookups[6].callback([DEAD_6[0]]);
    network.advance(1);
    expect(attempts()).to.deep.equal([
      [1.04, DEAD_6[0]],
      [1.29, DEAD_4[0]],
    ]);
  });

  it('does not wait where there is no IPv6', () => {
    const { network, lookups, attempts } = slowScene([]);
    lookups[4].callback([GOOD_4]);
    network.advance(0.01);
    lookups[6].errback(new DNSLookupError('www', 'no addresses'));
    network.advance(1);
    expect(attempts()).to.deep.equal([[0.01, GOOD_4]]);
  });

  it('waits for IPv4 where there is no IPv6', () => {
    const { network, lookups, attempts } = slowScene([]);
    lookups[6].errback(new DNSLookupError('www', 'no addresses'));
    network.advance(3);
    lookups[4].callback([GOOD_4]);
    network.advance(1);
    expect(attempts()).to.deep.equal([[3, GOOD_4]]);
  });

  it('takes in what is looked up late: at its turn, or at once where nothing is left to try', () => {
    for (const [late, expected] of [
      [0.1, [0, 0.25]], // the first attempt has some time left
      [0.6, [0, 0.6]],
    ] as const) {
      const { network, lookups, attempts } = slowScene([]);
      lookups[6].callback([DEAD_6[0]]);
      network.advance(late);
      lookups[4].callback([GOOD_4]);
      network.advance(1);
      expect(attempts()).to.deep.equal([
        [expected[0], DEAD_6[0]],
        [expected[1], GOOD_4],
      ]);
    }
  });

  it('fails when what is left to look up fails too', () => {
    const { network, connected, lookups } = slowScene([]);
    lookups[6].callback([]);
    network.advance(1);
    assertNoResult(connected);
    lookups[4].errback(new DNSLookupError('www', Object.assign(new Error('later'), { code: 'EAI_AGAIN' })));
    expect(failureResultOf(connected, DNSLookupError).cause).to.include({ code: 'EAI_AGAIN' });
  });

  it('tells of the resolver in trouble rather than of the unknown name', () => {
    for (const [six, four] of [
      ['EAI_AGAIN', 'ENOTFOUND'],
      ['ENOTFOUND', 'EAI_AGAIN'],
    ] as const) {
      const { connected, lookups } = slowScene([]);
      lookups[6].errback(new DNSLookupError('www', Object.assign(new Error(), { code: six })));
      lookups[4].errback(new DNSLookupError('www', Object.assign(new Error(), { code: four })));
      expect(failureResultOf(connected).cause).to.include({ code: 'EAI_AGAIN' });
    }
  });

  it('tells why a host can not be reached rather than why its other family is not known', () => {
    const { network, connected, lookups } = slowScene([]);
    lookups[6].errback(new DNSLookupError('www', Object.assign(new Error(), { code: 'EAI_AGAIN' })));
    lookups[4].callback(['10.0.0.2']); // the client itself
    network.advance(1);
    failureResultOf(connected, ConnectionRefusedError);
  });

  it('gives up lookups when it is cancelled', () => {
    const { connected, lookups } = slowScene([]);
    connected.cancel();
    failureResultOf(connected, CancelledError);
    expect([lookups[4].called, lookups[6].called]).to.deep.equal([true, true]);
  });
});
