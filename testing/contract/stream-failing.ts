/**
 * Attempts that fail: refused, without an answer, given up. And the hooks that are told of it, when they fail themselves.
 */
import assert from 'node:assert/strict';
import { ConnectError } from '../../lib/errors.js';
import { ConnectionRefusedError, ConnectTimeoutError, UserAbortError } from '../../lib/stream-errors.js';
import { checkError } from './stage.js';
import {
  ClientRecorder,
  echo,
  FAILURES,
  Recorder,
  type StreamContractLimits,
  type StreamTest,
} from './stream-stage.js';

const FAILED = ['startFactory', 'startedConnecting', 'clientConnectionFailed', 'stopFactory'];

export function failingTests(test: StreamTest, limits: StreamContractLimits): void {
  test('fails with a ConnectionRefusedError where nobody listens', async (stage) => {
    const { host, port } = await stage.refusing();
    const factory = new ClientRecorder();
    const connector = stage.connect({ host, port }, factory);
    await stage.until(() => factory.stopped);
    assert.deepEqual(factory.log, FAILED);
    const facts = { code: 'ERR_PLAIT_CONNECTION_REFUSED', host, port };
    const error = checkError(factory.reasons[0], ConnectionRefusedError, facts);
    assert.equal((error.cause as { code?: string }).code, 'ECONNREFUSED');
    assert.equal(connector.state, 'disconnected');
    assert.deepEqual(stage.here.reactor.openHandles(), []);
  });

  test('reports a failure once where the factory is a function, which has no hook for it', async (stage) => {
    const to = await stage.refusing();
    const factory = (): null => null;
    stage.connect(to, factory);
    const [reported] = await stage.reports(1);
    checkError(reported!.error, ConnectionRefusedError, { ...to });
    assert.deepEqual(reported!.origin, { hook: 'clientConnectionFailed', source: factory });
  });

  test('fails with a ConnectError when the local address is taken, is of another family, or is not here', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const taken = await stage.listen(stage.here, () => null);
    for (const [bindAddress, code] of [
      [taken.address, 'EADDRINUSE'],
      [{ host: '192.0.2.1' }, 'EADDRNOTAVAIL'],
      [{ host: '::1' }, 'EINVAL'],
    ] as const) {
      const factory = new ClientRecorder();
      stage.connect(address, factory, { bindAddress });
      await stage.until(() => factory.stopped);
      assert.deepEqual(factory.log, FAILED);
      const error = checkError(factory.reasons[0], ConnectError, { code: 'ERR_PLAIT_CONNECT', ...address });
      assert.equal((error.cause as { code?: string }).code, code);
    }
  });

  test('gives up when stopConnecting is called in startedConnecting', async (stage) => {
    const server = new ClientRecorder();
    const { address } = await stage.listen(stage.there, server);
    const factory = new ClientRecorder(undefined, { startedConnecting: (connector) => connector.stopConnecting() });
    const connector = stage.connect(address, factory);
    assert.deepEqual(factory.log, FAILED.slice(0, 2), 'nothing is told inside the call');
    assert.equal(connector.state, 'connecting');
    await stage.until(() => factory.stopped);
    assert.deepEqual(factory.log, FAILED);
    checkError(factory.reasons[0], UserAbortError, { code: 'ERR_PLAIT_USER_ABORT' });
    assert.equal(connector.state, 'disconnected');
    await stage.turns();
    assert.deepEqual(server.log, ['startFactory']);
  });

  test('gives up when stopConnecting is called while connecting, once however often', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const factory = new ClientRecorder(() => assert.fail('connected'));
    const connector = stage.connect(address, factory);
    connector.stopConnecting();
    connector.stopConnecting();
    connector.disconnect();
    assert.deepEqual(factory.log, FAILED.slice(0, 2));
    await stage.until(() => factory.stopped);
    await stage.turns();
    assert.deepEqual(factory.log, FAILED);
    assert.ok(factory.reasons[0] instanceof UserAbortError);
    assert.deepEqual(stage.here.reactor.openHandles(), []);
  });

  test('gives up the lookup of a name', async (stage) => {
    const factory = new ClientRecorder(() => assert.fail('connected'));
    const connector = stage.connect({ host: stage.streams.peerName, port: 9 }, factory);
    connector.stopConnecting();
    await stage.until(() => factory.stopped);
    await stage.turns();
    assert.deepEqual(factory.log, FAILED);
    assert.ok(factory.reasons[0] instanceof UserAbortError);
  });

  test('reports nothing to who gives up, where the factory is a function', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    stage.connect(address, () => null).stopConnecting();
    await stage.until(() => stage.here.reactor.openHandles().length === 0);
  });

  test('goes on when startedConnecting throws, and reports it once', async (stage) => {
    const error = new Error('in startedConnecting');
    const { address } = await stage.listen(stage.there, () => echo());
    const client = new Recorder();
    const factory = new ClientRecorder(() => client, {
      startedConnecting() {
        throw error;
      },
    });
    stage.connect(address, factory);
    await stage.until(() => client.made);
    const [reported] = await stage.reports(1);
    assert.equal(reported!.error, error);
    assert.deepEqual(reported!.origin, { hook: 'startedConnecting', source: factory });
  });

  for (const [name, fail] of FAILURES) {
    test(`reports once that clientConnectionFailed ${name}; the factory is stopped all the same`, async (stage) => {
      const error = new Error('in clientConnectionFailed');
      const factory = new ClientRecorder(undefined, { clientConnectionFailed: () => fail(error) });
      stage.connect(await stage.refusing(), factory);
      await stage.until(() => factory.stopped);
      const [reported] = await stage.reports(1);
      assert.equal(reported!.error, error);
      assert.deepEqual(reported!.origin, { hook: 'clientConnectionFailed', source: factory });
      assert.deepEqual(stage.here.reactor.openHandles(), []);
    });

    test(`reports once that clientConnectionLost ${name}; the factory is stopped all the same`, async (stage) => {
      const error = new Error('in clientConnectionLost');
      const { address } = await stage.listen(stage.there, () => null);
      const factory = new ClientRecorder(undefined, { clientConnectionLost: () => fail(error) });
      stage.connect(address, factory);
      await stage.until(() => factory.stopped);
      const [reported] = await stage.reports(1);
      assert.equal(reported!.error, error);
      assert.deepEqual(reported!.origin, { hook: 'clientConnectionLost', source: factory });
      assert.deepEqual(stage.here.reactor.openHandles(), []);
    });

    test(`reports once that stopFactory of a connector ${name}`, async (stage) => {
      const error = new Error('in stopFactory');
      const factory = new ClientRecorder(undefined, { stopFactory: () => fail(error) });
      stage.connect(await stage.refusing(), factory);
      await stage.until(() => factory.stopped);
      const [reported] = await stage.reports(1);
      assert.equal(reported!.error, error);
      assert.deepEqual(reported!.origin, { hook: 'stopFactory', source: factory });
      assert.deepEqual(stage.here.reactor.openHandles(), []);
    });
  }

  if (limits.noSilence) return;

  test('fails with a ConnectTimeoutError when there is no answer in time', async (stage) => {
    const { host, port } = await stage.silence();
    const factory = new ClientRecorder();
    const connector = stage.connect({ host, port }, factory, { timeout: 0.05 });
    await stage.until(() => factory.stopped);
    assert.deepEqual(factory.log, FAILED);
    const facts = { code: 'ERR_PLAIT_CONNECT_TIMEOUT', host, port, timeout: 0.05 };
    checkError(factory.reasons[0], ConnectTimeoutError, facts);
    assert.equal(connector.state, 'disconnected');
    assert.deepEqual(stage.here.reactor.openHandles(), []);
  });

  test('waits as long as it takes with a timeout of Infinity, until it is given up', async (stage) => {
    const factory = new ClientRecorder();
    const connector = stage.connect(await stage.silence(), factory, { timeout: Infinity });
    assert.deepEqual(stage.here.reactor.getDelayedCalls(), []);
    await stage.turns();
    assert.equal(connector.state, 'connecting');
    assert.deepEqual(stage.here.reactor.openHandles(), [connector]);
    connector.stopConnecting();
    await stage.until(() => factory.stopped);
    assert.ok(factory.reasons[0] instanceof UserAbortError);
    assert.deepEqual(stage.here.reactor.openHandles(), []);
  });

  test('fails with the UserAbortError of the first who gives up, not with the timeout after it', async (stage) => {
    const factory = new ClientRecorder();
    const connector = stage.connect(await stage.silence(), factory, { timeout: 0 });
    connector.disconnect();
    await stage.until(() => factory.stopped);
    await stage.turns();
    assert.deepEqual(factory.log, FAILED);
    assert.ok(factory.reasons[0] instanceof UserAbortError);
  });

  test('tries again after a timeout', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const client = new Recorder();
    stage.connect(
      await stage.silence(),
      new ClientRecorder(undefined, {
        clientConnectionFailed: () => void stage.connect(address, () => client),
      }),
      { timeout: 0.01 },
    );
    await stage.until(() => client.made);
  });
}
