/**
 * Closing a connection in good order: what still leaves, who is told of it and how, and what is ignored afterwards.
 */
import assert from 'node:assert/strict';
import { NotConnectedError } from '../../lib/errors.js';
import type { StreamTransport } from '../../lib/stream.js';
import { ConnectionClosed, ConnectionDone } from '../../lib/stream-errors.js';
import { misuse } from './stage.js';
import { checkReason, ClientRecorder, echo, pattern, Recorder, type StreamTest } from './stream-stage.js';

const DONE = { code: 'ERR_PLAIT_CONNECTION_DONE' };

export function closingTests(test: StreamTest): void {
  test('tells both ends ConnectionDone, once each, in a later turn', async (stage) => {
    const { server, client } = await stage.pair();
    client.transport.loseConnection();
    for (let i = 0; i < 5; i++) await Promise.resolve();
    assert.equal(client.reason, undefined);
    await stage.lost(server, client);
    checkReason(client, ConnectionDone, DONE);
    checkReason(server, ConnectionDone, DONE);
    assert.ok((client.reason as unknown) instanceof ConnectionClosed);
    await stage.turns();
    assert.deepEqual(client.log, ['connectionMade', 'connectionLost']);
    assert.deepEqual(server.log, ['connectionMade', 'connectionLost']);
  });

  test('lets leave all that was written before, and in the same turn after it', async (stage) => {
    const { server, client } = await stage.pair();
    client.transport.write('before, ');
    client.transport.loseConnection();
    client.transport.write('after, ');
    client.transport.writeSequence(['at ', 'last']);
    await stage.lost(server, client);
    assert.equal(server.text, 'before, after, at last');
  });

  test('lets leave some MiB', async (stage) => {
    const { server, client } = await stage.pair();
    const data = pattern(2000000);
    client.transport.write(data);
    client.transport.loseConnection();
    await stage.lost(server, client);
    assert.ok(server.data.equals(data));
    checkReason(client, ConnectionDone);
    checkReason(server, ConnectionDone);
  });

  test('ignores what is written in later turns', async (stage) => {
    const { server, client } = await stage.pair();
    client.transport.write('all');
    client.transport.loseConnection();
    await stage.turns();
    client.transport.write(' and more');
    client.transport.writeSequence([' and', ' more']);
    await stage.lost(server, client);
    await stage.turns();
    assert.equal(server.text, 'all');
  });

  test('ignores what is written when the connection is lost, and anything else but a wrong type', async (stage) => {
    const use = (transport: StreamTransport): void => {
      transport.write('x');
      transport.writeSequence(['x', 'y']);
      transport.loseConnection();
      transport.loseWriteConnection();
      transport.abortConnection();
      transport.pauseProducing();
      transport.resumeProducing();
      transport.stopProducing();
      transport.unregisterProducer();
      transport.setTcpNoDelay(true);
      transport.setTcpKeepAlive(true);
      assert.equal(transport.getTcpNoDelay(), true);
      assert.equal(transport.writeQueueSize, 0);
      misuse(() => transport.write(7 as never), TypeError);
      misuse(() => transport.startTLS(), NotConnectedError);
    };
    const { server, client } = await stage.pair(
      new Recorder({ connectionLost: (_reason, { transport }) => use(transport) }),
      new Recorder({ connectionLost: (_reason, { transport }) => use(transport) }),
    );
    client.transport.loseConnection();
    await stage.lost(server, client);
    use(server.transport);
    use(client.transport);
    await stage.turns();
    assert.deepEqual(client.log, ['connectionMade', 'connectionLost']);
    assert.deepEqual(server.log, ['connectionMade', 'connectionLost']);
    assert.equal(server.bytes, 0);
  });

  test('is harmless twice', async (stage) => {
    const { server, client } = await stage.pair();
    client.transport.write('x');
    for (let i = 0; i < 3; i++) client.transport.loseConnection();
    await stage.turns();
    client.transport.loseConnection();
    await stage.lost(server, client);
    assert.equal(server.text, 'x');
    checkReason(client, ConnectionDone);
  });

  test('may be called in connectionMade, with something written', async (stage) => {
    const server = new Recorder({
      connectionMade({ transport }) {
        transport.write('busy, sorry');
        transport.loseConnection();
      },
    });
    const { client } = await stage.pair(server);
    await stage.lost(server, client);
    assert.equal(client.text, 'busy, sorry');
    checkReason(client, ConnectionDone);
  });

  test('delivers nothing any more from the call on', async (stage) => {
    const server = new Recorder({ dataReceived: (_data, { transport }) => transport.loseConnection() });
    const { client } = await stage.pair(server);
    client.transport.write('first');
    await stage.until(() => server.bytes > 0);
    client.transport.write('second');
    await stage.lost(server, client);
    assert.equal(server.text, 'first');
    assert.deepEqual(server.log, ['connectionMade', 'dataReceived', 'connectionLost']);
    checkReason(server, ConnectionDone);
  });

  test('throws away what has arrived and was not read, so that the peer still gets all', async (stage) => {
    const data = pattern(100000);
    const server = new Recorder({ connectionMade: ({ transport }) => transport.pauseProducing() });
    const { client } = await stage.pair(server);
    client.transport.write('nobody reads this');
    await stage.turns();
    server.transport.write(data);
    server.transport.loseConnection();
    await stage.lost(server, client);
    assert.equal(server.bytes, 0);
    assert.ok(client.data.equals(data));
    checkReason(client, ConnectionDone);
    checkReason(server, ConnectionDone);
  });

  test('does not deliver when it is resumed while it closes', async (stage) => {
    const server = new Recorder({ connectionMade: ({ transport }) => transport.pauseProducing() });
    const { client } = await stage.pair(server);
    client.transport.write('x');
    await stage.turns();
    server.transport.loseConnection();
    server.transport.resumeProducing();
    await stage.lost(server, client);
    assert.equal(server.bytes, 0);
  });

  test('answers the end of the peer by closing, when all that was written has left', async (stage) => {
    const data = pattern(1000000);
    const server = new Recorder({ dataReceived: (_data, { transport }) => transport.write(data) });
    const { client } = await stage.pair(server);
    client.transport.write('?');
    await stage.until(() => client.bytes > 0);
    client.transport.loseWriteConnection();
    await stage.lost(server, client);
    assert.ok(client.data.equals(data));
    checkReason(server, ConnectionDone);
    checkReason(client, ConnectionDone);
  });

  test('tells ConnectionDone to both where both close at once', async (stage) => {
    const { server, client } = await stage.pair();
    client.transport.write('from the client');
    server.transport.write('from the server');
    await stage.until(() => client.bytes > 0 && server.bytes > 0);
    client.transport.loseConnection();
    server.transport.loseConnection();
    await stage.lost(server, client);
    checkReason(server, ConnectionDone);
    checkReason(client, ConnectionDone);
  });

  test("runs the protocol's connectionLost before the factory's clientConnectionLost, with the same reason", async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const client: Recorder = new Recorder({
      connectionLost: (): void => assert.ok(!factory.log.includes('clientConnectionLost')),
    });
    const factory: ClientRecorder = new ClientRecorder(() => client, {
      clientConnectionLost: (_connector, reason) => assert.equal(reason, client.reason),
    });
    stage.connect(address, factory);
    await stage.until(() => client.made);
    client.transport.loseConnection();
    await stage.until(() => factory.stopped);
    checkReason(client, ConnectionDone);
  });

  test('is what stopProducing does', async (stage) => {
    const { server, client } = await stage.pair();
    client.transport.write('x');
    client.transport.stopProducing();
    await stage.lost(server, client);
    assert.equal(server.text, 'x');
    checkReason(client, ConnectionDone);
  });

  test('leaves nothing open, and other connections alone', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const [stays, goes] = [new Recorder(), new Recorder()];
    for (const client of [stays, goes]) stage.connect(address, () => client);
    await stage.until(() => stays.made && goes.made);
    goes.transport.loseConnection();
    await stage.lost(goes);
    assert.deepEqual(stage.here.reactor.openHandles(), [stays.transport]);
    stays.transport.write('x');
    await stage.until(() => stays.text === 'x');
    await stage.until(() => stage.there.reactor.openHandles().length === 2);
  });
}
