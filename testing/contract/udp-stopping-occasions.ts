/**
 * Stopping a port from within its hooks, together with its reactor, and to open it anew.
 */
import assert from 'node:assert/strict';
import type { Deferred } from '../../lib/deferred/deferred.js';
import { NotConnectedError } from '../../lib/errors.js';
import type { UDPPort } from '../../lib/interfaces.js';
import type { ContractLimits } from './contract.js';
import { addressOf, misuse, Recorder, type StageTest } from './stage.js';

const NOT_CONNECTED = { code: 'ERR_PLAIT_NOT_CONNECTED' };

export function stoppingOccasionTests(test: StageTest, limits: ContractLimits): void {
  test('delivers nothing more when datagramReceived stops the port', async (stage) => {
    let stopped: Deferred<void> | undefined;
    const recorder = new Recorder({
      datagramReceived: (_data, _address, { transport }) => void (stopped = transport.stopListening()),
    });
    const to = addressOf(stage.open(stage.there, recorder));
    const sender = stage.open(stage.here);
    for (let i = 0; i < 5; i++) sender.write('x', to);
    await stage.until(() => stopped !== undefined);
    await stage.result(stopped!);
    assert.equal(recorder.datagrams.length, 1);
    assert.equal(recorder.stops, 1);
  });

  test('lets datagramReceived answer and then stop', async (stage) => {
    const server = stage.open(stage.there, {
      datagramReceived(_data, address, transport) {
        transport.write('goodbye', address);
        void transport.stopListening();
        misuse(() => transport.write('too late', address), NotConnectedError, NOT_CONNECTED);
      },
    });
    const asker = new Recorder();
    stage.open(stage.here, asker).write('x', addressOf(server));
    await stage.until(() => asker.datagrams.length === 1);
    await stage.result(server.stopListening());
    assert.deepEqual(asker.texts, ['goodbye']);
  });

  test('can be asked for in startProtocol: the port is there, stops, and never delivers', async (stage) => {
    let stopped: Deferred<void> | undefined;
    const recorder = new Recorder({
      startProtocol({ transport }) {
        transport.write('to myself', addressOf(transport));
        stopped = transport.stopListening();
      },
    });
    const port = stage.open(stage.here, recorder);
    assert.equal(recorder.stops, 0);
    misuse(() => port.write('x', addressOf(port)), NotConnectedError, NOT_CONNECTED);
    await stage.result(stopped!);
    assert.deepEqual([recorder.starts, recorder.stops, recorder.datagrams.length], [1, 1, 0]);
    assert.deepEqual(stage.here.reactor.openHandles(), []);
  });

  test('can be asked for in stopProtocol too, which runs once', async (stage) => {
    let again: Deferred<void> | undefined;
    const recorder = new Recorder({ stopProtocol: () => void (again = port.stopListening()) });
    const port = stage.open(stage.here, recorder);
    await stage.result(port.stopListening());
    await stage.result(again!);
    assert.equal(recorder.stops, 1);
  });

  if (!limits.noRefusal) {
    test('can be asked for in connectionRefused, which runs no more', async (stage) => {
      let stopped: Deferred<void> | undefined;
      const nobody = await stage.deserted(stage.there);
      const recorder = new Recorder({
        connectionRefused: ({ transport }) => void (stopped = transport.stopListening()),
      });
      const port = stage.open(stage.here, recorder);
      port.connect(nobody.host, nobody.port);
      for (let i = 0; i < 5; i++) port.write('x');
      await stage.until(() => stopped !== undefined);
      await stage.result(stopped!);
      assert.deepEqual([recorder.refusals, recorder.stops], [1, 1]);
    });

    test('tells of no refusal from the call on', async (stage) => {
      const nobody = await stage.deserted(stage.there);
      const recorder = new Recorder();
      const port = stage.open(stage.here, recorder);
      port.connect(nobody.host, nobody.port);
      for (let i = 0; i < 3; i++) port.write('x');
      await stage.result(port.stopListening());
      const witness = new Recorder();
      const other = stage.open(stage.here, witness);
      other.connect(nobody.host, nobody.port);
      other.write('x');
      await stage.until(() => witness.refusals === 1);
      assert.equal(recorder.refusals, 0);
    });
  }

  test('lets a stop callback listen on the same number', async (stage) => {
    const recorder = new Recorder();
    const first = stage.open(stage.there, recorder);
    const to = addressOf(first);
    let second: UDPPort | undefined;
    const next = new Recorder();
    first.stopListening().addCallback(() => {
      second = stage.there.reactor.listenUDP(to.port, next, { interface: to.host });
    });
    await stage.until(() => second !== undefined);
    stage.open(stage.here).write('x', to);
    await stage.until(() => next.datagrams.length === 1);
    assert.deepEqual(recorder.texts, []);
  });

  test('lets the same protocol listen again: startProtocol runs again', async (stage) => {
    const recorder = new Recorder();
    const first = stage.open(stage.there, recorder);
    const { host, port } = addressOf(first);
    await stage.result(first.stopListening());
    const second = stage.there.reactor.listenUDP(port, recorder, { interface: host });
    assert.equal(recorder.starts, 2);
    assert.equal(recorder.transport, second);
    stage.open(stage.here).write('x', { host, port });
    await stage.until(() => recorder.datagrams.length === 1);
    await stage.result(second.stopListening());
    assert.equal(recorder.stops, 2);
  });

  test('lets stopProtocol listen anew', async (stage) => {
    let second: UDPPort | undefined;
    const recorder: Recorder = new Recorder({
      stopProtocol: () => void (recorder.stops === 1 && (second = stage.open(stage.there, recorder))),
    });
    const first = stage.open(stage.there, recorder);
    await stage.result(first.stopListening());
    assert.equal(recorder.transport, second);
    stage.open(stage.here).write('x', addressOf(second!));
    await stage.until(() => recorder.datagrams.length === 1);
    assert.deepEqual([recorder.starts, recorder.stops], [2, 1]);
  });

  test('happens to every port when the reactor is closed', async (stage) => {
    const { reactor } = stage.here;
    const recorders = [new Recorder(), new Recorder()];
    for (const recorder of recorders) stage.open(stage.here, recorder);
    await stage.settled(reactor.close());
    assert.deepEqual(
      recorders.map(({ stops }) => stops),
      [1, 1],
    );
    assert.deepEqual(reactor.openHandles(), []);
  });

  test('happens to every port when datagramReceived stops the running reactor', async (stage) => {
    const { reactor } = stage.there;
    const recorder = new Recorder({ datagramReceived: () => reactor.stop() });
    const other = new Recorder();
    const port = stage.open(stage.there, recorder);
    stage.open(stage.there, other);
    const over = reactor.run({ installSignalHandlers: false });
    const sender = stage.open(stage.here);
    for (let i = 0; i < 5; i++) sender.write('x', addressOf(port));
    await stage.settled(over);
    assert.deepEqual([recorder.stops, other.stops], [1, 1]);
    assert.equal(reactor.running, false);
    assert.deepEqual(reactor.openHandles(), []);
  });

  test('happens to a port that is stopping when the reactor is closed, once', async (stage) => {
    const recorder = new Recorder();
    const port = stage.open(stage.here, recorder);
    const stopped = port.stopListening();
    const closed = stage.here.reactor.close();
    await stage.settled(closed);
    await stage.result(stopped);
    assert.equal(recorder.stops, 1);
  });
}
