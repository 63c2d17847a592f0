/**
 * Stopping a port: in which order what happens, and what does not happen any more.
 */
import assert from 'node:assert/strict';
import { CancelledError } from '../../lib/deferred/errors.js';
import { CannotListenError, NotConnectedError } from '../../lib/errors.js';
import { addressOf, Answerer, checkError, misuse, Recorder, type Stage, type StageTest } from './stage.js';

const NOT_CONNECTED = { code: 'ERR_PLAIT_NOT_CONNECTED' };

export function stoppingTests(test: StageTest): void {
  test('runs startProtocol on listen and stopProtocol after stopListening, once each', async (stage) => {
    const recorder = new Recorder();
    const port = stage.open(stage.here, recorder);
    assert.deepEqual([recorder.starts, recorder.stops], [1, 0]);
    assert.equal(await stage.result(port.stopListening()), undefined);
    assert.deepEqual([recorder.starts, recorder.stops], [1, 1]);
    assert.equal(recorder.connected, false);
    misuse(() => recorder.transport, NotConnectedError, NOT_CONNECTED);
  });

  test('runs stopProtocol in a later turn: not inside stopListening, nor in the promise jobs after it', async (stage) => {
    const recorder = new Recorder();
    const port = stage.open(stage.here, recorder);
    const stopped = port.stopListening();
    assert.equal(recorder.stops, 0);
    assert.equal(stopped.called, false);
    for (let i = 0; i < 5; i++) await Promise.resolve();
    assert.equal(recorder.stops, 0);
    assert.equal(recorder.transport, port);
    await stage.result(stopped);
    assert.equal(recorder.stops, 1);
  });

  test('takes the transport away, runs stopProtocol, closes the socket, fires the Deferred: in that order', async (stage) => {
    const { reactor, address } = stage.here;
    const order: string[] = [];
    const recorder: Recorder = new Recorder({
      stopProtocol() {
        assert.equal(recorder.connected, false);
        misuse(() => recorder.transport, NotConnectedError, NOT_CONNECTED);
        order.push(`stopProtocol, ${isFree(stage, number) ? 'free' : 'taken'}, ${stopped.called}`);
      },
    });
    const port = stage.open(stage.here, recorder);
    const number = port.getHost().port;
    const stopped = port.stopListening();
    stopped.addCallback(() => void order.push('Deferred'));
    await stage.result(stopped);
    assert.deepEqual(order, ['stopProtocol, taken, false', 'Deferred']);
    reactor.listenUDP(number, {}, { interface: address });
  });

  test('gives each call a Deferred that fires: while it stops, and after it', async (stage) => {
    const recorder = new Recorder();
    const port = stage.open(stage.here, recorder);
    const deferreds = [port.stopListening(), port.stopListening(), port.stopListening()];
    for (const deferred of deferreds) assert.equal(await stage.result(deferred), undefined);
    assert.equal(await stage.result(port.stopListening()), undefined);
    assert.equal(await stage.result(port.stopListening()), undefined);
    assert.equal(recorder.stops, 1);
  });

  test('stops all the same when one of the Deferreds is cancelled', async (stage) => {
    const recorder = new Recorder();
    const port = stage.open(stage.here, recorder);
    const [first, second] = [port.stopListening(), port.stopListening()];
    first.addErrback((error) => void checkError(error, CancelledError));
    first.cancel();
    await stage.result(second);
    await stage.result(first);
    assert.equal(recorder.stops, 1);
  });

  test('refuses everything but stopping from the call on: NotConnectedError', async (stage) => {
    const port = stage.open(stage.here);
    const to = addressOf(stage.open(stage.there));
    const refuses = (): void => {
      misuse(() => port.write('x', to), NotConnectedError, NOT_CONNECTED);
      misuse(() => port.write('x'), NotConnectedError, NOT_CONNECTED);
      misuse(() => port.connect(to.host, to.port), NotConnectedError, NOT_CONNECTED);
      misuse(() => port.setBroadcastAllowed(true), NotConnectedError, NOT_CONNECTED);
    };
    const stopped = port.stopListening();
    refuses();
    await stage.result(stopped);
    refuses();
    assert.equal(port.stats.sent, 0);
  });

  test('still answers who it was, and what it counted', async (stage) => {
    const port = stage.open(stage.here);
    const host = { ...port.getHost() };
    port.write('x', addressOf(stage.open(stage.there)));
    await stage.result(port.stopListening());
    assert.deepEqual({ ...port.getHost() }, host);
    assert.equal(port.stats.sent, 1);
    assert.equal(port.getBroadcastAllowed(), false);
    assert.ok((port as { toString(): string }).toString().includes(String(host.port)));
  });

  test('lets leave what was written before', async (stage) => {
    const recorder = new Recorder();
    const to = addressOf(stage.open(stage.there, recorder));
    const port = stage.open(stage.here);
    for (let i = 0; i < 10; i++) port.write(String(i), to);
    await stage.result(port.stopListening());
    await stage.until(() => recorder.datagrams.length === 10);
    assert.deepEqual(recorder.texts.sort(), '0123456789'.split(''));
    assert.equal(port.stats.dropped, 0);
  });

  test('lets leave what was written before on a connected port', async (stage) => {
    const recorder = new Recorder();
    const to = addressOf(stage.open(stage.there, recorder));
    const port = stage.open(stage.here, {
      startProtocol(transport) {
        transport.connect(to.host, to.port);
        transport.write('goodbye');
        void transport.stopListening();
      },
    });
    await stage.result(port.stopListening());
    await stage.until(() => recorder.datagrams.length === 1);
  });

  test('delivers nothing of what was on its way', async (stage) => {
    const recorder = new Recorder();
    const port = stage.open(stage.there, recorder);
    const to = addressOf(port);
    const sender = stage.open(stage.here);
    for (let i = 0; i < 3; i++) sender.write('too late', to);
    await stage.result(port.stopListening());
    const next = new Recorder();
    stage.there.reactor.listenUDP(to.port, next, { interface: to.host });
    await stage.turns();
    sender.write('for the next', to);
    await stage.until(() => next.texts.includes('for the next'));
    assert.deepEqual(recorder.texts, []);
  });

  test('leaves other ports alone', async (stage) => {
    const asker = new Recorder();
    const server = stage.open(stage.there, new Answerer());
    const port = stage.open(stage.there);
    await stage.result(port.stopListening());
    stage.open(stage.here, asker).write('x', addressOf(server));
    await stage.until(() => asker.datagrams.length === 1);
  });

  test('is what disposing of a port does, as often as one likes', async (stage) => {
    const recorder = new Recorder();
    const port = stage.open(stage.here, recorder);
    const disposed = port[Symbol.asyncDispose]();
    misuse(() => port.write('x', addressOf(port)), NotConnectedError, NOT_CONNECTED);
    await stage.settled(disposed);
    await stage.settled(port[Symbol.asyncDispose]());
    assert.equal(recorder.stops, 1);
    assert.deepEqual(stage.here.reactor.openHandles(), []);
  });
}

function isFree({ here }: Stage, number: number): boolean {
  try {
    void here.reactor.listenUDP(number, {}, { interface: here.address }).stopListening();
    return true;
  } catch (error) {
    checkError(error, CannotListenError);
    return false;
  }
}
