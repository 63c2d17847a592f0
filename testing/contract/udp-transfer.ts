/// <reference types="node" preserve="true" />
/**
 * Datagrams that arrive: whole, unchanged, as the receiver's own, from whoever sent them.
 */
import assert from 'node:assert/strict';
import type { Address } from '../../lib/address.js';
import type { ContractLimits } from './contract.js';
import { addressOf, Answerer, Recorder, type StageTest } from './stage.js';

/** Bytes in a datagram: around the limits of Ethernet, of Twisted's default and of IPv4, and a spread of others. */
const SIZES: readonly number[] = [
  ...[0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 63, 64, 100, 127, 128, 255, 256, 257, 508, 511, 512, 576, 1000],
  ...[1023, 1024, 1025, 1279, 1280, 1399, 1400, 1471, 1472, 1473, 1499, 1500, 1501, 2047, 2048, 2944, 2960, 4095, 4096],
  ...[5000, 8191, 8192, 8193, 8972, 9000, 9215, 9216, 9217, 12345, 16383, 16384, 20000, 24681, 32767, 32768, 40000],
  ...[49152, 50001, 60000, 61441, 64000, 65000, 65491, 65505, 65506, 65507],
];

export function transferTests(test: StageTest, limits: ContractLimits): void {
  test('carries datagrams both ways, each with the address it came from', async (stage) => {
    const [asked, asker] = [new Answerer(), new Recorder()];
    const server = stage.open(stage.there, asked);
    const client = stage.open(stage.here, asker);
    client.write('hello', addressOf(server));
    await stage.until(() => asker.datagrams.length === 1);
    assert.deepEqual(asked.datagrams[0]!.address, addressOf(client));
    assert.deepEqual(asker.datagrams[0]!.address, addressOf(server));
    assert.deepEqual([...asked.texts, ...asker.texts], ['hello', 'hello']);
  });

  test('delivers a Buffer', async (stage) => {
    const recorder = new Recorder();
    stage.open(stage.here).write(Uint8Array.of(1, 2, 255), addressOf(stage.open(stage.there, recorder)));
    await stage.until(() => recorder.datagrams.length === 1);
    const { data } = recorder.datagrams[0]!;
    assert.ok(Buffer.isBuffer(data));
    assert.deepEqual([...data], [1, 2, 255]);
  });

  for (const [name, data, bytes] of [
    ['text, as UTF-8', 'grün €𝄞', [...new TextEncoder().encode('grün €𝄞')]],
    ['an empty text', '', []],
    ['an empty Uint8Array', new Uint8Array(0), []],
    ['a Buffer', Buffer.from([9, 8, 7]), [9, 8, 7]],
    ['a part of a longer array', Uint8Array.of(0, 1, 2, 3, 4).subarray(1, 4), [1, 2, 3]],
  ] as const) {
    test(`sends ${name}`, async (stage) => {
      const recorder = new Recorder();
      stage.open(stage.here).write(data, addressOf(stage.open(stage.there, recorder)));
      await stage.until(() => recorder.datagrams.length === 1);
      assert.deepEqual([...recorder.datagrams[0]!.data], [...bytes]);
    });
  }

  test('keeps every byte of datagrams of every size from 0 to 65507, there and back', async (stage) => {
    const asker = new Recorder();
    const to = addressOf(stage.open(stage.there, new Answerer()));
    const port = stage.open(stage.here, asker);
    for (const [i, size] of SIZES.entries()) {
      const data = stage.here.reactor.randomBytes(size);
      port.write(data, to);
      await stage.until(() => asker.datagrams.length === i + 1);
      assert.ok(data.equals(asker.datagrams[i]!.data), `${size} bytes came back changed`);
    }
    assert.equal(port.stats.dropped, 0);
  });

  test('lets the caller reuse the buffer as soon as write returns', async (stage) => {
    const recorder = new Recorder();
    const to = addressOf(stage.open(stage.there, recorder));
    const port = stage.open(stage.here);
    const buffer = new Uint8Array(4);
    for (let i = 1; i <= 5; i++) port.write(buffer.fill(i), to);
    buffer.fill(0);
    await stage.until(() => recorder.datagrams.length === 5);
    assert.deepEqual(
      recorder.datagrams.map(({ data }) => data[3]!).sort((a, b) => a - b),
      [1, 2, 3, 4, 5],
    );
  });

  test('lets the caller reuse the buffer on a connected port too', async (stage) => {
    const recorder = new Recorder();
    const to = addressOf(stage.open(stage.there, recorder));
    const port = stage.open(stage.here);
    port.connect(to.host, to.port);
    const buffer = new Uint8Array(4);
    for (let i = 1; i <= 5; i++) port.write(buffer.fill(i));
    buffer.fill(0);
    await stage.until(() => recorder.datagrams.length === 5);
    assert.deepEqual(
      recorder.datagrams.map(({ data }) => data[3]!).sort((a, b) => a - b),
      [1, 2, 3, 4, 5],
    );
  });

  test('gives each datagram bytes of its own, which later ones leave alone', async (stage) => {
    const recorder = new Recorder({ datagramReceived: (data) => void data.write('!', 0) });
    const to = addressOf(stage.open(stage.there, recorder));
    const port = stage.open(stage.here);
    for (let i = 0; i < 40; i++) {
      port.write(`.${i}`, to);
      await stage.until(() => recorder.datagrams.length === i + 1);
    }
    assert.deepEqual(
      recorder.texts,
      Array.from({ length: 40 }, (_, i) => `!${i}`),
    );
  });

  test('gives two ports of one host bytes that they do not share', async (stage) => {
    const spoil = new Recorder({ datagramReceived: (data) => void data.fill(0) });
    const keep = new Recorder();
    const ports = [stage.open(stage.there, spoil), stage.open(stage.there, keep)];
    const sender = stage.open(stage.here);
    const data = Buffer.from('the same');
    for (const port of ports) sender.write(data, addressOf(port));
    await stage.until(() => spoil.datagrams.length === 1 && keep.datagrams.length === 1);
    assert.deepEqual(keep.texts, ['the same']);
    assert.equal(data.toString(), 'the same');
  });

  test('delivers nothing inside write', async (stage) => {
    let inside = false;
    let nested = 0;
    const recorder = new Recorder({ datagramReceived: () => void (inside && nested++) });
    const port = stage.open(stage.here, recorder);
    for (let i = 0; i < 5; i++) {
      inside = true;
      port.write('to myself', addressOf(port));
      inside = false;
      await stage.until(() => recorder.datagrams.length === i + 1);
    }
    assert.equal(nested, 0);
  });

  test('delivers nothing inside a write of a hook', async (stage) => {
    let depth = 0;
    let deepest = 0;
    const recorder: Recorder = new Recorder({
      datagramReceived(data, address, { transport }) {
        deepest = Math.max(deepest, ++depth);
        if (recorder.datagrams.length < 20) transport.write(data, address);
        depth--;
      },
    });
    const port = stage.open(stage.here, recorder);
    port.write('round and round', addressOf(port));
    await stage.until(() => recorder.datagrams.length === 20);
    assert.equal(deepest, 1);
  });

  test('keeps the senders of one port apart', async (stage) => {
    const asked = new Recorder();
    const to = addressOf(stage.open(stage.there, asked));
    const senders = [stage.open(stage.here), stage.open(stage.here), stage.open(stage.here)];
    const order = [0, 1, 0, 2, 2, 1, 0, 0, 1, 2];
    for (const [i, sender] of order.entries()) {
      senders[sender]!.write(String(sender), to);
      await stage.until(() => asked.datagrams.length === i + 1);
    }
    assert.deepEqual(
      asked.datagrams.map(({ address }) => address),
      order.map((sender) => addressOf(senders[sender]!)),
    );
  });

  test('gives addresses that can be kept, and that nobody can change', async (stage) => {
    const asked = new Recorder();
    const server = stage.open(stage.there, asked);
    const asker = new Recorder();
    stage.open(stage.here, asker).write('call me later', addressOf(server));
    await stage.until(() => asked.datagrams.length === 1);
    const { address } = asked.datagrams[0]!;
    assert.throws(() => ((address as { port: number }).port = 9), TypeError);
    await stage.turns();
    server.write('later', address);
    await stage.until(() => asker.datagrams.length === 1);
  });

  test('looks at an address anew on each write', async (stage) => {
    const [first, second] = [new Recorder(), new Recorder()];
    const to = { ...addressOf(stage.open(stage.there, first)) };
    const other = addressOf(stage.open(stage.there, second));
    const port = stage.open(stage.here);
    port.write('for the first', to);
    to.port = other.port;
    port.write('for the second', to);
    await stage.until(() => first.datagrams.length === 1 && second.datagrams.length === 1);
    assert.deepEqual([...first.texts, ...second.texts], ['for the first', 'for the second']);
  });

  test('has read the address when write returns', async (stage) => {
    const recorder = new Recorder();
    const to = { ...addressOf(stage.open(stage.there, recorder)) };
    stage.open(stage.here).write('x', to);
    to.port = 9;
    to.host = 'nowhere';
    await stage.until(() => recorder.datagrams.length === 1);
  });

  test('drops and counts what is longer than maxPacketSize, and takes what is just as long', async (stage) => {
    const recorder = new Recorder();
    const port = stage.open(stage.there, recorder, { maxPacketSize: 10 });
    const sender = stage.open(stage.here);
    for (const text of ['1234567890a', '1234567890', 'x'.repeat(2000), 'end']) sender.write(text, addressOf(port));
    await stage.until(() => recorder.texts.includes('end'));
    assert.deepEqual(recorder.texts, ['1234567890', 'end']);
    assert.equal(port.stats.dropped, 2);
    assert.equal(port.stats.received, 2);
  });

  test('counts what is sent and received', async (stage) => {
    const asker = new Recorder();
    const server = stage.open(stage.there, new Answerer());
    const client = stage.open(stage.here, asker);
    assert.deepEqual({ ...client.stats }, { sent: 0, received: 0, dropped: 0, refused: 0 });
    for (let i = 0; i < 3; i++) {
      client.write('x', addressOf(server));
      await stage.until(() => asker.datagrams.length === i + 1);
    }
    assert.deepEqual({ ...client.stats }, { sent: 3, received: 3, dropped: 0, refused: 0 });
    assert.deepEqual({ ...server.stats }, { sent: 3, received: 3, dropped: 0, refused: 0 });
  });

  test('carries a burst of twenty', async (stage) => {
    const recorder = new Recorder();
    const to = addressOf(stage.open(stage.there, recorder));
    const port = stage.open(stage.here);
    const sent: string[] = Array.from({ length: 20 }, (_, i) => `datagram ${i}`);
    for (const text of sent) port.write(text, to);
    await stage.until(() => recorder.datagrams.length === 20);
    assert.deepEqual(recorder.texts.sort(), sent.sort());
  });

  test('writes to its own address', async (stage) => {
    const recorder = new Recorder();
    const port = stage.open(stage.here, recorder);
    port.write('to myself', addressOf(port));
    await stage.until(() => recorder.datagrams.length === 1);
    assert.deepEqual(recorder.datagrams[0]!.address, addressOf(port));
  });

  test('serves others when some peer is gone: an unconnected port hears of no refusal', async (stage) => {
    const server = new Answerer();
    const port = stage.open(stage.there, server);
    const leaver = stage.open(stage.here);
    const gone: Address = addressOf(leaver);
    await stage.result(leaver.stopListening());
    for (let i = 0; i < 3; i++) port.write('are you there?', gone);
    await stage.turns();
    const asker = new Recorder();
    const client = stage.open(stage.here, asker);
    for (let i = 0; i < 3; i++) {
      client.write('x', addressOf(port));
      await stage.until(() => asker.datagrams.length === i + 1);
    }
    assert.equal(server.refusals, 0);
    assert.equal(port.stats.dropped, 0);
  });

  if (!limits.noWildcardDestination) {
    test('takes 0.0.0.0 as a destination for the own host', async (stage) => {
      const recorder = new Recorder();
      const { port } = stage.here.reactor.listenUDP(0, recorder).getHost();
      stage.here.reactor.listenUDP(0, {}).write('x', { host: '0.0.0.0', port });
      await stage.until(() => recorder.datagrams.length === 1);
    });
  }
}
