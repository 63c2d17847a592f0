/**
 * Connecting: what a connector and its factory are told, in which order, and where it goes.
 */
import assert from 'node:assert/strict';
import { DNSLookupError, InvalidAddressError } from '../../lib/errors.js';
import type { InternetAddress } from '../../lib/address.js';
import { ConnectionDone } from '../../lib/stream-errors.js';
import { Factory } from '../../lib/stream-protocol.js';
import { misuse } from './stage.js';
import { ClientRecorder, echo, Recorder, type StreamTest } from './stream-stage.js';

export function connectingTests(test: StreamTest): void {
  test('runs the hooks in order, from startFactory to stopFactory, and none but the first two inside connectTCP', async (stage) => {
    const log: string[] = [];
    const client = new Recorder({
      connectionMade: () => void log.push('connectionMade'),
      connectionLost: () => void log.push('connectionLost'),
    });
    const factory = new ClientRecorder(
      () => {
        log.push('buildProtocol');
        return client;
      },
      {
        startFactory: () => void log.push('startFactory'),
        startedConnecting: () => void log.push('startedConnecting'),
        clientConnectionLost: () => void log.push('clientConnectionLost'),
        stopFactory: () => void log.push('stopFactory'),
      },
    );
    const { address } = await stage.listen(stage.there, () => echo());
    stage.connect(address, factory);
    assert.deepEqual(log, ['startFactory', 'startedConnecting']);
    await stage.until(() => client.made);
    assert.deepEqual(log, ['startFactory', 'startedConnecting', 'buildProtocol', 'connectionMade']);
    client.transport.loseConnection();
    assert.equal(log.length, 4);
    await stage.until(() => factory.stopped);
    assert.deepEqual(log.slice(4), ['connectionLost', 'clientConnectionLost', 'stopFactory']);
  });

  test('goes through its states, and gives every hook the same connector', async (stage) => {
    const states: string[] = [];
    const note = (): void => void states.push(connector.state);
    const factory = new ClientRecorder(() => client, {
      startedConnecting: ({ state }) => void states.push(state),
      clientConnectionLost: note,
    });
    const client = new Recorder({ connectionMade: note, connectionLost: note });
    const { address } = await stage.listen(stage.there, () => echo());
    const connector = stage.connect(address, factory);
    note();
    await stage.until(() => client.made);
    client.transport.loseConnection();
    await stage.until(() => factory.stopped);
    note();
    assert.deepEqual(states, [
      'connecting', // in startedConnecting
      'connecting', // after connectTCP
      'connected', // in connectionMade
      'connected', // in connectionLost
      'disconnected', // in clientConnectionLost
      'disconnected',
    ]);
    assert.deepEqual(new Set(factory.connectors), new Set([connector]));
    assert.equal(factory.reasons[0], client.reason);
  });

  test('tells where to, as it was asked, and gives the factory the address', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const client = new Recorder();
    const factory = new ClientRecorder(() => client);
    const connector = stage.connect(address, factory);
    assert.deepEqual({ ...connector.getDestination() }, address);
    await stage.until(() => client.made);
    assert.deepEqual({ ...factory.peers[0] }, { type: 'TCP', family: 'IPv4', ...address });
    assert.deepEqual({ ...client.transport.getPeer() }, { type: 'TCP', family: 'IPv4', ...address });
    assert.ok((connector as { toString(): string }).toString().includes(`${address.host}:${address.port}`));
  });

  test('finds a host by its name: both ends show addresses', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const client = new Recorder();
    const to = { host: stage.streams.peerName, port: address.port };
    const connector = stage.connect(to, () => client);
    assert.deepEqual(connector.getDestination(), to);
    await stage.until(() => client.made);
    assert.deepEqual({ ...client.transport.getPeer() }, { type: 'TCP', family: 'IPv4', ...address });
    assert.equal((client.transport.getHost() as InternetAddress).host, stage.here.address);
  });

  test('fails with a DNSLookupError for a name that does not exist', async (stage) => {
    const factory = new ClientRecorder();
    stage.connect({ host: stage.streams.unknownName, port: 9 }, factory);
    assert.deepEqual(factory.log, ['startFactory', 'startedConnecting']);
    await stage.until(() => factory.stopped);
    assert.deepEqual(factory.log.slice(2), ['clientConnectionFailed', 'stopFactory']);
    const [error] = factory.reasons;
    assert.ok(error instanceof DNSLookupError, String(error));
    assert.equal(error.hostname, stage.streams.unknownName);
  });

  test('takes a function as a factory, and any Factory', async (stage) => {
    class Asker extends Recorder {
      override connectionMade(): void {
        void super.connectionMade();
        this.transport.write('hello');
      }
    }
    const { address } = await stage.listen(stage.there, () => echo());
    const made: Asker[] = [];
    const factory = Factory.forProtocol(Asker);
    stage.connect(address, (peer) => {
      assert.deepEqual({ ...peer }, { type: 'TCP', family: 'IPv4', ...address });
      made.push(new Asker());
      return made[0]!;
    });
    const build = factory.buildProtocol.bind(factory);
    factory.buildProtocol = (peer) => {
      const protocol = build(peer)!;
      made.push(protocol);
      return protocol;
    };
    stage.connect(address, factory);
    await stage.until(() => made.length === 2 && made.every(({ text }) => text === 'hello'));
    assert.deepEqual(new Set(made.map((protocol) => protocol.factory)), new Set([undefined, factory]));
  });

  test('closes the connection for which the factory gives no protocol, and tells the factory', async (stage) => {
    const server = new Recorder();
    const { address } = await stage.listen(stage.there, () => server);
    const factory = new ClientRecorder(() => null);
    stage.connect(address, factory);
    await stage.until(() => factory.stopped && server.reason !== undefined);
    assert.deepEqual(factory.log.slice(2), ['buildProtocol', 'clientConnectionLost', 'stopFactory']);
    assert.ok(factory.reasons[0] instanceof ConnectionDone);
    assert.ok(server.reason instanceof ConnectionDone);
  });

  test('reports once what buildProtocol throws, closes the connection, and tells the factory', async (stage) => {
    const error = new Error('in buildProtocol');
    const server = new Recorder();
    const { address } = await stage.listen(stage.there, () => server);
    const factory = new ClientRecorder(() => {
      throw error;
    });
    stage.connect(address, factory);
    await stage.until(() => factory.stopped && server.reason !== undefined);
    const [reported] = await stage.reports(1);
    assert.equal(reported!.error, error);
    assert.deepEqual(reported!.origin, { hook: 'buildProtocol', source: factory });
    assert.deepEqual(factory.log.slice(2), ['buildProtocol', 'clientConnectionLost', 'stopFactory']);
  });

  test('refuses wrong arguments at once, and starts nothing', async (stage) => {
    const { reactor } = stage.here;
    const { host } = await stage.refusing();
    const factory = new ClientRecorder();
    for (const port of [0, -1, 65536, 1.5, Number.NaN, '80' as never]) {
      misuse(() => reactor.connectTCP(host, port, factory), RangeError);
    }
    for (const timeout of [-1, Number.NaN, 'x' as never]) {
      misuse(() => reactor.connectTCP(host, 9, factory, { timeout }), RangeError);
    }
    for (const port of [-1, 65536]) {
      misuse(() => reactor.connectTCP(host, 9, factory, { bindAddress: { host, port } }), RangeError);
    }
    for (const local of ['localhost', '', '1.2.3']) {
      const bindAddress = { host: local };
      misuse(() => reactor.connectTCP(host, 9, factory, { bindAddress }), InvalidAddressError, { address: local });
    }
    for (const none of [undefined, null, 7, {}]) {
      misuse(() => reactor.connectTCP(host, 9, none as never), TypeError);
      misuse(() => reactor.connectTCP(none as never, 9, factory), TypeError);
    }
    await stage.turns();
    assert.deepEqual(factory.log, []);
    assert.deepEqual(reactor.openHandles(), []);
  });

  test('rethrows what startFactory throws, and connects to nobody', async (stage) => {
    const error = new Error('in startFactory');
    const { address } = await stage.listen(stage.there, () => assert.fail('connected'));
    const factory = new ClientRecorder(undefined, {
      startFactory() {
        throw error;
      },
    });
    assert.throws(
      () => stage.connect(address, factory),
      (thrown) => thrown === error,
    );
    assert.deepEqual(stage.here.reactor.openHandles(), []);
    await stage.turns();
    assert.deepEqual(factory.log, ['startFactory']);
  });

  test('connects from the address that was asked for', async (stage) => {
    const server = new ClientRecorder();
    const { address } = await stage.listen(stage.there, server);
    const client = new Recorder();
    const { port } = await stage.refusing(stage.here);
    stage.connect(address, () => client, { bindAddress: { host: stage.here.address, port } });
    await stage.until(() => client.made && server.peers.length === 1);
    const from = { type: 'TCP', family: 'IPv4', host: stage.here.address, port };
    assert.deepEqual({ ...client.transport.getHost() }, from);
    assert.deepEqual({ ...server.peers[0] }, from);
  });

  test('takes any port where bindAddress has none', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const client = new Recorder();
    stage.connect(address, () => client, { bindAddress: { host: stage.here.address } });
    await stage.until(() => client.made);
    const { host, port } = client.transport.getHost() as InternetAddress;
    assert.equal(host, stage.here.address);
    assert.ok(port > 0);
  });

  test('lists the attempt among what is open, then the connection, then nothing; its timer does not stay', async (stage) => {
    const { reactor } = stage.here;
    const { address } = await stage.listen(stage.there, () => echo());
    const client = new Recorder();
    const factory = new ClientRecorder(() => client);
    const connector = stage.connect(address, factory);
    assert.ok(reactor.openHandles().includes(connector));
    assert.equal(reactor.getDelayedCalls().length, 1);
    await stage.until(() => client.made);
    assert.deepEqual(reactor.openHandles(), [client.transport]);
    client.transport.loseConnection();
    await stage.until(() => factory.stopped);
    assert.deepEqual(reactor.openHandles(), []);
  });

  test('connects a reactor to itself', async (stage) => {
    const server = echo();
    const { address } = await stage.listen(stage.here, () => server);
    const client = new Recorder({ connectionMade: ({ transport }) => transport.write('hello, me') });
    stage.connect(address, () => client);
    await stage.until(() => client.text === 'hello, me');
    assert.deepEqual(client.transport.getPeer(), server.transport.getHost());
    assert.deepEqual(server.transport.getPeer(), client.transport.getHost());
  });
}
