import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DatagramProtocol, type MulticastTransport, NotConnectedError } from '../../../index.js';
import { Echo } from '../../../protocols/index.js';
import {
  ConditionError,
  HostDownError,
  HostExistsError,
  SimulatedNetwork,
  UnknownHostError,
} from '../../../testing.js';

class Listener extends DatagramProtocol<MulticastTransport> {
  readonly heard: string[] = [];
  refusals = 0;
  stopped = 0;

  override datagramReceived(data: Buffer): void {
    this.heard.push(data.toString());
  }

  override connectionRefused(): void {
    this.refusals++;
  }

  override stopProtocol(): void {
    this.stopped++;
  }
}

describe('a simulated host', () => {
  it('has an IPv4 and an IPv6 address of its own, and a reactor on the simulated network', () => {
    const network = new SimulatedNetwork();
    const [a, b] = [network.host('a'), network.host('b')];
    expect(a.addresses).to.deep.equal(['10.0.0.1', 'fd00::1']);
    expect(b.addresses).to.deep.equal(['10.0.0.2', 'fd00::2']);
    expect(b.address).to.equal('10.0.0.2');
    expect(a.reactor.network.name).to.equal('simulated');
  });

  it('may be given addresses', () => {
    const host = new SimulatedNetwork().host('a', { addresses: ['FE80::0:1', '192.168.1.5/24'] });
    expect(host.addresses).to.deep.equal(['fe80::1', '192.168.1.5']);
    expect(host.address).to.equal('192.168.1.5');
  });

  it('refuses names and addresses used twice', () => {
    const network = new SimulatedNetwork({ seed: 9 });
    network.host('a', { addresses: ['10.1.1.1'] });
    expect(() => network.host('a')).to.throw(HostExistsError, '(seed 9; PLAIT_SEED=9 repeats it)');
    expect(() => network.host('b', { addresses: ['10.1.1.1'] })).to.throw(HostExistsError, '10.1.1.1');
    expect(network.host('b').name).to.equal('b');
  });

  for (const [what, options] of [
    ['a hostname as address', { addresses: ['example.org'] }],
    ['a prefix that is too long', { addresses: ['10.0.0.1/33'] }],
    ['no address', { addresses: [] }],
    ['a clock that stands still', { clockRate: 0 }],
    ['a clock that is no number', { clockOffset: Number.NaN }],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => new SimulatedNetwork().host('a', { ...options } as never)).to.throw(ConditionError);
    });
  }

  it('resolves the names of the zone, its own and others', async () => {
    const network = new SimulatedNetwork();
    const a = network.host('a');
    network.host('b');
    network.names.set('www.example', ['10.0.0.2', 'fd00::2']);
    network.names.set('broken.example', []);
    const asked = [
      a.reactor.resolve('b'),
      a.reactor.resolve('www.example', { family: 6 }),
      a.reactor.resolve('localhost'),
      a.reactor.resolveAll('WWW.EXAMPLE'),
    ];
    const failing = ['broken.example', 'nobody.example'].map((name) =>
      a.reactor.resolve(name).addErrback((error) => error.name),
    );
    await network.runUntilIdleAsync();
    expect(await Promise.all(asked)).to.deep.equal(['10.0.0.2', 'fd00::2', '127.0.0.1', ['10.0.0.2', 'fd00::2']]);
    expect(await Promise.all(failing)).to.deep.equal(['DNSLookupError', 'DNSLookupError']);
  });

  it('gets no answer to a lookup where none comes, and times out', async () => {
    const network = new SimulatedNetwork({ lookupLatency: Infinity });
    const failure = network
      .host('a')
      .reactor.resolve('a', { timeout: 3 })
      .addErrback((error) => error.message);
    network.advance(3);
    expect(await failure).to.match(/no answer within 3 s/);
  });

  it('is told of a refusal after the round trip when its port is connected, and not otherwise', () => {
    const network = new SimulatedNetwork({ latency: 0.1 });
    const [a, b] = [network.host('a'), network.host('b')];
    const [connected, loose] = [new Listener(), new Listener()];
    const port = a.reactor.listenUDP(0, connected);
    port.connect(b.address, 9);
    a.reactor.listenUDP(0, loose).write('x', { host: b.address, port: 9 });
    port.write('x');
    network.advance(0.199);
    expect(connected.refusals).to.equal(0);
    network.advance(0.002);
    expect(connected.refusals).to.equal(1);
    expect(loose.refusals).to.equal(0);
    expect(port.stats.refused).to.equal(1);
  });

  it('reaches itself by loopback and by the wildcard address, at once', () => {
    const network = new SimulatedNetwork();
    const { reactor, address } = network.host('a');
    const listener = new Listener();
    reactor.listenUDP(7, listener);
    const port = reactor.listenUDP(0, {});
    for (const host of ['127.0.0.1', '0.0.0.0', address]) port.write(host, { host, port: 7 });
    expect(listener.heard).to.deep.equal([]);
    network.advance(0);
    expect(listener.heard).to.deep.equal(['127.0.0.1', '0.0.0.0', address]);
  });

  it('loses what goes to an address nobody has', () => {
    const network = new SimulatedNetwork();
    network.host('a').reactor.listenUDP(0, {}).write('x', { host: '10.9.9.9', port: 7 });
    network.advance(1);
    expect(network.trace.events.at(-1)).to.include({ type: 'lost', reason: 'no-host' });
  });

  it('draws ephemeral ports from the seed', () => {
    const ports = (seed: number): number[] => {
      const { reactor } = new SimulatedNetwork({ seed }).host('a');
      return [1, 2, 3].map(() => reactor.listenUDP(0, {}).getHost().port);
    };
    expect(ports(1)).to.deep.equal(ports(1));
    expect(ports(1)).to.not.deep.equal(ports(2));
    expect(new Set(ports(1)).size).to.equal(3);
  });

  it('hears broadcast on its port, from any host that is allowed to send it', () => {
    const network = new SimulatedNetwork();
    const [a, b, c] = [network.host('a'), network.host('b'), network.host('c')];
    const listeners = [b, c].map((host) => {
      const listener = new Listener();
      host.reactor.listenUDP(7, listener);
      return listener;
    });
    const port = a.reactor.listenUDP(0, {});
    port.write('directed, not allowed', { host: '10.255.255.255', port: 7 });
    network.advance(1);
    expect(port.stats.dropped).to.equal(1);
    port.setBroadcastAllowed(true);
    port.write('limited', { host: '<broadcast>', port: 7 });
    port.write('directed', { host: '10.255.255.255', port: 7 });
    network.advance(1);
    for (const { heard } of listeners) expect(heard).to.deep.equal(['limited', 'directed']);
  });

  it('hears a group that it has joined, within reach of the TTL', async () => {
    const network = new SimulatedNetwork();
    const [a, b, c] = [network.host('a'), network.host('b'), network.host('c')];
    const [member, stranger] = [new Listener(), new Listener()];
    const memberPort = b.reactor.listenMulticast(7, member);
    c.reactor.listenMulticast(7, stranger);
    await memberPort.joinGroup('239.1.2.3');
    const port = a.reactor.listenMulticast(0, {});
    port.write('1', { host: '239.1.2.3', port: 7 });
    port.setTTL(0);
    port.write('2', { host: '239.1.2.3', port: 7 });
    network.advance(1);
    await memberPort.leaveGroup('239.1.2.3');
    port.setTTL(1);
    port.write('3', { host: '239.1.2.3', port: 7 });
    network.advance(1);
    expect(member.heard).to.deep.equal(['1']);
    expect(stranger.heard).to.deep.equal([]);
  });

  it('hears only the sources it has joined for', async () => {
    const network = new SimulatedNetwork();
    const [a, b, c] = [network.host('a'), network.host('b'), network.host('c')];
    const member = new Listener();
    const port = c.reactor.listenMulticast(7, member);
    await port.joinSourceGroup(a.address, '232.1.2.3');
    for (const host of [a, b]) {
      host.reactor.listenMulticast(0, {}).write(host.name, { host: '232.1.2.3', port: 7 });
    }
    network.advance(1);
    expect(member.heard).to.deep.equal(['a']);
  });

  it('hears its own datagrams to a group only while loopback is on', async () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('a');
    const member = new Listener();
    const port = reactor.listenMulticast(7, member);
    await port.joinGroup('ff02::1234').addErrback(() => undefined);
    await port.joinGroup('239.1.2.3');
    port.write('on', { host: '239.1.2.3', port: 7 });
    network.advance(1);
    port.setLoopbackMode(false);
    port.write('off', { host: '239.1.2.3', port: 7 });
    network.advance(1);
    expect(member.heard).to.deep.equal(['on']);
  });

  it('has a clock of its own', () => {
    const network = new SimulatedNetwork({ start: 100 });
    const { reactor } = network.host('a', { clockOffset: 1000, clockRate: 2 });
    expect(reactor.seconds()).to.equal(1200);
    let called = 0;
    reactor.callLater(10, () => {
      called = network.clock.seconds();
    });
    network.advance(10);
    expect(called).to.equal(105);
    expect(reactor.seconds()).to.equal(1220);
  });

  it('stops on a signal', async () => {
    const network = new SimulatedNetwork();
    const host = network.host('a');
    const over = host.reactor.run();
    host.signal('SIGTERM');
    await network.settle();
    await over;
    expect(host.reactor.exitSignal).to.equal('SIGTERM');
  });
});

describe('a simulated host that crashes', () => {
  it('runs no hook and makes no call any more', () => {
    const network = new SimulatedNetwork();
    const [a, b] = [network.host('a'), network.host('b')];
    const listener = new Listener();
    let called = false;
    b.reactor.listenUDP(7, listener);
    b.reactor.callLater(1, () => {
      called = true;
    });
    a.reactor.listenUDP(0, {}).write('x', { host: b.address, port: 7 });
    b.crash();
    network.advance(5);
    expect(listener.heard).to.deep.equal([]);
    expect(listener.stopped).to.equal(0);
    expect(called).to.equal(false);
    expect(b.up).to.equal(false);
  });

  it('refuses to open anything', () => {
    const network = new SimulatedNetwork();
    const host = network.host('a');
    const { reactor } = host;
    host.crash();
    expect(host.reactor).to.equal(reactor);
    expect(() => reactor.listenUDP(0, {})).to.throw(HostDownError);
    host.restart();
    expect(() => reactor.listenUDP(0, {})).to.throw(HostDownError);
  });

  it('lets go what waits for it to stop or close', async () => {
    const network = new SimulatedNetwork();
    const host = network.host('a');
    const { reactor } = host;
    const port = reactor.listenUDP(7, new Listener());
    const over = reactor.run();
    const stopped = port.stopListening();
    host.crash();
    await over;
    await stopped;
    await reactor.close();
    expect(() => port.write('x', { host: '10.0.0.1', port: 1 })).to.throw(NotConnectedError);
  });

  it('is silent to its peers: no refusal comes', () => {
    const network = new SimulatedNetwork();
    const [a, b] = [network.host('a'), network.host('b')];
    const listener = new Listener();
    const port = a.reactor.listenUDP(0, listener);
    port.connect(b.address, 7);
    b.crash();
    port.write('x');
    network.advance(5);
    expect(listener.refusals).to.equal(0);
    expect(network.trace.events.at(-1)).to.include({ type: 'lost', reason: 'host-down' });
  });

  it('comes back with a new reactor and free ports', () => {
    const network = new SimulatedNetwork();
    const [a, b] = [network.host('a'), network.host('b')];
    const first = b.reactor;
    first.listenUDP(7, new Echo());
    b.crash();
    const second = b.restart();
    expect(second).to.not.equal(first);
    expect(b.reactor).to.equal(second);
    second.listenUDP(7, new Echo());
    const listener = new Listener();
    a.reactor.listenUDP(0, listener).write('x', { host: b.address, port: 7 });
    network.advance(1);
    expect(listener.heard).to.deep.equal(['x']);
  });

  it('may crash twice, and restarts from running too', () => {
    const network = new SimulatedNetwork();
    const host = network.host('a');
    host.crash();
    host.crash();
    host.restart();
    const { reactor } = host;
    host.restart();
    expect(host.reactor).to.not.equal(reactor);
  });
});

describe('a simulated network', () => {
  it('knows no other hosts than its own', () => {
    const network = new SimulatedNetwork({ seed: 'abc' });
    network.host('a');
    const stranger = new SimulatedNetwork().host('a');
    expect(() => network.partition('a', 'z')).to.throw(UnknownHostError, '(seed abc; PLAIT_SEED=abc repeats it)');
    expect(() => network.hold('a', stranger)).to.throw(UnknownHostError);
    expect(() => network.link('a', 'a', {})).to.throw(ConditionError);
  });

  for (const conditions of [
    { loss: 1.1 },
    { loss: -0.1 },
    { loss: Number.NaN },
    { duplicate: 2 },
    { reorder: -1 },
    { corrupt: 7 },
    { bandwidth: 0 },
    { mtu: -5 },
    { queue: -1 },
    { latency: -1 },
    { latency: Infinity },
    { latency: [2, 1] as [number, number] },
    { trace: { limit: -1 } },
    { lost: 0.5 } as object,
  ]) {
    it(`refuses ${JSON.stringify(conditions)}`, () => {
      expect(() => new SimulatedNetwork(conditions)).to.throw(ConditionError, 'PLAIT_SEED');
    });
  }
});
