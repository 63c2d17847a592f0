import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  CancelledError,
  CannotListenError,
  ConnectionAborted,
  ConnectionDone,
  ConnectionRefusedError,
  ConnectTimeoutError,
  DNSLookupError,
  type EndpointOptions,
  InvalidAddressError,
  NoProtocolError,
  NotSupportedError,
  type Reactor,
  type StreamHandler,
  TCPClientEndpoint,
  type TCPPort,
  TCPServerEndpoint,
  UNIXClientEndpoint,
  UNIXServerEndpoint,
} from '../../../index.js';
import {
  assertNoResult,
  failureResultOf,
  type SimulatedHost,
  SimulatedNetwork,
  successResultOf,
} from '../../../testing.js';
import { Greeter, Recorder, RecordingFactory, recorders } from './recorder.js';

/** Two hosts, a millisecond apart; the server listens on port 80. */
function hosts(): { network: SimulatedNetwork; server: SimulatedHost; client: SimulatedHost; port: TCPPort } {
  const network = new SimulatedNetwork();
  const [server, client] = [network.host('server'), network.host('client')];
  const listening = new TCPServerEndpoint(server.reactor, 80).listen(() => new Greeter());
  network.advance(0);
  return { network, server, client, port: successResultOf(listening) };
}

describe('a TCP server endpoint', () => {
  it('fires with the port once it listens', () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('server');
    const endpoint = new TCPServerEndpoint(reactor, 80, { interface: '127.0.0.1' });
    const listening = endpoint.listen(recorders());
    assertNoResult(listening);
    network.advance(0);
    const port = successResultOf(listening);
    expect(port.getHost()).to.include({ host: '127.0.0.1', port: 80 });
    expect(successResultOf(port.listening)).to.equal(port.getHost());
  });

  it('fails where the port is taken', () => {
    const { network, server } = hosts();
    const factory = recorders();
    const listening = new TCPServerEndpoint(server.reactor, 80).listen(factory);
    network.advance(0);
    expect(failureResultOf(listening, CannotListenError).port).to.equal(80);
    expect(factory.told).to.deep.equal(['start', 'stop']);
  });

  it('fails with what startFactory throws', () => {
    const { reactor } = new SimulatedNetwork().host('server');
    const factory = recorders();
    factory.startFactory = () => {
      throw new Error('not today');
    };
    const listening = new TCPServerEndpoint(reactor, 80).listen(factory);
    expect(failureResultOf(listening).message).to.equal('not today');
    expect(reactor.openHandles()).to.deep.equal([]);
  });

  it('fails for what is no factory', () => {
    const { reactor } = new SimulatedNetwork().host('server');
    failureResultOf(new TCPServerEndpoint(reactor, 80).listen({} as never), TypeError);
  });

  it('listens any number of times', () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('server');
    const endpoint = new TCPServerEndpoint(reactor, 0);
    const both = [endpoint.listen(recorders()), endpoint.listen(recorders())];
    network.advance(0);
    const ports = both.map((each) => successResultOf(each).getHost().port);
    expect(new Set(ports).size).to.equal(2);
  });

  it('listens no more when it is cancelled', () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('server');
    const endpoint = new TCPServerEndpoint(reactor, 80);
    const factory = recorders();
    const listening = endpoint.listen(factory);
    listening.cancel();
    failureResultOf(listening, CancelledError);
    network.advance(0);
    expect(reactor.openHandles()).to.deep.equal([]);
    expect(factory.told).to.deep.equal(['start', 'stop']);
    const again = endpoint.listen(recorders());
    network.advance(0);
    expect(successResultOf(again).getHost().port).to.equal(80);
  });

  it('is cancelled by a signal, and not begun when that is aborted', () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('server');
    const endpoint = new TCPServerEndpoint(reactor, 80);
    const factory = recorders();
    const why = new Error('changed my mind');
    const controller = new AbortController();
    const listening = endpoint.listen(factory, { signal: controller.signal });
    controller.abort(why);
    expect(failureResultOf(listening)).to.equal(why);
    network.advance(0);
    expect(failureResultOf(endpoint.listen(factory, { signal: controller.signal }))).to.equal(why);
    expect(factory.told).to.deep.equal(['start', 'stop']);
    expect(reactor.openHandles()).to.deep.equal([]);
  });

  it('refuses what can not be listened on when it is made', () => {
    const { reactor } = new SimulatedNetwork().host('server');
    expect(() => new TCPServerEndpoint(reactor, 65536)).to.throw(RangeError);
    expect(() => new TCPServerEndpoint(reactor, 80, { backlog: 0 })).to.throw(RangeError);
    expect(() => new TCPServerEndpoint(reactor, 80, { interface: 'localhost' })).to.throw(InvalidAddressError);
    expect(() => new UNIXServerEndpoint(reactor, '/a', { backlog: 0.5 })).to.throw(RangeError);
  });
});

describe('a TCP client endpoint', () => {
  it('fires with the protocol after connectionMade, and before anything has arrived', () => {
    const { network, server, client } = hosts();
    const told: string[] = [];
    const connected = new TCPClientEndpoint(client.reactor, server.address, 80).connect(() => new Recorder());
    void connected.addCallback((protocol) => {
      told.push(...protocol.told);
      return protocol;
    });
    network.advance(1);
    expect(told).to.deep.equal(['made']);
    const protocol = successResultOf(connected);
    expect(protocol.received).to.equal('hello');
    expect(protocol.transport.getPeer()).to.include({ host: server.address, port: 80 });
  });

  it('leaves the protocol as it was', () => {
    const { network, server, client } = hosts();
    class Arrow extends Recorder {
      override makeConnection = (transport: Recorder['transport']): void => {
        this.told.push('arrow');
        void super.makeConnection(transport);
      };
    }
    const protocols = [new Recorder(), new Arrow()];
    const before = protocols.map((protocol) => Object.getOwnPropertyDescriptors(protocol));
    for (const protocol of protocols) {
      void new TCPClientEndpoint(client.reactor, server.address, 80).connect(() => protocol);
    }
    network.advance(1);
    expect(protocols[1]!.told.slice(0, 2)).to.deep.equal(['arrow', 'made']);
    protocols.forEach((protocol, index) => {
      expect(Object.keys(protocol)).to.deep.equal(Object.keys(before[index]!));
      expect(Object.hasOwn(protocol, 'makeConnection')).to.equal(index === 1);
    });
  });

  it('starts the factory, and stops it when the connection has ended', () => {
    const { network, server, client } = hosts();
    const factory = recorders();
    const connected = new TCPClientEndpoint(client.reactor, server.address, 80).connect(factory);
    network.advance(1);
    expect(factory.told).to.deep.equal(['start']);
    successResultOf(connected).transport.loseConnection();
    network.advance(1);
    expect(factory.told).to.deep.equal(['start', 'stop']);
    expect(factory.built[0]!.reason).to.be.instanceOf(ConnectionDone);
  });

  it('fails where nobody listens', () => {
    const { network, server, client } = hosts();
    const factory = recorders();
    const connected = new TCPClientEndpoint(client.reactor, server.address, 81).connect(factory);
    network.advance(1);
    expect(failureResultOf(connected, ConnectionRefusedError)).to.include({ host: server.address, port: 81 });
    expect(factory.built).to.deep.equal([]);
    expect(factory.told).to.deep.equal(['start', 'stop']);
  });

  it('has no time where it is given none', () => {
    const { network, server, client } = hosts();
    const connected = new TCPClientEndpoint(client.reactor, server.address, 80, { timeout: 0 }).connect(recorders());
    network.advance(0);
    expect(failureResultOf(connected, ConnectTimeoutError).timeout).to.equal(0);
  });

  it('fails for an unknown name', () => {
    const { network, client } = hosts();
    const connected = new TCPClientEndpoint(client.reactor, 'nobody.example', 80).connect(recorders());
    network.advance(1);
    failureResultOf(connected, DNSLookupError);
  });

  it('fails when the time is over, and tries no more', () => {
    const { network, server, client } = hosts();
    network.partition(server, client);
    const connected = new TCPClientEndpoint(client.reactor, server.address, 80, { timeout: 7 }).connect(recorders());
    network.advance(6.9);
    assertNoResult(connected);
    network.advance(0.1);
    expect(failureResultOf(connected, ConnectTimeoutError)).to.include({ host: server.address, port: 80, timeout: 7 });
    expect(client.reactor.openHandles()).to.deep.equal([]);
    network.runUntilIdle();
  });

  it('fails where the factory builds no protocol, and closes the connection', () => {
    for (const source of [() => null, new RecordingFactory(() => null), () => undefined as never]) {
      const { network, server, client } = hosts();
      const connected = new TCPClientEndpoint(client.reactor, server.address, 80).connect(source);
      network.advance(1);
      failureResultOf(connected, NoProtocolError);
      expect(client.reactor.openHandles()).to.deep.equal([]);
      expect(server.reactor.openHandles()).to.have.length(1);
    }
  });

  it('fails with what buildProtocol throws, which is reported nowhere else', () => {
    const { network, server, client } = hosts();
    const connected = new TCPClientEndpoint(client.reactor, server.address, 80).connect(() => {
      throw new Error('cannot build');
    });
    network.advance(1);
    expect(failureResultOf(connected).message).to.equal('cannot build');
    expect(client.reactor.openHandles()).to.deep.equal([]);
  });

  it('fails with what startFactory throws', () => {
    const { server, client } = hosts();
    const factory = recorders();
    factory.startFactory = () => {
      throw new Error('not today');
    };
    const connected = new TCPClientEndpoint(client.reactor, server.address, 80).connect(factory);
    expect(failureResultOf(connected).message).to.equal('not today');
  });

  it('fails with what connectionMade throws, which ends the connection and is reported as ever', () => {
    const { network, server, client } = hosts();
    const errors: [string, string, object][] = [];
    client.reactor.on('error', ({ message }, { hook, source }) => errors.push([message, hook, source]));
    class Broken extends Recorder {
      override connectionMade(): void {
        throw new Error('broken');
      }
    }
    const protocol = new Broken();
    const connected = new TCPClientEndpoint(client.reactor, server.address, 80).connect(() => protocol);
    network.advance(1);
    expect(failureResultOf(connected).message).to.equal('broken');
    expect(errors).to.deep.equal([['broken', 'connectionMade', protocol]]);
    expect(protocol.reason?.message).to.equal('broken');
  });

  it('fails for what is no factory', () => {
    const { reactor } = new SimulatedNetwork().host('client');
    for (const source of [undefined, null, {}, 'factory']) {
      failureResultOf(new TCPClientEndpoint(reactor, '10.0.0.1', 80).connect(source as never), TypeError);
    }
    expect(reactor.openHandles()).to.deep.equal([]);
  });

  it('takes an object that can only build protocols', () => {
    const { network, server, client } = hosts();
    const protocol = new Recorder();
    const endpoint = new TCPClientEndpoint(client.reactor, server.address, 80);
    const connected = endpoint.connect({ buildProtocol: () => protocol });
    network.advance(1);
    expect(successResultOf(connected)).to.equal(protocol);
  });

  it('takes a plain object with hooks for a protocol, and fires with that', () => {
    const { network, server, client } = hosts();
    const told: string[] = [];
    const handler: StreamHandler = {
      connectionMade: () => void told.push('made'),
      dataReceived(data, transport) {
        told.push(data.toString());
        transport.loseConnection();
      },
      connectionLost: ({ name }) => void told.push(name),
    };
    const keys = Object.keys(handler);
    const connected = new TCPClientEndpoint(client.reactor, server.address, 80).connect(() => handler);
    void connected.addCallback((value) => {
      told.push('connected');
      return value;
    });
    network.advance(1);
    expect(successResultOf(connected)).to.equal(handler);
    expect(told).to.deep.equal(['made', 'connected', 'hello', 'ConnectionDone']);
    expect(Object.keys(handler)).to.deep.equal(keys);
  });

  it('fails for what is no protocol', () => {
    const { network, server, client } = hosts();
    for (const made of ['protocol', 7, Promise.resolve(new Recorder())]) {
      const endpoint = new TCPClientEndpoint(client.reactor, server.address, 80);
      const connected = endpoint.connect(() => made as unknown as Recorder);
      network.advance(1);
      failureResultOf(connected, TypeError);
    }
  });

  it('gives up when it is cancelled while connecting', () => {
    const { network, server, client } = hosts();
    const factory = recorders();
    const connected = new TCPClientEndpoint(client.reactor, server.address, 80).connect(factory);
    network.advance(0.0005);
    connected.cancel();
    failureResultOf(connected, CancelledError);
    network.advance(0);
    expect(client.reactor.openHandles()).to.deep.equal([]);
    network.advance(1);
    expect(factory.built).to.deep.equal([]);
    expect(factory.told).to.deep.equal(['start', 'stop']);
    expect(server.reactor.openHandles()).to.have.length(1);
  });

  it('gives up when it is cancelled while the name is looked up', () => {
    const { network, client } = hosts();
    const connected = new TCPClientEndpoint(client.reactor, 'server', 80).connect(recorders());
    connected.cancel();
    failureResultOf(connected, CancelledError);
    network.advance(1);
    expect(client.reactor.openHandles()).to.deep.equal([]);
  });

  for (const [when, build] of [
    ['buildProtocol', (cancel: () => void, protocol: Recorder) => (cancel(), protocol)],
    ['connectionMade', (cancel: () => void, protocol: Recorder) => Object.assign(protocol, { connectionMade: cancel })],
  ] as const) {
    it(`closes the connection when it is cancelled in ${when}`, () => {
      const { network, server, client } = hosts();
      const protocol = new Recorder();
      const connected = new TCPClientEndpoint(client.reactor, server.address, 80).connect(() =>
        build(() => connected.cancel(), protocol),
      );
      network.advance(1);
      failureResultOf(connected, CancelledError);
      expect(protocol.received).to.equal('');
      if (when === 'connectionMade') expect(protocol.reason).to.be.instanceOf(ConnectionAborted);
      expect(client.reactor.openHandles()).to.deep.equal([]);
      expect(server.reactor.openHandles()).to.have.length(1);
    });
  }

  it('leaves the connection alone when it is cancelled too late', () => {
    const { network, server, client } = hosts();
    const connected = new TCPClientEndpoint(client.reactor, server.address, 80).connect(recorders());
    network.advance(1);
    connected.cancel();
    network.advance(1);
    expect(successResultOf(connected).reason).to.equal(undefined);
  });

  it('is cancelled by a signal, and not begun when that is aborted', () => {
    const { network, server, client } = hosts();
    const endpoint = new TCPClientEndpoint(client.reactor, server.address, 80);
    const why = new Error('changed my mind');
    const controller = new AbortController();
    const factory = recorders();
    const options: EndpointOptions = { signal: controller.signal };
    const connected = endpoint.connect(factory, options);
    controller.abort(why);
    expect(failureResultOf(connected)).to.equal(why);
    network.advance(1);
    expect(failureResultOf(endpoint.connect(factory, options))).to.equal(why);
    expect(factory.told).to.deep.equal(['start', 'stop']);
  });

  it('connects from the address that it is given', () => {
    const network = new SimulatedNetwork();
    const server = network.host('server');
    const client = network.host('client', { addresses: ['10.0.0.7', '10.0.0.8'] });
    const factory = recorders();
    void new TCPServerEndpoint(server.reactor, 80).listen(factory);
    network.advance(0);
    const bindAddress = { host: '10.0.0.8', port: 1234 };
    void new TCPClientEndpoint(client.reactor, server.address, 80, { bindAddress }).connect(recorders());
    network.advance(1);
    expect(factory.built[0]!.transport.getPeer()).to.include(bindAddress);
  });

  it('refuses what can not be connected to when it is made', () => {
    const { reactor } = new SimulatedNetwork().host('client');
    const make =
      (port: number, options: object): (() => unknown) =>
      () =>
        new TCPClientEndpoint(reactor, '10.0.0.1', port, options);
    expect(make(0, {})).to.throw(RangeError);
    expect(make(80, { timeout: -1 })).to.throw(RangeError);
    expect(make(80, { timeout: Number.NaN })).to.throw(RangeError);
    expect(make(80, { bindAddress: { host: 'localhost' } })).to.throw(InvalidAddressError);
    expect(make(80, { bindAddress: { host: '10.0.0.2', port: -1 } })).to.throw(RangeError);
    expect(() => new UNIXClientEndpoint(reactor, '/a', { timeout: -1 })).to.throw(RangeError);
  });
});

describe('an endpoint that its network does not have', () => {
  const network = (): { reactor: Reactor; network: SimulatedNetwork; address: string } => {
    const { network, server, client } = hosts();
    return { network, reactor: client.reactor, address: server.address };
  };

  it('UNIX: fails', () => {
    const { network: simulated, reactor } = network();
    failureResultOf(new UNIXServerEndpoint(reactor, '/a').listen(recorders()), NotSupportedError);
    const connected = new UNIXClientEndpoint(reactor, '/a').connect(recorders());
    simulated.advance(0);
    const error = failureResultOf(connected);
    expect([error.name, (error.cause as Error | undefined)?.name]).to.include('NotSupportedError');
    expect(reactor.openHandles()).to.deep.equal([]);
  });

  it('TLS: fails, and its protocol, which had no connection, loses none', () => {
    const { network: simulated, reactor, address } = network();
    const factory = recorders();
    const connected = new TCPClientEndpoint(reactor, address, 80, { tls: {} }).connect(factory);
    simulated.advance(1);
    failureResultOf(connected, NotSupportedError);
    expect(factory.built[0]!.told).to.deep.equal([]);
    expect(reactor.openHandles()).to.deep.equal([]);
  });
});
