/**
 * Errors in the code of users: each is reported once, with where it came from, and harms nothing else.
 */
import assert from 'node:assert/strict';
import { Deferred } from '../../lib/deferred/deferred.js';
import { ThrownValueError } from '../../lib/errors.js';
import type { DatagramHandler, DatagramTransport, HookResult, UDPPort } from '../../lib/interfaces.js';
import type { ContractLimits } from './contract.js';
import { addressOf, Answerer, checkError, Recorder, type Stage, type StageTest } from './stage.js';

type Hook = 'startProtocol' | 'datagramReceived' | 'connectionRefused' | 'stopProtocol';

/** The ways in which a hook fails. */
const FAILURES: readonly (readonly [name: string, fail: (error: Error) => HookResult])[] = [
  [
    'throws',
    (error) => {
      throw error;
    },
  ],
  ['rejects', (error) => Promise.reject(error)],
  [
    'rejects after a while',
    async (error) => {
      for (let i = 0; i < 5; i++) await Promise.resolve();
      throw error;
    },
  ],
  [
    'returns a Deferred that has failed',
    (error) => {
      const deferred = new Deferred<void>();
      deferred.errback(error);
      return deferred;
    },
  ],
];

export function hookTests(test: StageTest, limits: ContractLimits): void {
  for (const [name, fail] of FAILURES) {
    test(`reports once that datagramReceived ${name}; later datagrams and other ports are served`, async (stage) => {
      const error = new Error('in datagramReceived');
      const recorder = new Recorder({
        datagramReceived: (data) => (data.toString() === 'bad' ? fail(error) : undefined),
      });
      const port = stage.open(stage.there, recorder);
      const other = stage.open(stage.there, new Answerer());
      const asker = new Recorder();
      const sender = stage.open(stage.here, asker);
      for (const text of ['good', 'bad', 'better']) sender.write(text, addressOf(port));
      sender.write('and you?', addressOf(other));
      await stage.until(() => recorder.datagrams.length === 3 && asker.datagrams.length === 1);
      await reportedOnce(stage, error, 'datagramReceived', recorder);
      assert.equal(recorder.stops, 0);
      sender.write('best', addressOf(port));
      await stage.until(() => recorder.datagrams.length === 4);
    });

    test(`reports once that stopProtocol ${name}; the port closes, its Deferred fires`, async (stage) => {
      const error = new Error('in stopProtocol');
      const recorder = new Recorder({ stopProtocol: () => fail(error) });
      const port = stage.open(stage.here, recorder);
      const { host, port: number } = port.getHost();
      await stage.result(port.stopListening());
      await reportedOnce(stage, error, 'stopProtocol', recorder);
      assert.equal(recorder.stops, 1);
      assert.equal(recorder.connected, false);
      assert.deepEqual(stage.here.reactor.openHandles(), []);
      stage.here.reactor.listenUDP(number, {}, { interface: host });
    });

    if (!limits.noRefusal) {
      test(`reports once that connectionRefused ${name}; the port lives on`, async (stage) => {
        const error = new Error('in connectionRefused');
        const nobody = await stage.deserted(stage.there);
        const recorder: Recorder = new Recorder({
          connectionRefused: () => (recorder.refusals === 1 ? fail(error) : undefined),
        });
        const port = stage.open(stage.here, recorder);
        port.connect(nobody.host, nobody.port);
        port.write('x');
        await stage.until(() => recorder.refusals === 1);
        await reportedOnce(stage, error, 'connectionRefused', recorder);
        port.write('x');
        await stage.until(() => recorder.refusals === 2);
        assert.equal(recorder.stops, 0);
      });
    }

    if (name === 'throws') continue;

    test(`reports once that startProtocol ${name}; the port is open`, async (stage) => {
      const error = new Error('in startProtocol');
      const recorder = new Recorder({ startProtocol: () => fail(error) });
      const port = stage.open(stage.there, recorder);
      await reportedOnce(stage, error, 'startProtocol', recorder);
      stage.open(stage.here).write('x', addressOf(port));
      await stage.until(() => recorder.datagrams.length === 1);
      assert.equal(recorder.connected, true);
    });
  }

  test('names the plain object that was given as the source of its errors', async (stage) => {
    const error = new Error('in a plain object');
    const handler: DatagramHandler = {
      datagramReceived() {
        throw error;
      },
    };
    stage.open(stage.here).write('x', addressOf(stage.open(stage.there, handler)));
    await reportedOnce(stage, error, 'datagramReceived', handler);
  });

  test('wraps what is thrown and is no Error in a ThrownValueError', async (stage) => {
    const recorder = new Recorder({
      datagramReceived() {
        throw 'a text'; // oxlint-disable-line no-throw-literal
      },
    });
    stage.open(stage.here).write('x', addressOf(stage.open(stage.there, recorder)));
    const [reported] = await stage.reports(1);
    checkError(reported!.error, ThrownValueError, { code: 'ERR_PLAIT_THROWN_VALUE', cause: 'a text' });
  });

  test('reports every one of several failures', async (stage) => {
    const recorder = new Recorder({
      datagramReceived(data) {
        throw new Error(data.toString());
      },
    });
    const to = addressOf(stage.open(stage.there, recorder));
    const sender = stage.open(stage.here);
    for (const text of ['1', '2', '3']) sender.write(text, to);
    const messages = (await stage.reports(3)).map(({ error }) => error.message);
    assert.deepEqual(messages.sort(), ['1', '2', '3']);
  });

  test('lets an error listener stop the port that failed', async (stage) => {
    const recorder = new Recorder({
      datagramReceived() {
        throw new Error('stop me');
      },
    });
    const port = stage.open(stage.there, recorder);
    stage.there.reactor.on('error', () => void port.stopListening());
    const sender = stage.open(stage.here);
    for (let i = 0; i < 3; i++) sender.write('x', addressOf(port));
    await stage.until(() => recorder.stops === 1);
    await stage.reports(1);
    assert.equal(recorder.datagrams.length, 1);
  });

  test('does not wait for a hook before it delivers the next datagram', async (stage) => {
    const recorder = new Recorder({ datagramReceived: () => new Promise(() => {}) });
    const to = addressOf(stage.open(stage.there, recorder));
    const sender = stage.open(stage.here);
    for (let i = 0; i < 3; i++) sender.write('x', to);
    await stage.until(() => recorder.datagrams.length === 3);
  });

  test('does not wait for stopProtocol before it closes the port', async (stage) => {
    const recorder = new Recorder({ stopProtocol: () => new Promise(() => {}) });
    const port = stage.open(stage.here, recorder);
    await stage.result(port.stopListening());
    assert.equal(recorder.stops, 1);
  });

  test('rethrows what startProtocol throws, closes the socket, and reports nothing', async (stage) => {
    const { reactor, address } = stage.here;
    const error = new Error('in startProtocol');
    const seen = { number: 0 };
    const recorder = new Recorder({
      startProtocol({ transport }) {
        seen.number = transport.getHost().port;
        throw error;
      },
    });
    assert.throws(
      () => stage.open(stage.here, recorder),
      (thrown) => thrown === error,
    );
    assert.equal(recorder.connected, false);
    reactor.listenUDP(seen.number, {}, { interface: address }); // at once
    await stage.turns();
    assert.equal(recorder.stops, 0);
    assert.equal(reactor.openHandles().length, 1);
  });

  test('frees the port number at once even if startProtocol wrote before it threw', async (stage) => {
    const recorder = new Recorder();
    const to = addressOf(stage.open(stage.there, recorder));
    const seen = { number: 0 };
    assert.throws(() =>
      stage.open(stage.here, {
        startProtocol(transport) {
          seen.number = transport.getHost().port;
          transport.write('x', to);
          throw new Error('in startProtocol');
        },
      }),
    );
    stage.here.reactor.listenUDP(seen.number, {}, { interface: stage.here.address });
    await stage.until(() => recorder.datagrams.length === 1);
  });

  test('gives a transport that startProtocol has thrown away no life: write throws, stopListening fires', async (stage) => {
    let port: DatagramTransport | undefined;
    const start = (transport: DatagramTransport): never => {
      port = transport;
      throw new Error('in startProtocol');
    };
    assert.throws(() => stage.open(stage.here, { startProtocol: start }));
    assert.throws(() => port!.write('x', { host: stage.there.address, port: 9 }), { name: 'NotConnectedError' });
    await stage.result(port!.stopListening());
  });

  test('lets a protocol whose startProtocol threw be put on a port again', async (stage) => {
    const recorder: Recorder = new Recorder({
      startProtocol() {
        if (recorder.starts === 1) throw new Error('not yet');
      },
    });
    assert.throws(() => stage.open(stage.there, recorder));
    stage.open(stage.here).write('x', addressOf(stage.open(stage.there, recorder)));
    await stage.until(() => recorder.datagrams.length === 1);
    assert.equal(recorder.starts, 2);
  });

  test('closes a port whose startProtocol stopped it and then threw; the Deferred fires', async (stage) => {
    let stopped: Deferred<void> | undefined;
    const recorder = new Recorder({
      startProtocol({ transport }) {
        stopped = transport.stopListening();
        throw new Error('in startProtocol');
      },
    });
    assert.throws(() => stage.open(stage.here, recorder));
    await stage.result(stopped!);
    await stage.turns();
    assert.deepEqual(stage.here.reactor.openHandles(), []);
  });

  test("says nothing of a port whose startProtocol threw: no 'listening', no 'close'", async (stage) => {
    const seen: string[] = [];
    const { reactor } = stage.here;
    reactor.on('listening', () => void seen.push('listening'));
    reactor.on('close', () => void seen.push('close'));
    let port: DatagramTransport | undefined;
    const start = (transport: DatagramTransport): never => {
      port = transport;
      throw new Error('in startProtocol');
    };
    assert.throws(() => stage.open(stage.here, { startProtocol: start }));
    await stage.result((port as UDPPort).stopListening());
    await stage.turns();
    assert.deepEqual(seen, []);
  });
}

async function reportedOnce(stage: Stage, error: Error, hook: Hook, source: object): Promise<void> {
  const reported = await stage.reports(1);
  assert.equal(reported[0]!.error, error);
  assert.deepEqual({ ...reported[0]!.origin, source: undefined }, { hook, source: undefined });
  assert.equal(reported[0]!.origin.source, source);
}
