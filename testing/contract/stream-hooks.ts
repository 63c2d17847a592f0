/**
 * Errors in the hooks of protocols: each is reported once, with where it came from, ends its connection with that reason,
 * and harms nothing else.
 */
import assert from 'node:assert/strict';
import { Deferred } from '../../lib/deferred/deferred.js';
import { AlreadyConnectedError, ThrownValueError } from '../../lib/errors.js';
import { ConnectionAborted, ConnectionDone, ConnectionLost } from '../../lib/stream-errors.js';
import { checkError, misuse } from './stage.js';
import {
  checkReason,
  ClientRecorder,
  echo,
  FAILURES,
  once,
  Recorder,
  type RecorderHooks,
  type StreamTest,
} from './stream-stage.js';

const ALL_FAILURES: typeof FAILURES = [
  ...FAILURES,
  [
    'returns a Deferred that has failed',
    (error) => {
      const deferred = new Deferred<void>();
      deferred.errback(error);
      return deferred;
    },
  ],
];

export function hookTests(test: StreamTest): void {
  for (const [name, fail] of ALL_FAILURES) {
    for (const side of ['server', 'client'] as const) {
      test(`reports once that connectionMade of a ${side} ${name}, and closes the connection with it`, async (stage) => {
        const error = new Error('in connectionMade');
        const failing = new Recorder({ connectionMade: () => fail(error) });
        const other = new Recorder();
        const [server, client] = side === 'server' ? [failing, other] : [other, failing];
        const { address } = await stage.listen(stage.there, once(server));
        const factory = new ClientRecorder(once(client));
        stage.connect(address, factory);
        await stage.until(() => factory.stopped && failing.reason !== undefined);
        const [reported] = await stage.reports(1);
        assert.equal(reported!.error, error);
        assert.deepEqual(reported!.origin, { hook: 'connectionMade', source: failing });
        assert.equal(failing.reason, error);
        assert.deepEqual(failing.log, ['connectionMade', 'connectionLost']);
        // A reset may come before the other end has found out that it was connected.
        if (other.made) {
          await stage.lost(other);
          checkReason(other, ConnectionLost);
        }
      });
    }

    test(`reports once that dataReceived ${name}, and ends the connection with it; others live on`, async (stage) => {
      const error = new Error('in dataReceived');
      const hooks: RecorderHooks = {
        dataReceived: (data, { transport }) => (String(data) === 'bad' ? fail(error) : transport.write(data)),
      };
      const servers: Recorder[] = [];
      const { address } = await stage.listen(stage.there, () => {
        servers.push(new Recorder(hooks));
        return servers.at(-1)!;
      });
      const [bad, good] = [new Recorder(), new Recorder()];
      stage.connect(address, () => bad);
      await stage.until(() => bad.made && servers.length === 1);
      stage.connect(address, () => good);
      await stage.until(() => good.made);
      bad.transport.write('bad');
      await stage.lost(bad, servers[0]!);
      const [reported] = await stage.reports(1);
      assert.equal(reported!.error, error);
      assert.deepEqual(reported!.origin, { hook: 'dataReceived', source: servers[0] });
      assert.equal(servers[0]!.reason, error);
      checkReason(bad, ConnectionLost);
      good.transport.write('good');
      await stage.until(() => good.text === 'good');
    });

    test(`reports once that connectionLost ${name}; the factory is told and stopped all the same`, async (stage) => {
      const error = new Error('in connectionLost');
      const { address } = await stage.listen(stage.there, () => echo());
      const client = new Recorder({ connectionLost: () => fail(error) });
      const factory = new ClientRecorder(() => client);
      stage.connect(address, factory);
      await stage.until(() => client.made);
      client.transport.loseConnection();
      await stage.until(() => factory.stopped);
      const [reported] = await stage.reports(1);
      assert.equal(reported!.error, error);
      assert.deepEqual(reported!.origin, { hook: 'connectionLost', source: client });
      assert.deepEqual(factory.log.slice(-2), ['clientConnectionLost', 'stopFactory']);
      checkReason(client, ConnectionDone);
      assert.deepEqual(stage.here.reactor.openHandles(), []);
    });
  }

  test('gives what dataReceived has thrown as the reason where it aborted the connection before', async (stage) => {
    const error = new Error('after abortConnection');
    const server = new Recorder({
      dataReceived(_data, { transport }) {
        transport.abortConnection();
        throw error;
      },
    });
    const { client } = await stage.pair(server);
    client.transport.write('x');
    await stage.lost(server, client);
    await stage.reports(1);
    assert.equal(server.reason, error);
  });

  test('gives the first error as the reason where several hooks fail, and reports each', async (stage) => {
    const pending: Deferred<void>[] = [];
    const server = new Recorder({
      dataReceived: () => {
        pending.push(new Deferred());
        return pending.at(-1)!;
      },
    });
    const { client } = await stage.pair(server);
    client.transport.write('one');
    await stage.until(() => pending.length === 1);
    client.transport.write('two');
    await stage.until(() => pending.length === 2);
    const errors = [new Error('the first'), new Error('the second')];
    for (const [i, deferred] of pending.entries()) deferred.errback(errors[i]!);
    await stage.lost(server, client);
    assert.equal(server.reason, errors[0]);
    const reports = await stage.reports(2);
    assert.deepEqual(
      reports.map(({ error }) => error),
      errors,
    );
  });

  test('does not wait for a failure to come before it ends the connection otherwise', async (stage) => {
    const never = new Promise<void>(() => {});
    const server = new Recorder({
      dataReceived: () => never,
      connectionLost: () => never,
      connectionMade: () => never,
    });
    const { client } = await stage.pair(server);
    client.transport.write('one');
    await stage.until(() => server.text === 'one');
    client.transport.write(', two');
    await stage.until(() => server.text === 'one, two');
    client.transport.loseConnection();
    await stage.lost(server, client);
    checkReason(server, ConnectionDone);
  });

  test('reports a hook that rejects when the connection is lost already; its end was another', async (stage) => {
    const error = new Error('late');
    const later = new Deferred<void>();
    const server = new Recorder({ dataReceived: () => later });
    const { client } = await stage.pair(server);
    client.transport.write('x');
    await stage.until(() => server.bytes > 0);
    client.transport.loseConnection();
    await stage.lost(server, client);
    later.errback(error);
    const [reported] = await stage.reports(1);
    assert.equal(reported!.error, error);
    checkReason(server, ConnectionDone);
    assert.deepEqual(server.log, ['connectionMade', 'dataReceived', 'connectionLost']);
  });

  test('wraps what is thrown and is no Error: one ThrownValueError is reported, and is the reason', async (stage) => {
    const server = new Recorder({
      dataReceived() {
        throw 'a text'; // oxlint-disable-line no-throw-literal
      },
    });
    const { client } = await stage.pair(server);
    client.transport.write('x');
    await stage.lost(server, client);
    const [reported] = await stage.reports(1);
    checkError(reported!.error, ThrownValueError, { code: 'ERR_PLAIT_THROWN_VALUE', cause: 'a text' });
    assert.equal(server.reason, reported!.error);
  });

  test('lets an error listener end the connection as it likes', async (stage) => {
    const server = new Recorder({
      dataReceived() {
        throw new Error('close me');
      },
    });
    const { client } = await stage.pair(server);
    stage.there.reactor.on('error', () => {
      server.transport.loseConnection();
      server.transport.abortConnection();
    });
    client.transport.write('x');
    await stage.lost(server, client);
    await stage.reports(1);
    assert.deepEqual(server.log, ['connectionMade', 'dataReceived', 'connectionLost']);
  });

  test('refuses a connection whose protocol has one already: that one is left alone', async (stage) => {
    const shared = echo();
    const { address } = await stage.listen(stage.there, () => shared);
    const [first, second] = [new Recorder(), new Recorder()];
    stage.connect(address, () => first);
    await stage.until(() => first.made && shared.made);
    const factory = new ClientRecorder(() => second);
    stage.connect(address, factory);
    await stage.until(() => factory.stopped);
    const [reported] = await stage.reports(1);
    checkError(reported!.error, AlreadyConnectedError, { code: 'ERR_PLAIT_ALREADY_CONNECTED' });
    assert.equal(reported!.origin.hook, 'connectionMade');
    first.transport.write('still there?');
    await stage.until(() => first.text === 'still there?');
    assert.deepEqual(shared.log, ['connectionMade', 'dataReceived']);
  });

  test('refuses to give a protocol another connection by hand', async (stage) => {
    const { server, client } = await stage.pair();
    misuse(() => client.makeConnection(server.transport), AlreadyConnectedError);
    client.transport.write('x');
    await stage.until(() => server.text === 'x');
  });

  test('runs connectionLost of a protocol that was given up in its own connectionMade', async (stage) => {
    const client = new Recorder({
      connectionMade({ transport }) {
        transport.abortConnection();
        transport.loseConnection();
      },
    });
    const { address } = await stage.listen(stage.there, () => echo());
    const factory = new ClientRecorder(() => client);
    stage.connect(address, factory);
    await stage.until(() => factory.stopped);
    checkReason(client, ConnectionAborted);
    assert.deepEqual(client.log, ['connectionMade', 'connectionLost']);
  });
}
