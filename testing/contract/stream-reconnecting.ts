/**
 * One connector, used again: in its hooks, and later; and what it refuses in which state.
 */
import assert from 'node:assert/strict';
import { ConnectionDone, ConnectorStateError } from '../../lib/stream-errors.js';
import { misuse } from './stage.js';
import { checkReason, ClientRecorder, echo, Recorder, type StreamTest } from './stream-stage.js';

const CODE = 'ERR_PLAIT_CONNECTOR_STATE';

export function reconnectingTests(test: StreamTest): void {
  test('connects again in clientConnectionLost; the factory is not stopped in between', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const clients: Recorder[] = [];
    const factory = new ClientRecorder(
      () => {
        clients.push(new Recorder({ connectionMade: ({ transport }) => transport.loseConnection() }));
        return clients.at(-1)!;
      },
      {
        clientConnectionLost: (connector) => {
          if (clients.length < 3) connector.connect();
        },
      },
    );
    const connector = stage.connect(address, factory);
    await stage.until(() => factory.stopped);
    const round = ['startedConnecting', 'buildProtocol', 'clientConnectionLost'];
    assert.deepEqual(factory.log, ['startFactory', ...round, ...round, ...round, 'stopFactory']);
    assert.deepEqual(new Set(factory.connectors), new Set([connector]));
    assert.equal(new Set(clients.map(({ transport }) => transport)).size, 3);
    for (const { log } of clients) assert.deepEqual(log, ['connectionMade', 'connectionLost']);
  });

  test('connects again in clientConnectionFailed, until somebody listens', async (stage) => {
    const to = await stage.refusing();
    const client = new Recorder({ connectionMade: ({ transport }) => transport.write('at last') });
    let failures = 0;
    const factory = new ClientRecorder(() => client, {
      clientConnectionFailed: (connector) => {
        if (++failures === 3) {
          const { reactor } = stage.there;
          const port = reactor.listenTCP(to.port, () => echo(), { interface: to.host });
          port.listening.addCallback(() => connector.connect());
        } else connector.connect();
      },
    });
    stage.connect(to, factory);
    await stage.until(() => client.text === 'at last');
    assert.equal(failures, 3);
    // The last attempt began after its hook: the factory was stopped, and started anew.
    const round = ['startedConnecting', 'clientConnectionFailed'];
    assert.deepEqual(factory.log, [
      ...['startFactory', ...round, ...round, ...round, 'stopFactory'],
      ...['startFactory', 'startedConnecting', 'buildProtocol'],
    ]);
  });

  test('connects again whenever it is disconnected', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const clients: Recorder[] = [];
    const factory = new ClientRecorder(() => {
      clients.push(new Recorder());
      return clients.at(-1)!;
    });
    const connector = stage.connect(address, factory);
    for (let i = 1; i <= 3; i++) {
      await stage.until(() => clients.length === i && clients.at(-1)!.made);
      connector.disconnect();
      await stage.until(() => factory.stopped);
      assert.equal(connector.state, 'disconnected');
      if (i < 3) connector.connect();
    }
    assert.equal(factory.log.filter((hook) => hook === 'startFactory').length, 3);
  });

  test('closes the connection by disconnect, when all that was written has left', async (stage) => {
    const { server, client, connector } = await stage.pair();
    client.transport.write('goodbye');
    connector.disconnect();
    connector.disconnect();
    assert.equal(client.reason, undefined);
    await stage.lost(server, client);
    assert.equal(server.text, 'goodbye');
    checkReason(client, ConnectionDone);
    checkReason(server, ConnectionDone);
    connector.disconnect(); // harmless
    assert.equal(connector.state, 'disconnected');
  });

  test('takes disconnect in buildProtocol for the connection that there is', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const client = new Recorder();
    const factory: ClientRecorder = new ClientRecorder(() => {
      factory.connectors[0]!.disconnect();
      return client;
    });
    stage.connect(address, factory);
    await stage.until(() => factory.stopped);
    assert.deepEqual(client.log, ['connectionMade', 'connectionLost']);
    checkReason(client, ConnectionDone);
  });

  test('refuses what its state does not allow', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const client = new Recorder();
    const factory = new ClientRecorder(() => client);
    const connector = stage.connect(address, factory);
    misuse(() => connector.connect(), ConnectorStateError, { code: CODE, state: 'connecting' });
    await stage.until(() => client.made);
    misuse(() => connector.connect(), ConnectorStateError, { code: CODE, state: 'connected' });
    misuse(() => connector.stopConnecting(), ConnectorStateError, { code: CODE, state: 'connected' });
    connector.disconnect();
    misuse(() => connector.connect(), ConnectorStateError, { code: CODE, state: 'connected' });
    await stage.until(() => factory.stopped);
    misuse(() => connector.stopConnecting(), ConnectorStateError, { code: CODE, state: 'disconnected' });
  });
}
