/**
 * Not reading for a while: nothing is delivered then, nothing is lost, and the peer is slowed down.
 */
import assert from 'node:assert/strict';
import { ConnectionAborted, ConnectionDone, ConnectionLost } from '../../lib/stream-errors.js';
import { checkReason, HalfRecorder, pattern, Recorder, type StreamTest } from './stream-stage.js';

const pauses = (): Recorder => new Recorder({ connectionMade: ({ transport }) => transport.pauseProducing() });

export function pausingTests(test: StreamTest): void {
  test('delivers nothing after pauseProducing in connectionMade, until resumeProducing', async (stage) => {
    const server = pauses();
    const { client } = await stage.pair(server);
    client.transport.write('wait');
    await stage.turns();
    client.transport.write(' for it');
    await stage.turns();
    assert.equal(server.bytes, 0);
    server.transport.resumeProducing();
    assert.equal(server.bytes, 0, 'nothing is delivered inside the call');
    await stage.until(() => server.text === 'wait for it');
  });

  test('holds for a client, too', async (stage) => {
    const client = pauses();
    const { server } = await stage.pair(undefined, client);
    server.transport.write('wait');
    await stage.turns();
    assert.equal(client.bytes, 0);
    client.transport.resumeProducing();
    await stage.until(() => client.text === 'wait');
  });

  test('pauses and resumes any number of times', async (stage) => {
    const server: Recorder = new Recorder({
      dataReceived(_data, { transport }) {
        transport.pauseProducing();
        transport.pauseProducing();
        stage.there.reactor.callLater(0, () => {
          transport.resumeProducing();
          transport.resumeProducing();
        });
      },
    });
    const { client } = await stage.pair(server);
    let sent = '';
    for (let i = 0; i < 20; i++) {
      client.transport.write(`${i} `);
      sent += `${i} `;
      await stage.turns();
    }
    await stage.until(() => server.text === sent);
  });

  test('delivers nothing after pauseProducing in dataReceived', async (stage) => {
    const server = new Recorder({ dataReceived: (_data, { transport }) => transport.pauseProducing() });
    const { client } = await stage.pair(server);
    client.transport.write('first');
    await stage.until(() => server.bytes > 0);
    client.transport.write('second');
    await stage.turns();
    assert.equal(server.text, 'first');
    server.transport.resumeProducing();
    await stage.until(() => server.text === 'firstsecond');
  });

  test('takes resumeProducing without a pause for nothing', async (stage) => {
    const { server, client } = await stage.pair();
    server.transport.resumeProducing();
    client.transport.write('x');
    await stage.until(() => server.text === 'x');
    server.transport.resumeProducing();
    client.transport.write('y');
    await stage.until(() => server.text === 'xy');
  });

  test('keeps nothing from being written', async (stage) => {
    const { server, client } = await stage.pair(undefined, pauses());
    client.transport.write(pattern(1000000));
    await stage.until(() => server.bytes === 1000000);
  });

  test('slows the peer down: of much it can send only some', async (stage) => {
    const server = pauses();
    const { client } = await stage.pair(server);
    const written = await stage.stuff(client);
    assert.ok((await stage.settles(() => client.transport.writeQueueSize)) > 0);
    server.transport.resumeProducing();
    await stage.until(() => server.bytes === written);
    assert.ok(server.data.equals(pattern(written)));
    await stage.until(() => client.transport.writeQueueSize === 0);
  });

  test("keeps the peer's end back: first the bytes, then the end", async (stage) => {
    const server = pauses();
    const { client } = await stage.pair(server);
    client.transport.write('all I had to say');
    client.transport.loseConnection();
    await stage.lost(client);
    await stage.turns();
    assert.deepEqual(server.log, ['connectionMade']);
    server.transport.resumeProducing();
    await stage.lost(server);
    assert.equal(server.text, 'all I had to say');
    assert.deepEqual(server.log, ['connectionMade', 'dataReceived', 'connectionLost']);
    checkReason(server, ConnectionDone);
  });

  test("keeps back a peer's end that comes without bytes", async (stage) => {
    const server = new HalfRecorder({ connectionMade: ({ transport }) => transport.pauseProducing() });
    const { client } = await stage.pair(server);
    client.transport.loseWriteConnection();
    await stage.turns();
    await stage.turns();
    assert.deepEqual(server.log, ['connectionMade']);
    server.transport.resumeProducing();
    await stage.until(() => server.log.includes('readConnectionLost'));
  });

  test('lets a connection be closed that does not read', async (stage) => {
    const server = pauses();
    const { client } = await stage.pair(server);
    client.transport.write('x');
    await stage.turns();
    server.transport.loseConnection();
    await stage.lost(server, client);
    checkReason(server, ConnectionDone);
    checkReason(client, ConnectionDone);
    assert.equal(server.bytes, 0);
  });

  test('lets a connection be aborted that does not read', async (stage) => {
    const server = pauses();
    const { client } = await stage.pair(server);
    client.transport.write('x');
    await stage.turns();
    server.transport.abortConnection();
    await stage.lost(server, client);
    checkReason(server, ConnectionAborted);
    checkReason(client, ConnectionLost);
  });

  test('hears of a reset at the latest when it reads again', async (stage) => {
    const server = pauses();
    const { client } = await stage.pair(server);
    client.transport.abortConnection();
    await stage.lost(client);
    await stage.turns();
    server.transport.resumeProducing();
    await stage.lost(server);
    checkReason(server, ConnectionLost);
  });
}
