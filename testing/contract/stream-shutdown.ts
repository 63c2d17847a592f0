/**
 * A reactor that is closed with connections open.
 */
import assert from 'node:assert/strict';
import { ConnectionAborted, ConnectionDone, ConnectionLost, UserAbortError } from '../../lib/stream-errors.js';
import {
  checkReason,
  ClientRecorder,
  echo,
  HalfRecorder,
  pattern,
  Recorder,
  type StreamContractLimits,
  type StreamTest,
} from './stream-stage.js';

export function shutdownTests(test: StreamTest, limits: StreamContractLimits): void {
  test('lets leave what was written, and has run every last hook before close resolves', async (stage) => {
    const { server, client, factory } = await stage.pair();
    const data = pattern(1000000);
    client.transport.write(data);
    await stage.settled(stage.here.reactor.close());
    checkReason(client, ConnectionDone);
    assert.deepEqual(factory.log.slice(-2), ['clientConnectionLost', 'stopFactory']);
    assert.deepEqual(stage.here.reactor.openHandles(), []);
    await stage.lost(server);
    assert.ok(server.data.equals(data));
    checkReason(server, ConnectionDone);
  });

  test('closes ports, and the connections they took', async (stage) => {
    const server = new ClientRecorder(() => echo());
    const { address } = await stage.listen(stage.there, server);
    const clients = [new Recorder(), new Recorder()];
    for (const client of clients) stage.connect(address, () => client);
    await stage.until(() => clients.every(({ made }) => made) && server.peers.length === 2);
    const seen: string[] = [];
    stage.there.reactor.on('close', () => void seen.push('close'));
    await stage.settled(stage.there.reactor.close());
    assert.ok(server.stopped);
    assert.deepEqual(seen, ['close']);
    assert.deepEqual(stage.there.reactor.openHandles(), []);
    await stage.lost(...clients);
    for (const client of clients) checkReason(client, ConnectionDone);
    const again = new ClientRecorder();
    stage.connect(address, again);
    await stage.until(() => again.stopped);
    assert.ok(again.log.includes('clientConnectionFailed'));
  });

  test('does the same when a running reactor is stopped', async (stage) => {
    const { server, client, factory } = await stage.pair();
    const { reactor } = stage.here;
    const run = reactor.run({ installSignalHandlers: false });
    await stage.until(() => reactor.running);
    client.transport.write('goodbye');
    reactor.stop();
    await stage.settled(run);
    checkReason(client, ConnectionDone);
    assert.ok(factory.stopped);
    await stage.lost(server);
    assert.equal(server.text, 'goodbye');
  });

  test('gives up the attempts to connect, which is told before close resolves', async (stage) => {
    const { address } = await stage.listen(stage.there, () => null);
    const factory = new ClientRecorder();
    stage.connect(address, factory);
    stage.connect({ host: stage.streams.peerName, port: address.port }, factory);
    await stage.settled(stage.here.reactor.close());
    // On a fast network the connections may be there before the reactor comes to close.
    assert.equal(factory.log.filter((hook) => hook.startsWith('clientConnection')).length, 2);
    assert.ok(factory.stopped);
    for (const reason of factory.reasons) {
      assert.ok(reason instanceof UserAbortError || reason instanceof ConnectionDone, String(reason));
    }
    assert.deepEqual(stage.here.reactor.openHandles(), []);
  });

  test('waits for the connection that is closed because there is no protocol for it', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    let closed: Promise<void> | undefined;
    const factory = new ClientRecorder(() => {
      closed = stage.here.reactor.close();
      return null;
    });
    stage.connect(address, factory);
    await stage.until(() => closed !== undefined);
    await stage.settled(closed!);
    assert.deepEqual(factory.log.slice(-2), ['clientConnectionLost', 'stopFactory']);
    assert.deepEqual(stage.here.reactor.openHandles(), []);
  });

  test('is not held up by a peer that never reads: it is left with ConnectionAborted', async (stage) => {
    const server = new Recorder({ connectionMade: ({ transport }) => transport.pauseProducing() });
    const { client, factory } = await stage.pair(server);
    await stage.stuff(client);
    await stage.settled(stage.here.reactor.close());
    checkReason(client, ConnectionAborted);
    assert.ok(factory.stopped);
    assert.deepEqual(stage.here.reactor.openHandles(), []);
    server.transport.resumeProducing();
    await stage.lost(server);
    checkReason(server, ConnectionLost);
  });

  test('is not held up by a connection that waits to be closed already, nor by one with its way closed', async (stage) => {
    const servers: Recorder[] = [];
    const { address } = await stage.listen(stage.there, () => {
      servers.push(new Recorder({ connectionMade: ({ transport }) => transport.pauseProducing() }));
      return servers.at(-1)!;
    });
    const clients = [new Recorder(), new HalfRecorder(), new HalfRecorder()];
    for (const client of clients) stage.connect(address, () => client);
    await stage.until(() => clients.every(({ made }) => made) && servers.length === 3);
    for (const client of clients.slice(0, 2)) await stage.stuff(client);
    clients[0]!.transport.loseConnection();
    clients[1]!.transport.loseWriteConnection();
    clients[2]!.transport.loseWriteConnection();
    await stage.turns();
    await stage.settled(stage.here.reactor.close());
    checkReason(clients[0]!, ConnectionAborted);
    checkReason(clients[1]!, ConnectionAborted);
    checkReason(clients[2]!, ConnectionDone);
    for (const { transport } of servers) transport.resumeProducing();
    await stage.lost(...servers);
  });

  test('stops producers instead of waiting for them', async (stage) => {
    for (const streaming of [true, false]) {
      const { client } = await stage.pair();
      const log: string[] = [];
      const producer = {
        pauseProducing: () => void log.push('pause'),
        resumeProducing: () => void log.push('resume'),
        stopProducing: () => void log.push('stop'),
      };
      client.transport.registerProducer(producer, streaming as true);
      client.transport.loseConnection();
      await stage.settled(stage.here.reactor.close());
      checkReason(client, ConnectionDone);
      assert.deepEqual(log, streaming ? ['stop'] : ['resume', 'stop']);
    }
  });

  test('is not undone by a factory that connects again whenever it fails or is disconnected', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const clients: Recorder[] = [];
    const build = (): Recorder => {
      clients.push(new Recorder());
      return clients.at(-1)!;
    };
    const again = new ClientRecorder(build, {
      clientConnectionLost: (connector) => connector.connect(),
      clientConnectionFailed: (connector) => connector.connect(),
    });
    const connector = stage.connect(address, again);
    await stage.until(() => clients.length === 1 && clients[0]!.made);
    const attempt = stage.connect(address, again);
    await stage.settled(stage.here.reactor.close());
    assert.equal(again.log.filter((hook) => hook.startsWith('clientConnection')).length, 2);
    assert.ok(again.stopped);
    assert.deepEqual([connector.state, attempt.state], ['disconnected', 'disconnected']);
    assert.deepEqual(stage.here.reactor.openHandles(), []);
    connector.connect(); // what was closed can be used again
    await stage.until(() => clients.at(-1)!.reason === undefined && clients.at(-1)!.made);
  });

  test('leaves nothing of the deadlines and timers that it had for connections', async (stage) => {
    const { reactor } = stage.here;
    await stage.pair();
    await stage.settled(reactor.close());
    assert.deepEqual(reactor.getDelayedCalls(), []);
    await stage.settled(reactor.close());
  });

  if (limits.noSilence) return;

  test('gives up an attempt that is never answered', async (stage) => {
    const factory = new ClientRecorder();
    stage.connect(await stage.silence(), factory, { timeout: Infinity });
    await stage.turns();
    await stage.settled(stage.here.reactor.close());
    assert.deepEqual(factory.log.slice(-2), ['clientConnectionFailed', 'stopFactory']);
    assert.ok(factory.reasons[0] instanceof UserAbortError);
  });
}
