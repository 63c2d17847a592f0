/**
 * Ending a connection at once, and peers that do so.
 */
import assert from 'node:assert/strict';
import { ConnectError } from '../../lib/errors.js';
import { ConnectionAborted, ConnectionDone, ConnectionLost } from '../../lib/stream-errors.js';
import { checkError } from './stage.js';
import { checkReason, ClientRecorder, pattern, Recorder, type StreamTest } from './stream-stage.js';

const ABORTED = { code: 'ERR_PLAIT_CONNECTION_ABORTED' };
const LOST = { code: 'ERR_PLAIT_CONNECTION_LOST' };

export function abortingTests(test: StreamTest): void {
  test('tells ConnectionAborted here and ConnectionLost there, once each, in a later turn', async (stage) => {
    const { server, client } = await stage.pair();
    client.transport.abortConnection();
    for (let i = 0; i < 5; i++) await Promise.resolve();
    assert.equal(client.reason, undefined);
    await stage.lost(server, client);
    await stage.turns();
    checkReason(client, ConnectionAborted, ABORTED);
    const { cause } = checkReason(server, ConnectionLost, LOST);
    assert.equal((cause as { code?: string }).code, 'ECONNRESET');
    assert.deepEqual(client.log, ['connectionMade', 'connectionLost']);
    assert.deepEqual(server.log, ['connectionMade', 'connectionLost']);
  });

  test('is harmless twice, and when the connection is lost', async (stage) => {
    const { server, client } = await stage.pair(
      undefined,
      new Recorder({ connectionLost: (_reason, { transport }) => transport.abortConnection() }),
    );
    client.transport.abortConnection();
    client.transport.abortConnection();
    await stage.turns();
    client.transport.abortConnection();
    await stage.lost(server, client);
    client.transport.abortConnection();
    await stage.turns();
    assert.deepEqual(client.log, ['connectionMade', 'connectionLost']);
    checkReason(client, ConnectionAborted);
  });

  test('makes a loseConnection after it mean nothing, and what is written after it', async (stage) => {
    const { server, client } = await stage.pair();
    client.transport.abortConnection();
    client.transport.loseConnection();
    client.transport.loseWriteConnection();
    client.transport.write('too late');
    await stage.lost(server, client);
    checkReason(client, ConnectionAborted);
    checkReason(server, ConnectionLost);
    assert.equal(server.bytes, 0);
  });

  test('ends a connection that is being closed and has not got rid of all', async (stage) => {
    const server = new Recorder({ connectionMade: ({ transport }) => transport.pauseProducing() });
    const { client } = await stage.pair(server);
    const written = await stage.stuff(client);
    client.transport.loseConnection();
    await stage.turns();
    assert.equal(client.reason, undefined);
    client.transport.abortConnection();
    await stage.lost(client);
    checkReason(client, ConnectionAborted);
    server.transport.resumeProducing();
    await stage.lost(server);
    checkReason(server, ConnectionLost);
    assert.ok(server.bytes < written);
  });

  test('drops what waits to be sent', async (stage) => {
    const server = new Recorder({ connectionMade: ({ transport }) => transport.pauseProducing() });
    const { client } = await stage.pair(server);
    await stage.stuff(client);
    client.transport.abortConnection();
    await stage.lost(client);
    assert.equal(client.transport.writeQueueSize, 0);
    server.transport.resumeProducing();
    await stage.lost(server);
    checkReason(server, ConnectionLost);
  });

  test('drops what the same turn has written before it', async (stage) => {
    const { server, client } = await stage.pair();
    client.transport.write('never');
    client.transport.abortConnection();
    await stage.lost(server, client);
    assert.equal(server.bytes, 0);
  });

  test('may be called in connectionMade', async (stage) => {
    const server = new Recorder({ connectionMade: ({ transport }) => transport.abortConnection() });
    const client = new Recorder();
    const { address } = await stage.listen(stage.there, () => server);
    const factory = new ClientRecorder(() => client);
    stage.connect(address, factory);
    await stage.until(() => factory.stopped && server.reason !== undefined);
    checkReason(server, ConnectionAborted);
    // A reset may come before the client has found out that it was connected.
    if (client.made) checkReason(client, ConnectionLost);
    else checkError(factory.reasons[0], ConnectError);
  });

  test('may be called in dataReceived: connectionLost comes after it, and no data any more', async (stage) => {
    const server: Recorder = new Recorder({
      dataReceived(_data, { transport }): void {
        transport.abortConnection();
        assert.equal(server.reason, undefined);
      },
    });
    const { client } = await stage.pair(server);
    client.transport.write('first');
    await stage.until(() => server.bytes > 0);
    client.transport.write('second');
    await stage.lost(server, client);
    assert.equal(server.text, 'first');
    checkReason(server, ConnectionAborted);
    checkReason(client, ConnectionLost);
  });

  test('leaves nothing open, and other connections alone', async (stage) => {
    const { address } = await stage.listen(stage.there, () => new Recorder());
    const [stays, goes] = [new Recorder(), new Recorder()];
    for (const client of [stays, goes]) stage.connect(address, () => client);
    await stage.until(() => stays.made && goes.made);
    goes.transport.abortConnection();
    await stage.lost(goes);
    assert.deepEqual(stage.here.reactor.openHandles(), [stays.transport]);
    await stage.until(() => stage.there.reactor.openHandles().length === 2);
    assert.equal(stays.reason, undefined);
  });

  test('tells who writes to a peer that has gone that the connection is lost', async (stage) => {
    const { server, client } = await stage.pair();
    server.transport.abortConnection();
    while (client.reason === undefined) {
      client.transport.write(pattern(10000));
      await stage.turns();
    }
    checkReason(client, ConnectionLost, LOST);
  });

  test('tells who writes without reading to a peer that has closed that the connection is over', async (stage) => {
    const client = new Recorder({ connectionMade: ({ transport }) => transport.pauseProducing() });
    const { server } = await stage.pair(undefined, client);
    server.transport.loseConnection();
    await stage.lost(server);
    checkReason(server, ConnectionDone);
    while (client.reason === undefined) {
      client.transport.write(pattern(10000));
      await stage.turns();
    }
    checkReason(client, ConnectionLost, LOST);
  });

  test('loses nothing else of the peer: a new connection is served', async (stage) => {
    const { address } = await stage.listen(
      stage.there,
      () => new Recorder({ dataReceived: (data, { transport }) => transport.write(data) }),
    );
    const first = new Recorder({ connectionMade: ({ transport }) => transport.abortConnection() });
    stage.connect(address, () => first);
    await stage.lost(first);
    const second = new Recorder({ connectionMade: ({ transport }) => transport.write('x') });
    stage.connect(address, () => second);
    await stage.until(() => second.text === 'x');
  });
}
