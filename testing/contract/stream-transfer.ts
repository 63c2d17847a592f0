/// <reference types="node" preserve="true" />
/**
 * Bytes that arrive: all of them, in order, unchanged, as the receiver's own.
 */
import assert from 'node:assert/strict';
import type { InternetAddress } from '../../lib/address.js';
import { NotConnectedError } from '../../lib/errors.js';
import { misuse } from './stage.js';
import { echo, pattern, Recorder, type StreamTest } from './stream-stage.js';

const MIB = 1048576;

export function transferTests(test: StreamTest): void {
  test('carries bytes both ways', async (stage) => {
    const { server, client } = await stage.pair();
    client.transport.write('to the server');
    server.transport.write('to the client');
    await stage.until(() => server.bytes === 13 && client.bytes === 13);
    assert.equal(server.text, 'to the server');
    assert.equal(client.text, 'to the client');
  });

  test('delivers Buffers of their own: what the receiver does to them changes nothing else', async (stage) => {
    const { server, client } = await stage.pair(echo());
    const hook = server.chunks;
    client.transport.write(Uint8Array.of(1, 2, 255));
    await stage.until(() => client.bytes === 3);
    assert.ok(Buffer.isBuffer(hook[0]) && Buffer.isBuffer(client.chunks[0]));
    hook[0].fill(0);
    assert.deepEqual([...client.data], [1, 2, 255]);
  });

  for (const [name, data, bytes] of [
    ['text, as UTF-8', 'grün €𝄞', [...new TextEncoder().encode('grün €𝄞')]],
    ['a Uint8Array', Uint8Array.of(0, 128, 255), [0, 128, 255]],
    ['a Buffer', Buffer.from([9, 8, 7]), [9, 8, 7]],
    ['a part of a longer array', Uint8Array.of(0, 1, 2, 3, 4).subarray(1, 4), [1, 2, 3]],
  ] as const) {
    test(`sends ${name}`, async (stage) => {
      const { server, client } = await stage.pair();
      client.transport.write(data);
      await stage.until(() => server.bytes >= bytes.length);
      assert.deepEqual([...server.data], [...bytes]);
    });
  }

  test('takes an empty write for nothing', async (stage) => {
    const { server, client } = await stage.pair();
    for (const nothing of ['', new Uint8Array(0), Buffer.alloc(0)]) client.transport.write(nothing);
    client.transport.writeSequence([]);
    client.transport.writeSequence(['', '']);
    client.transport.write('x');
    await stage.until(() => server.bytes > 0);
    assert.deepEqual(server.chunks.map(String), ['x']);
  });

  test('writes the pieces of writeSequence one after the other', async (stage) => {
    const { server, client } = await stage.pair();
    client.transport.write('<');
    client.transport.writeSequence(['a', Buffer.from('b'), Uint8Array.of(99), 'ü']);
    client.transport.writeSequence(new Set(['d', 'e']));
    client.transport.write('>');
    await stage.until(() => server.text.endsWith('>'));
    assert.equal(server.text, '<abcüde>');
  });

  test('refuses anything but bytes and text; of a sequence with such a piece nothing is sent', async (stage) => {
    const { server, client } = await stage.pair();
    const wrong = [undefined, null, 7, true, {}, ['x'], new ArrayBuffer(4), new Uint16Array(2)];
    for (const data of wrong) {
      misuse(() => client.transport.write(data as never), TypeError);
      misuse(() => client.transport.writeSequence(['a', data as never, 'b']), TypeError);
    }
    client.transport.write('right');
    await stage.until(() => server.bytes > 0);
    assert.equal(server.text, 'right');
  });

  test('keeps the order of many small writes over many turns', async (stage) => {
    const { server, client } = await stage.pair();
    let sent = '';
    for (let i = 0; i < 500; i++) {
      client.transport.write(`${i},`);
      sent += `${i},`;
      if (i % 50 === 0) await stage.turns();
    }
    await stage.until(() => server.bytes === sent.length);
    assert.equal(server.text, sent);
  });

  test('sends together what is written in one turn', async (stage) => {
    const { server, client } = await stage.pair();
    for (const piece of ['one ', 'two ', 'three']) client.transport.write(piece);
    await stage.until(() => server.bytes > 0);
    assert.deepEqual(server.chunks.map(String), ['one two three']);
    client.transport.writeSequence(['four ', 'five']);
    await stage.until(() => server.bytes > 13);
    assert.deepEqual(server.chunks.map(String), ['one two three', 'four five']);
  });

  test('sends together what one hook writes', async (stage) => {
    const server = new Recorder({
      dataReceived(_data, { transport }) {
        for (const piece of ['a', 'b', 'c']) transport.write(piece);
      },
    });
    const { client } = await stage.pair(server);
    client.transport.write('x');
    await stage.until(() => client.bytes > 0);
    assert.deepEqual(client.chunks.map(String), ['abc']);
  });

  test('lets the caller reuse the buffer as soon as write returns', async (stage) => {
    const { server, client } = await stage.pair();
    const buffer = Buffer.alloc(100000);
    for (let i = 1; i <= 5; i++) client.transport.write(buffer.fill(i));
    client.transport.writeSequence([buffer.fill(6), buffer]);
    buffer.fill(0);
    await stage.until(() => server.bytes === 700000);
    const expected = Buffer.concat([1, 2, 3, 4, 5, 6, 6].map((i) => Buffer.alloc(100000, i)));
    assert.ok(server.data.equals(expected));
  });

  test('lets the caller reuse the buffer also while the peer does not read, and others are written to', async (stage) => {
    const { server, client } = await stage.pair();
    const echo = new Recorder({ dataReceived: (data, { transport }) => transport.write(data) });
    const other = await stage.pair(echo);
    const buffer = Buffer.alloc(65536);
    server.transport.pauseProducing();
    let count = 0;
    for (let stuck = 0; stuck < 3; stuck += client.transport.writeQueueSize > 0 ? 1 : 0) {
      client.transport.write(buffer.fill(++count));
      if (count % 4 === 1) other.client.transport.write(buffer.fill(0));
      await stage.turns();
    }
    const echoed = Math.ceil(count / 4);
    client.transport.writeSequence([buffer.fill(++count), buffer]);
    buffer.fill(0);
    server.transport.resumeProducing();
    await stage.until(() => server.bytes === (count + 1) * buffer.length);
    await stage.until(() => other.client.bytes === echoed * buffer.length);
    const { data } = server;
    for (let i = 1; i <= count; i++) {
      assert.ok(data.subarray((i - 1) * buffer.length, i * buffer.length).equals(buffer.fill(i)), `piece ${i}`);
    }
    assert.ok(data.subarray(count * buffer.length).equals(buffer), 'the last piece');
    assert.ok(other.client.data.equals(Buffer.alloc(echoed * buffer.length)), 'the other connection');
  });

  test('keeps every byte of some MiB, both ways at once', async (stage) => {
    const { server, client } = await stage.pair();
    const data = pattern(2 * MIB);
    const back = Buffer.from(data).reverse();
    client.transport.write(data);
    for (let i = 0; i < back.length; i += 77777) server.transport.write(back.subarray(i, i + 77777));
    await stage.until(() => server.bytes >= data.length && client.bytes >= back.length);
    assert.ok(server.data.equals(data), 'the bytes were changed');
    assert.ok(client.data.equals(back), 'the bytes were changed on the way back');
  });

  test('delivers nothing inside write, and nothing inside the hooks of the other end', async (stage) => {
    const inside = { hook: 0 };
    const nested = (): void => assert.equal(inside.hook, 0, 'a hook ran inside another');
    const talk = (text: string): Recorder =>
      new Recorder({
        dataReceived(_data, { transport, bytes }) {
          nested();
          inside.hook++;
          if (bytes < 10) transport.write(text);
          inside.hook--;
        },
      });
    const server = talk('s');
    const client = talk('c');
    const { address } = await stage.listen(stage.here, () => server);
    stage.connect(address, () => client);
    await stage.until(() => client.made);
    inside.hook++;
    client.transport.write('first');
    inside.hook--;
    await stage.until(() => server.bytes >= 10);
  });

  test('may be written to in connectionMade', async (stage) => {
    const greet = (word: string): Recorder =>
      new Recorder({ connectionMade: ({ transport }) => transport.write(word) });
    const { server, client } = await stage.pair(greet('welcome'), greet('hello'));
    await stage.until(() => server.bytes === 5 && client.bytes === 7);
    assert.equal(server.text, 'hello');
    assert.equal(client.text, 'welcome');
  });

  test('has no transport before the connection is made, and the same from then on', async (stage) => {
    const protocol = new Recorder();
    assert.equal(protocol.connected, false);
    misuse(() => protocol.transport, NotConnectedError, { code: 'ERR_PLAIT_NOT_CONNECTED' });
    const { client } = await stage.pair(undefined, protocol);
    const { transport } = client;
    assert.equal(protocol.connected, true);
    transport.loseConnection();
    await stage.lost(client);
    assert.equal(client.transport, transport);
  });

  test('shows both ends of the connection alike, also when it is lost', async (stage) => {
    const { server, client, address } = await stage.pair();
    const [here, there] = [client.transport.getHost(), client.transport.getPeer()];
    assert.deepEqual({ ...there }, { type: 'TCP', family: 'IPv4', ...address });
    assert.deepEqual({ ...here, port: 0 }, { type: 'TCP', family: 'IPv4', host: stage.here.address, port: 0 });
    assert.ok((here as InternetAddress).port > 0);
    const check = (): void => {
      assert.deepEqual(client.transport.getHost(), here);
      assert.deepEqual(client.transport.getPeer(), there);
      assert.deepEqual(server.transport.getHost(), there);
      assert.deepEqual(server.transport.getPeer(), here);
    };
    check();
    const text = (client.transport as { toString(): string }).toString();
    assert.ok(text.includes(`${address.host}:${address.port}`), text);
    client.transport.abortConnection();
    await stage.lost(server, client);
    check();
  });

  test('gives a protocol the time and chance of its reactor', async (stage) => {
    const { client } = await stage.pair();
    const { reactor } = client.transport;
    const called: string[] = [];
    reactor.callLater(0, (text: string) => called.push(text), 'later');
    assert.deepEqual(called, []);
    await stage.until(() => called.length === 1);
    assert.equal(reactor.randomBytes(8).length, 8);
    const chance = reactor.random();
    assert.ok(chance >= 0 && chance < 1);
    assert.ok(reactor.seconds() <= stage.here.reactor.seconds());
  });

  test('answers for its options what was set, false at first', async (stage) => {
    const { server, client } = await stage.pair();
    for (const { transport } of [server, client]) {
      assert.deepEqual([transport.getTcpNoDelay(), transport.getTcpKeepAlive()], [false, false]);
      transport.setTcpNoDelay(true);
      assert.deepEqual([transport.getTcpNoDelay(), transport.getTcpKeepAlive()], [true, false]);
      transport.setTcpKeepAlive(true);
      transport.setTcpNoDelay(false);
      assert.deepEqual([transport.getTcpNoDelay(), transport.getTcpKeepAlive()], [false, true]);
    }
    client.transport.write('x');
    await stage.until(() => server.text === 'x');
  });

  test('has no TLS to tell of where none is spoken', async (stage) => {
    const { client } = await stage.pair();
    assert.equal(client.transport.getPeerCertificate(), undefined);
    assert.equal(client.transport.negotiatedProtocol, undefined);
  });

  test('keeps many connections apart', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo());
    const clients = Array.from({ length: 20 }, (_, i) => {
      const client = new Recorder({ connectionMade: ({ transport }) => transport.write(`${i}:`) });
      stage.connect(address, () => client);
      return client;
    });
    await stage.until(() => clients.every(({ bytes }) => bytes > 0));
    for (let i = 0; i < 10; i++) {
      for (const { transport } of clients) transport.write(String(i));
      await stage.turns();
    }
    await stage.until(() => clients.every(({ text }) => text.endsWith('9')));
    assert.deepEqual(
      clients.map(({ text }) => text),
      clients.map((_, i) => `${i}:0123456789`),
    );
  });
}
