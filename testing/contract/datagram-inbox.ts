/**
 * Datagrams as an async iteration, over a real port.
 */
import assert from 'node:assert/strict';
import { DatagramInbox, type ReceivedDatagram } from '../../lib/datagram-inbox.js';
import { addressOf, misuse, type StageTest } from './stage.js';

export function inboxTests(test: StageTest): void {
  test('gives each datagram with its address, until the port has stopped', async (stage) => {
    const inbox = new DatagramInbox();
    const port = stage.open(stage.there, inbox);
    const sender = stage.open(stage.here);
    const taken: ReceivedDatagram[] = [];
    let over = false;
    const reading = (async () => {
      for await (const each of inbox) taken.push(each);
      over = true;
    })();
    for (let i = 0; i < 3; i++) {
      sender.write(String(i), addressOf(port));
      await stage.until(() => taken.length === i + 1);
    }
    assert.deepEqual(
      taken.map(([data, address]) => [data.toString(), address]),
      ['0', '1', '2'].map((text) => [text, addressOf(sender)]),
    );
    assert.equal(over, false);
    await stage.result(port.stopListening());
    await stage.until(() => over);
    await reading;
  });

  test('can answer in the loop', async (stage) => {
    const inbox = new DatagramInbox();
    const port = stage.open(stage.there, inbox);
    const reading = (async () => {
      for await (const [data, address] of inbox) inbox.transport.write(data, address);
    })();
    const answers = new DatagramInbox();
    stage.open(stage.here, answers).write('hello', addressOf(port));
    await stage.until(() => answers.size === 1);
    await stage.result(port.stopListening());
    await stage.settled(reading);
  });

  test('keeps up to highWaterMark datagrams; what overflows is counted', async (stage) => {
    const inbox = new DatagramInbox({ highWaterMark: 2 });
    const port = stage.open(stage.there, inbox);
    const sender = stage.open(stage.here);
    for (let i = 0; i < 5; i++) {
      sender.write(String(i), addressOf(port));
      await stage.until(() => port.stats.received === i + 1);
    }
    assert.equal(inbox.size, 2);
    assert.equal(inbox.dropped, 3);
    await stage.result(port.stopListening());
    const kept: string[] = [];
    for await (const [data] of inbox) kept.push(data.toString());
    assert.deepEqual(kept, ['0', '1']);
  });

  test('fails with the reason of its signal, waiting or not; the port stays open', async (stage) => {
    const abort = new AbortController();
    const inbox = new DatagramInbox({ signal: abort.signal });
    const port = stage.open(stage.there, inbox);
    const reason = new Error('enough');
    const waiting = inbox[Symbol.asyncIterator]().next();
    const failed = assert.rejects(waiting, reason);
    abort.abort(reason);
    await stage.settled(failed);
    await assert.rejects(inbox[Symbol.asyncIterator]().next(), reason);
    stage.open(stage.here).write('x', addressOf(port));
    await stage.until(() => port.stats.received === 1);
  });

  test('leaves the port open when the loop is left', async (stage) => {
    const inbox = new DatagramInbox();
    const port = stage.open(stage.there, inbox);
    const sender = stage.open(stage.here);
    const first = (async () => {
      for await (const [data] of inbox) return data.toString();
      return undefined;
    })();
    sender.write('first', addressOf(port));
    assert.equal(await stage.settled(first), 'first');
    sender.write('second', addressOf(port));
    await stage.until(() => inbox.size === 1);
  });

  for (const highWaterMark of [0, -1, 1.5, NaN]) {
    test(`refuses a highWaterMark of ${highWaterMark}: RangeError`, () => {
      misuse(() => new DatagramInbox({ highWaterMark }), RangeError);
    });
  }
}
