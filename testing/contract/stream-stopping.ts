/**
 * Stopping a port, and how long a factory that several use is in use.
 */
import assert from 'node:assert/strict';
import { CannotListenError } from '../../lib/errors.js';
import { ConnectionRefusedError } from '../../lib/stream-errors.js';
import { ClientRecorder, echo, Recorder, type StreamTest } from './stream-stage.js';

export function stoppingTests(test: StreamTest): void {
  test('frees the port: it can be opened again as soon as the Deferred has fired', async (stage) => {
    const { reactor } = stage.there;
    const { port: first, address } = await stage.listen(stage.there, () => null);
    let port = first;
    for (let i = 0; i < 3; i++) {
      assert.equal(await stage.result(port.stopListening()), undefined);
      port = reactor.listenTCP(address.port, () => null, { interface: address.host });
      await stage.result(port.listening);
    }
  });

  test('gives each call a Deferred that fires: in the same turn, while it stops, and after it', async (stage) => {
    const factory = new ClientRecorder();
    const { port } = await stage.listen(stage.there, factory);
    const deferreds = [port.stopListening(), port.stopListening(), port.stopListening()];
    assert.deepEqual(
      deferreds.map(({ called }) => called),
      [false, false, false],
    );
    for (const deferred of deferreds) await stage.result(deferred);
    await stage.result(port.stopListening());
    assert.deepEqual(factory.log, ['startFactory', 'stopFactory']);
  });

  test('runs stopFactory in a later turn, before the Deferred fires', async (stage) => {
    const factory = new ClientRecorder();
    const { port } = await stage.listen(stage.there, factory);
    const stopped = port.stopListening();
    assert.deepEqual(factory.log, ['startFactory']);
    stopped.addCallback(() => assert.deepEqual(factory.log, ['startFactory', 'stopFactory']));
    await stage.result(stopped);
  });

  test('refuses who connects after it', async (stage) => {
    const { port, address } = await stage.listen(stage.there, () => null);
    await stage.result(port.stopListening());
    const factory = new ClientRecorder();
    stage.connect(address, factory);
    await stage.until(() => factory.stopped);
    assert.ok(factory.reasons[0] instanceof ConnectionRefusedError);
  });

  test('leaves the connections that there are, and does not wait for them', async (stage) => {
    const { server, client, port } = await stage.pair(echo());
    await stage.result(port.stopListening());
    client.transport.write('still there?');
    await stage.until(() => client.text === 'still there?');
    assert.equal(server.reason, undefined);
    assert.equal(stage.there.reactor.openHandles().length, 1);
    client.transport.loseConnection();
    await stage.lost(server, client);
    assert.deepEqual(stage.there.reactor.openHandles(), []);
  });

  test('stops a port that does not listen yet: `listening` fails, and nobody has to care', async (stage) => {
    const { reactor, address } = stage.there;
    const { port: number } = await stage.refusing();
    const factory = new ClientRecorder();
    const [one, other] = [0, 0].map(() => reactor.listenTCP(0, factory, { interface: address }));
    const third = reactor.listenTCP(number, factory, { interface: address });
    const stopped = [one!, other!, third].map((port) => port.stopListening());
    for (const deferred of stopped) await stage.result(deferred);
    await stage.failure(other!.listening, CannotListenError, { interface: address, port: 0 });
    await stage.turns();
    assert.deepEqual(factory.log, ['startFactory', 'stopFactory']);
    assert.deepEqual(reactor.openHandles(), []);
    await stage.result(reactor.listenTCP(number, () => null, { interface: address }).listening);
  });

  test('stops a port that turns out not to be had', async (stage) => {
    const { reactor } = stage.there;
    const { address } = await stage.listen(stage.there, () => null);
    const factory = new ClientRecorder();
    const other = await stage.listen(stage.there, factory);
    const port = reactor.listenTCP(address.port, factory, { interface: address.host });
    const stopped = port.stopListening();
    await stage.failure(port.listening, CannotListenError);
    await stage.result(stopped);
    await stage.turns();
    assert.deepEqual(factory.log, ['startFactory'], 'the factory still has a port');
    await stage.result(other.port.stopListening());
    assert.deepEqual(factory.log, ['startFactory', 'stopFactory']);
  });

  test('passes on what stopFactory throws by the Deferred; the port is closed all the same', async (stage) => {
    const error = new Error('in stopFactory');
    const factory = new ClientRecorder(undefined, {
      stopFactory() {
        throw error;
      },
    });
    const { port, address } = await stage.listen(stage.there, factory);
    const failure = await stage.failure(port.stopListening(), Error);
    assert.equal(failure, error);
    assert.deepEqual(stage.there.reactor.openHandles(), []);
    const again = stage.there.reactor.listenTCP(address.port, () => null, { interface: address.host });
    await stage.result(again.listening);
  });

  test('reports once what stopFactory throws where nobody has stopped the port', async (stage) => {
    const error = new Error('in stopFactory');
    const factory = new ClientRecorder(undefined, {
      stopFactory() {
        throw error;
      },
    });
    const { address } = await stage.listen(stage.there, () => null);
    const port = stage.there.reactor.listenTCP(address.port, factory, { interface: address.host });
    await stage.failure(port.listening, CannotListenError);
    const [reported] = await stage.reports(1);
    assert.equal(reported!.error, error);
    assert.deepEqual(reported!.origin, { hook: 'stopFactory', source: factory });
  });

  test('is what disposing of a port does, as often as one likes', async (stage) => {
    const factory = new ClientRecorder();
    const { port } = await stage.listen(stage.there, factory);
    await stage.settled(port[Symbol.asyncDispose]());
    await stage.settled(port[Symbol.asyncDispose]());
    assert.deepEqual(factory.log, ['startFactory', 'stopFactory']);
    assert.deepEqual(stage.there.reactor.openHandles(), []);
  });

  test('starts a factory for the first of its ports and stops it after the last', async (stage) => {
    const factory = new ClientRecorder();
    const first = await stage.listen(stage.there, factory);
    const second = await stage.listen(stage.there, factory);
    await stage.result(first.port.stopListening());
    assert.deepEqual(factory.log, ['startFactory']);
    await stage.result(second.port.stopListening());
    assert.deepEqual(factory.log, ['startFactory', 'stopFactory']);
    const third = await stage.listen(stage.there, factory);
    assert.deepEqual(factory.log, ['startFactory', 'stopFactory', 'startFactory']);
    await stage.result(third.port.stopListening());
  });

  test('counts ports and connectors of one factory together', async (stage) => {
    const factory = new ClientRecorder(() => new Recorder());
    const { port, address } = await stage.listen(stage.here, factory);
    const connector = stage.connect(address, factory);
    await stage.until(() => factory.peers.length === 2);
    await stage.result(port.stopListening());
    assert.ok(!factory.log.includes('stopFactory'));
    connector.disconnect();
    await stage.until(() => factory.stopped);
    assert.equal(factory.log.filter((hook) => hook === 'startFactory').length, 1);
  });

  test('waits for no connection before it stops the factory', async (stage) => {
    const factory = new ClientRecorder(() => echo());
    const { port, address } = await stage.listen(stage.there, factory);
    const client = new Recorder();
    stage.connect(address, () => client);
    await stage.until(() => client.made && factory.peers.length === 1);
    await stage.result(port.stopListening());
    assert.ok(factory.stopped);
    client.transport.write('x');
    await stage.until(() => client.text === 'x');
  });
}
