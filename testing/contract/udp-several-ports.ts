/**
 * One protocol object on several ports.
 */
import assert from 'node:assert/strict';
import { AlreadyConnectedError, NotConnectedError } from '../../lib/errors.js';
import type { DatagramHandler } from '../../lib/interfaces.js';
import { addressOf, Answerer, misuse, Recorder, type StageTest } from './stage.js';

export function severalPortsTests(test: StageTest): void {
  test('runs startProtocol at the first port, and stopProtocol after the last', async (stage) => {
    const recorder = new Recorder();
    const ports = [1, 2, 3].map(() => stage.open(stage.here, recorder));
    assert.equal(recorder.starts, 1);
    for (const port of ports) {
      assert.equal(recorder.stops, 0);
      assert.equal(recorder.connected, true);
      await stage.result(port.stopListening());
    }
    assert.deepEqual([recorder.starts, recorder.stops], [1, 1]);
    assert.equal(recorder.connected, false);
    misuse(() => recorder.transport, NotConnectedError);
  });

  test('has the oldest open port as its transport', async (stage) => {
    const recorder = new Recorder();
    const [first, second, third] = [1, 2, 3].map(() => stage.open(stage.here, recorder));
    assert.equal(recorder.transport, first);
    await stage.result(second!.stopListening());
    assert.equal(recorder.transport, first);
    await stage.result(first!.stopListening());
    assert.equal(recorder.transport, third);
  });

  test('has no port as its transport that was stopped, while another is open', (stage) => {
    const recorder = new Recorder();
    const first = stage.open(stage.here, recorder);
    const second = stage.open(stage.here, recorder);
    void first.stopListening();
    assert.equal(recorder.transport, second);
  });

  test('answers from the port that was asked', async (stage) => {
    const server = new Answerer();
    const ports = [1, 2, 3].map(() => stage.open(stage.there, server));
    const asker = new Recorder();
    const client = stage.open(stage.here, asker);
    for (const [i, port] of [...ports, ...ports.reverse()].entries()) {
      client.write(`to ${port.getHost().port}`, addressOf(port));
      await stage.until(() => asker.datagrams.length === i + 1);
      assert.deepEqual(asker.datagrams[i]!.address, addressOf(port));
    }
  });

  test('has the oldest port as its transport again once the hook of another has run', async (stage) => {
    const seen: unknown[] = [];
    const recorder: Recorder = new Recorder({
      datagramReceived: () => {
        seen.push(recorder.transport);
        stage.there.reactor.callLater(0, () => void seen.push(recorder.transport));
      },
    });
    const first = stage.open(stage.there, recorder);
    const second = stage.open(stage.there, recorder);
    stage.open(stage.here).write('x', addressOf(second));
    await stage.until(() => seen.length === 2);
    assert.deepEqual(seen, [second, first]);
  });

  test('has the oldest port as its transport again when the hook of another threw', async (stage) => {
    const recorder = new Recorder({
      datagramReceived() {
        throw new Error('in a hook');
      },
    });
    const first = stage.open(stage.there, recorder);
    stage.open(stage.here).write('x', addressOf(stage.open(stage.there, recorder)));
    await stage.reports(1);
    assert.equal(recorder.transport, first);
  });

  test('goes on with the ports that are left when one is stopped in its hook', async (stage) => {
    const recorder: Recorder = new Recorder({
      datagramReceived: (data) => void (data.toString() === 'stop' && recorder.transport.stopListening()),
    });
    const first = stage.open(stage.there, recorder);
    const second = stage.open(stage.there, recorder);
    const sender = stage.open(stage.here);
    sender.write('stop', addressOf(second));
    await stage.until(() => recorder.datagrams.length === 1);
    await stage.result(second.stopListening());
    assert.equal(recorder.stops, 0);
    assert.equal(recorder.transport, first);
    sender.write('still there?', addressOf(first));
    await stage.until(() => recorder.datagrams.length === 2);
    await stage.result(first.stopListening());
    assert.equal(recorder.stops, 1);
  });

  test('may have ports of several reactors', async (stage) => {
    const server = new Answerer();
    const ports = [stage.open(stage.here, server), stage.open(stage.there, server)];
    const asker = new Recorder();
    const client = stage.open(stage.here, asker);
    for (const [i, port] of ports.entries()) {
      client.write('x', addressOf(port));
      await stage.until(() => asker.datagrams.length === i + 1);
      assert.deepEqual(asker.datagrams[i]!.address, addressOf(port));
    }
    assert.equal(server.starts, 1);
  });

  test('counts the ports of a plain object as it counts those of a protocol', async (stage) => {
    const calls: string[] = [];
    const handler: DatagramHandler = {
      startProtocol: () => void calls.push('start'),
      datagramReceived: (data, _address, transport) =>
        void calls.push(`${data.toString()} to ${transport.getHost().port}`),
      stopProtocol: () => void calls.push('stop'),
    };
    const [first, second] = [stage.open(stage.there, handler), stage.open(stage.there, handler)];
    stage.open(stage.here).write('x', addressOf(second));
    await stage.until(() => calls.length === 2);
    await stage.result(first.stopListening());
    await stage.result(second.stopListening());
    assert.deepEqual(calls, ['start', `x to ${second.getHost().port}`, 'stop']);
  });

  test('listens on a further port in startProtocol', async (stage) => {
    const ports: unknown[] = [];
    const recorder: Recorder = new Recorder({
      startProtocol: () => void ports.push(stage.open(stage.here, recorder)),
    });
    const first = stage.open(stage.here, recorder);
    assert.equal(recorder.starts, 1);
    assert.equal(ports.length, 1);
    assert.equal(recorder.transport, first);
  });

  test('stays on a further port that startProtocol opened before it threw', async (stage) => {
    const recorder: Recorder = new Recorder({
      startProtocol() {
        further = stage.open(stage.there, recorder);
        throw new Error('in startProtocol');
      },
    });
    let further = undefined as ReturnType<typeof stage.open> | undefined;
    assert.throws(() => stage.open(stage.there, recorder), { message: 'in startProtocol' });
    assert.equal(recorder.transport, further);
    stage.open(stage.here).write('x', addressOf(further!));
    await stage.until(() => recorder.datagrams.length === 1);
  });

  test('is not put on the same port twice: AlreadyConnectedError', (stage) => {
    const recorder = new Recorder();
    const port = stage.open(stage.here, recorder);
    misuse(() => recorder.makeConnection(port), AlreadyConnectedError, { code: 'ERR_PLAIT_ALREADY_CONNECTED' });
    assert.equal(recorder.starts, 1);
  });
}
