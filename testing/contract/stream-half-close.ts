/**
 * Closing the two directions of a connection one by one.
 */
import assert from 'node:assert/strict';
import type { StreamHandler } from '../../lib/stream.js';
import { ConnectionAborted, ConnectionDone, ConnectionLost } from '../../lib/stream-errors.js';
import {
  checkReason,
  FAILURES,
  HalfRecorder,
  pattern,
  Recorder,
  type StreamStage,
  type StreamTest,
} from './stream-stage.js';

export function halfCloseTests(test: StreamTest): void {
  test('closes the way to the peer when all has left; the peer is still heard', async (stage) => {
    const server = new HalfRecorder();
    const client = new HalfRecorder();
    await stage.pair(server, client);
    client.transport.write('the last word');
    client.transport.loseWriteConnection();
    await stage.until(() => server.log.includes('readConnectionLost') && client.log.includes('writeConnectionLost'));
    assert.equal(server.text, 'the last word');
    assert.deepEqual(server.log, ['connectionMade', 'dataReceived', 'readConnectionLost']);
    assert.deepEqual(client.log, ['connectionMade', 'writeConnectionLost']);
    server.transport.write('an answer');
    await stage.until(() => client.text === 'an answer');
    server.transport.loseConnection();
    await stage.lost(server, client);
    assert.deepEqual(client.log.slice(2), ['dataReceived', 'readConnectionLost', 'connectionLost']);
    assert.deepEqual(server.log.slice(3), ['connectionLost']);
    checkReason(server, ConnectionDone);
    checkReason(client, ConnectionDone);
  });

  test('closes the connection when both have ended, one after the other', async (stage) => {
    const server = new HalfRecorder({
      readConnectionLost: ({ transport }) => {
        transport.write('and mine');
        transport.loseWriteConnection();
      },
    });
    const client = new HalfRecorder();
    await stage.pair(server, client);
    client.transport.write('my last word');
    client.transport.loseWriteConnection();
    await stage.lost(server, client);
    const [made, data, read, write, lost] = [
      'connectionMade',
      'dataReceived',
      'readConnectionLost',
      'writeConnectionLost',
      'connectionLost',
    ];
    assert.deepEqual(server.log, [made, data, read, write, lost]);
    assert.deepEqual(client.log, [made, write, data, read, lost]);
    assert.equal(client.text, 'and mine');
    checkReason(server, ConnectionDone);
    checkReason(client, ConnectionDone);
  });

  test('closes the connection where both end at once', async (stage) => {
    const server = new HalfRecorder();
    const client = new HalfRecorder();
    await stage.pair(server, client);
    for (const { transport } of [server, client]) {
      transport.write('bye');
      transport.loseWriteConnection();
    }
    await stage.lost(server, client);
    for (const protocol of [server, client]) {
      assert.equal(protocol.text, 'bye');
      assert.equal(protocol.log.filter((hook) => hook === 'readConnectionLost').length, 1);
      assert.equal(protocol.log.filter((hook) => hook === 'writeConnectionLost').length, 1);
      checkReason(protocol, ConnectionDone);
    }
  });

  test('tells writeConnectionLost in a later turn, and not before some MiB have left', async (stage) => {
    const server = new HalfRecorder();
    const client = new HalfRecorder({
      writeConnectionLost: ({ transport }) => assert.equal(transport.writeQueueSize, 0),
    });
    await stage.pair(server, client);
    const data = pattern(1000000);
    client.transport.write(data);
    client.transport.loseWriteConnection();
    assert.ok(!client.log.includes('writeConnectionLost'));
    await stage.until(() => server.log.includes('readConnectionLost') && client.log.includes('writeConnectionLost'));
    assert.ok(server.data.equals(data));
  });

  test('still sends what the same turn writes, and ignores what later turns write', async (stage) => {
    const server = new HalfRecorder();
    const client = new HalfRecorder();
    await stage.pair(server, client);
    client.transport.write('a');
    client.transport.loseWriteConnection();
    client.transport.write('b');
    await stage.until(() => client.log.includes('writeConnectionLost'));
    client.transport.write('c');
    client.transport.writeSequence(['d', 'e']);
    await stage.until(() => server.log.includes('readConnectionLost'));
    await stage.turns();
    assert.equal(server.text, 'ab');
  });

  test('is done once, however often it is asked for', async (stage) => {
    const server = new HalfRecorder();
    const client = new HalfRecorder();
    await stage.pair(server, client);
    for (let i = 0; i < 3; i++) client.transport.loseWriteConnection();
    await stage.until(() => client.log.includes('writeConnectionLost'));
    client.transport.loseWriteConnection();
    await stage.until(() => server.log.includes('readConnectionLost'));
    await stage.turns();
    assert.deepEqual(client.log, ['connectionMade', 'writeConnectionLost']);
    assert.deepEqual(server.log, ['connectionMade', 'readConnectionLost']);
  });

  test('may be asked for in connectionMade', async (stage) => {
    const server = new HalfRecorder();
    const client = new HalfRecorder({
      connectionMade({ transport }) {
        transport.write('question');
        transport.loseWriteConnection();
      },
    });
    await stage.pair(server, client);
    await stage.until(() => server.log.includes('readConnectionLost'));
    server.transport.write('answer');
    server.transport.loseConnection();
    await stage.lost(server, client);
    assert.equal(server.text, 'question');
    assert.equal(client.text, 'answer');
  });

  test('closes the whole connection of a peer that does not know of it', async (stage) => {
    const server = new Recorder({ dataReceived: (_data, { transport }) => transport.write('heard') });
    const client = new HalfRecorder();
    await stage.pair(server, client);
    client.transport.write('x');
    client.transport.loseWriteConnection();
    await stage.lost(server, client);
    assert.deepEqual(server.log, ['connectionMade', 'dataReceived', 'connectionLost']);
    assert.equal(client.text, 'heard');
    checkReason(server, ConnectionDone);
    checkReason(client, ConnectionDone);
  });

  test('works for a protocol without the hooks: it still hears the peer', async (stage) => {
    const server = new HalfRecorder();
    const client = new Recorder();
    await stage.pair(server, client);
    client.transport.loseWriteConnection();
    await stage.until(() => server.log.includes('readConnectionLost'));
    server.transport.write('still there?');
    await stage.until(() => client.text === 'still there?');
    assert.equal(client.reason, undefined);
    server.transport.loseConnection();
    await stage.lost(server, client);
    assert.deepEqual(client.log, ['connectionMade', 'dataReceived', 'connectionLost']);
    checkReason(client, ConnectionDone);
  });

  test('takes a plain object with the hooks', async (stage) => {
    const log: string[] = [];
    const handler: StreamHandler = {
      readConnectionLost(transport) {
        log.push('readConnectionLost');
        transport.write('bye');
        transport.loseWriteConnection();
      },
      writeConnectionLost: () => void log.push('writeConnectionLost'),
      connectionLost: (reason) => void log.push(reason.name),
    };
    const { address } = await stage.listen(stage.there, () => handler);
    const client = new HalfRecorder({ connectionMade: ({ transport }) => transport.loseWriteConnection() });
    stage.connect(address, () => client);
    await stage.until(() => client.reason !== undefined && log.length === 3);
    assert.deepEqual(log, ['readConnectionLost', 'writeConnectionLost', 'ConnectionDone']);
    assert.equal(client.text, 'bye');
  });

  test('gives way to loseConnection, in the same turn and later', async (stage) => {
    for (const later of [false, true]) {
      const server = new HalfRecorder({ readConnectionLost: ({ transport }) => transport.loseConnection() });
      const client = new HalfRecorder();
      await stage.pair(server, client);
      client.transport.write('x');
      client.transport.loseWriteConnection();
      if (later) await stage.until(() => client.log.includes('writeConnectionLost'));
      client.transport.loseConnection();
      await stage.lost(server, client);
      assert.equal(server.text, 'x');
      assert.deepEqual(client.log.includes('writeConnectionLost'), later);
      assert.ok(!client.log.includes('readConnectionLost'));
      checkReason(client, ConnectionDone);
      checkReason(server, ConnectionDone);
    }
  });

  test('gives way to abortConnection at any time: the peer hears of a reset, at the latest when it writes', async (stage) => {
    for (const when of ['at once', 'in the next turn', 'when it is done'] as const) {
      const server = new HalfRecorder();
      const client = new HalfRecorder();
      await stage.pair(server, client);
      client.transport.loseWriteConnection();
      if (when === 'in the next turn') stage.here.reactor.callLater(0, () => client.transport.abortConnection());
      if (when === 'when it is done') await stage.until(() => client.log.includes('writeConnectionLost'));
      if (when !== 'in the next turn') client.transport.abortConnection();
      await stage.lost(client);
      checkReason(client, ConnectionAborted);
      await losesIt(stage, server);
    }
  });

  test('gives way to abortConnection while some MiB wait to leave', async (stage) => {
    const server = new HalfRecorder({ connectionMade: ({ transport }) => transport.pauseProducing() });
    const client = new HalfRecorder();
    await stage.pair(server, client);
    await stage.stuff(client);
    client.transport.loseWriteConnection();
    await stage.turns();
    assert.ok(client.transport.writeQueueSize > 0);
    client.transport.abortConnection();
    await stage.lost(client);
    checkReason(client, ConnectionAborted);
    server.transport.resumeProducing();
    await stage.lost(server);
    checkReason(server, ConnectionLost);
  });

  test('tells who has closed his way that the peer aborts', async (stage) => {
    const server = new HalfRecorder();
    const client = new HalfRecorder();
    await stage.pair(server, client);
    client.transport.loseWriteConnection();
    await stage.until(() => server.log.includes('readConnectionLost'));
    server.transport.abortConnection();
    await stage.lost(server, client);
    checkReason(client, ConnectionLost);
  });

  for (const [name, fail] of FAILURES) {
    for (const hook of ['readConnectionLost', 'writeConnectionLost'] as const) {
      test(`reports once that ${hook} ${name}, and ends the connection with it`, async (stage) => {
        const error = new Error(`in ${hook}`);
        const failing = new HalfRecorder({ [hook]: () => fail(error) });
        const other = new HalfRecorder();
        const { client } = await stage.pair(failing, other);
        (hook === 'readConnectionLost' ? client : failing).transport.loseWriteConnection();
        await stage.lost(failing);
        const [reported] = await stage.reports(1);
        assert.equal(reported!.error, error);
        assert.deepEqual(reported!.origin, { hook, source: failing });
        assert.equal(failing.reason, error);
        assert.equal(failing.log.at(-1), 'connectionLost');
        await losesIt(stage, other);
      });
    }
  }
}

/** Waits until the connection is lost: whoever has heard that its peer has ended hears of a reset when it writes. */
async function losesIt(stage: StreamStage, protocol: Recorder): Promise<void> {
  while (protocol.reason === undefined) {
    protocol.transport.write('x');
    await stage.turns();
  }
  checkReason(protocol, ConnectionLost);
}
