import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  backoffPolicy,
  CancelledError,
  ClientService,
  type ClientServiceOptions,
  clientFromString,
  serverFromString,
} from '../../../index.js';
import { explore, failureResultOf, type SimulatedHost, SimulatedNetwork, successResultOf } from '../../../testing.js';
import { Greeter, Recorder } from './recorder.js';

interface Scene {
  readonly network: SimulatedNetwork;
  readonly server: SimulatedHost;
  readonly client: SimulatedHost;
  readonly service: ClientService<Recorder>;
  readonly greeters: Greeter[];
  serve(): void;
}

function scene(network: SimulatedNetwork, options: Partial<ClientServiceOptions<Recorder>> = {}): Scene {
  const [server, client] = [network.host('server'), network.host('client')];
  const greeters: Greeter[] = [];
  const endpoint = clientFromString(client.reactor, 'tcp:server:80:timeout=5');
  const service = new ClientService(endpoint, () => new Recorder(), { reactor: client.reactor, ...options });
  const serve = (): void => {
    void serverFromString(server.reactor, 'tcp6:80').listen(() => {
      const greeter = new Greeter();
      greeters.push(greeter);
      return greeter;
    });
  };
  return { network, server, client, service, greeters, serve };
}

describe('a client service on a network', () => {
  it('is connected once there is a server', () => {
    const { network, service, serve } = scene(new SimulatedNetwork());
    service.startService();
    const waiting = service.whenConnected();
    network.advance(20);
    serve();
    network.advance(60);
    expect(successResultOf(waiting).received).to.equal('hello');
  });

  it('is connected again when the server comes back', () => {
    const { network, server, service, serve, greeters } = scene(new SimulatedNetwork());
    serve();
    service.startService();
    network.advance(1);
    const first = successResultOf(service.whenConnected());
    server.crash();
    server.restart();
    serve();
    first.transport.write('are you there?'); // answered with a reset
    network.advance(5);
    expect(first.reason).to.include({ name: 'ConnectionLost' });
    const second = successResultOf(service.whenConnected());
    expect(second).to.not.equal(first);
    expect(second.received).to.equal('hello');
    expect(greeters).to.have.length(2);
  });

  it('is connected again when the network works again', () => {
    const { network, service, serve } = scene(new SimulatedNetwork());
    serve();
    network.partition('server', 'client');
    service.startService();
    const [waiting, soon] = [service.whenConnected(), service.whenConnected(2)];
    network.advance(15);
    expect(failureResultOf(soon)).to.include({ name: 'ConnectTimeoutError', host: 'server' });
    network.heal();
    network.advance(60);
    successResultOf(waiting);
  });

  it('leaves nothing open when it is stopped, whatever it was doing', () => {
    for (const seconds of [0, 0.0005, 0.0015, 0.0035, 0.5, 5.5]) {
      for (const served of [true, false]) {
        const { network, client, server, service, serve } = scene(new SimulatedNetwork({ latency: 0.001 }));
        if (served) serve();
        else network.partition('server', 'client');
        service.startService();
        network.advance(seconds);
        const stopped = service.stopService();
        network.advance(0.1);
        successResultOf(stopped);
        expect(client.reactor.openHandles().map(String)).to.deep.equal([]);
        network.advance(100);
        expect(server.reactor.openHandles()).to.have.length(served ? 1 : 0);
      }
    }
  });

  it('is stopped before the reactor is, by a trigger', async () => {
    const { network, client, service, serve } = scene(new SimulatedNetwork());
    serve();
    const over = client.reactor.run();
    client.reactor.addSystemEventTrigger('before', 'shutdown', () => service.stopService());
    service.startService();
    const connected = service.whenConnected();
    network.advance(1);
    client.reactor.stop();
    await network.advanceAsync(1);
    await over;
    expect(successResultOf(connected).reason).to.include({ name: 'ConnectionDone' });
    expect(service.state).to.equal('stopped');
    expect(client.reactor.openHandles()).to.deep.equal([]);
  });

  it('does not come back together with the others', () => {
    const network = new SimulatedNetwork();
    const { server, serve, greeters } = scene(network);
    serve();
    const services = Array.from({ length: 20 }, (_, i) => {
      const { reactor } = network.host(`client ${i}`);
      const endpoint = clientFromString(reactor, 'tcp:server:80');
      return new ClientService(endpoint, () => new Recorder(), {
        reactor,
        retryPolicy: backoffPolicy({ jitter: 0.5 }),
      });
    });
    for (const service of services) service.startService();
    network.advance(1);
    expect(greeters).to.have.length(20);
    const before = network.clock.seconds();
    for (const greeter of greeters) greeter.transport.abortConnection();
    network.advance(2);
    expect(greeters).to.have.length(40);
    const waits = network.trace.events.flatMap((event) =>
      event.type === 'sent' && event.segment?.syn && event.host !== server.name && event.time > before
        ? [event.time - before]
        : [],
    );
    expect(waits).to.have.length(20);
    for (const wait of waits) expect(wait).to.be.within(0.5, 1.01);
    // In twenty slots of half a second there are as good as never many in one.
    const slots = new Set(waits.map((wait) => Math.floor(wait * 40)));
    expect(slots.size).to.be.greaterThan(8);
  });

  it('is connected in the end, on any bad network', () =>
    explore({ runs: 25 }, (network) => {
      const { service, serve, server, client } = scene(network, { retryPolicy: backoffPolicy({ maxDelay: 5 }) });
      network.link(server, client, { latency: [0.001, 0.3], loss: 0.3, duplicate: 0.2, reorder: 0.2 });
      serve();
      service.startService();
      for (let i = 0; i < 3; i++) {
        const connected = service.whenConnected();
        network.runUntil(() => connected.called, { timeout: 600 });
        const protocol = successResultOf(connected);
        network.runUntil(() => protocol.received === 'hello' || protocol.reason !== undefined, { timeout: 600 });
        protocol.transport.abortConnection();
        network.runUntil(() => protocol.reason !== undefined, { timeout: 600 });
      }
      const waiting = service.whenConnected();
      const stopped = service.stopService();
      failureResultOf(waiting, CancelledError);
      network.runUntil(() => stopped.called, { timeout: 600 });
      expect(client.reactor.openHandles()).to.deep.equal([]);
    }));
});
