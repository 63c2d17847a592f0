/// <reference types="node" preserve="true" />
/**
 * Producers: what makes data is told to wait when the peer does not keep up, and to go on when it does. So memory is
 * bounded, whatever the peer does.
 */
import assert from 'node:assert/strict';
import type { PullProducer, PushProducer, StreamTransport } from '../../lib/stream.js';
import { ConnectionAborted, ConnectionDone, ConnectionLost, ProducerError } from '../../lib/stream-errors.js';
import { misuse } from './stage.js';
import { checkReason, HalfRecorder, pattern, Recorder, type StreamTest } from './stream-stage.js';

/** Bytes that may wait before a push producer is paused: what is documented. */
const HIGH_WATER = 65536;
const CHUNK = 10000;

/** A push producer that writes as fast as it is allowed to. */
class Pusher implements PushProducer {
  readonly log: string[] = [];
  readonly #transport: StreamTransport;
  /** Chunks still to be written. */
  left: number;
  written = 0;
  #running = false;
  /** The most bytes that have waited after a write. */
  most = 0;

  constructor(transport: StreamTransport, chunks: number) {
    this.#transport = transport;
    this.left = chunks;
  }

  start(): void {
    this.#transport.registerProducer(this, true);
    this.#running = !this.log.includes('pause');
    this.#push();
  }

  pauseProducing(): void {
    this.log.push('pause');
    this.#running = false;
  }

  resumeProducing(): void {
    this.log.push('resume');
    this.#running = true;
    this.#push();
  }

  stopProducing(): void {
    this.log.push('stop');
    this.#running = false;
    this.left = 0;
  }

  #push(): void {
    while (this.#running && this.left > 0) {
      this.left--;
      this.#transport.write(chunk(this.written));
      this.written += CHUNK;
      this.most = Math.max(this.most, this.#transport.writeQueueSize);
    }
    if (this.#running && this.left === 0) {
      this.#running = false;
      this.#transport.unregisterProducer();
    }
  }
}

/** A pull producer that writes a piece each time. */
class Puller implements PullProducer {
  readonly #transport: StreamTransport;
  /** Chunks still to be written. */
  left: number;
  asked = 0;
  stopped = 0;
  written = 0;

  constructor(transport: StreamTransport, chunks: number) {
    this.#transport = transport;
    this.left = chunks;
  }

  resumeProducing(): void {
    this.asked++;
    if (this.left-- > 0) {
      this.#transport.write(chunk(this.written));
      this.written += CHUNK;
    } else this.#transport.unregisterProducer();
  }

  stopProducing(): void {
    this.stopped++;
  }
}

/** A push producer of which nothing is expected but to listen. */
class Listener implements PushProducer {
  readonly log: string[] = [];
  pauseProducing(): void {
    this.log.push('pause');
  }
  resumeProducing(): void {
    this.log.push('resume');
  }
  stopProducing(): void {
    this.log.push('stop');
  }
}

const pauses = (): Recorder => new Recorder({ connectionMade: ({ transport }) => transport.pauseProducing() });

export function producerTests(test: StreamTest): void {
  test('pauses a push producer while the peer does not read, and resumes it: bounded memory, and every byte', async (stage) => {
    const server = pauses();
    const { client } = await stage.pair(server);
    const producer = new Pusher(client.transport, Infinity);
    producer.start();
    const written = await stage.settles(() => producer.written);
    assert.equal(producer.log.at(-1), 'pause');
    producer.left = 50;
    server.transport.resumeProducing();
    const total = written + 50 * CHUNK;
    await stage.until(() => server.bytes === total);
    assert.ok(server.data.equals(all(total / CHUNK)));
    assert.ok(producer.most <= HIGH_WATER + CHUNK, `${producer.most} bytes waited`);
    assert.deepEqual(producer.log, alternating(producer.log.length), 'pause and resume take turns');
  });

  test('resumes a push producer only when nothing waits any more', async (stage) => {
    const { server, client } = await stage.pair();
    const waiting: number[] = [];
    const producer = new Listener();
    producer.resumeProducing = () => void waiting.push(client.transport.writeQueueSize);
    client.transport.registerProducer(producer, true);
    client.transport.write(pattern(500000));
    assert.deepEqual(producer.log, ['pause']);
    await stage.until(() => waiting.length > 0);
    await stage.until(() => server.bytes === 500000);
    await stage.turns();
    assert.deepEqual(waiting, [0]);
    client.transport.unregisterProducer();
  });

  test('pauses a push producer at once that is registered while too much waits', async (stage) => {
    const server = pauses();
    const { client } = await stage.pair(server);
    await stage.stuff(client);
    const producer = new Listener();
    client.transport.registerProducer(producer, true);
    assert.deepEqual(producer.log, ['pause']);
    server.transport.resumeProducing();
    await stage.until(() => producer.log.length === 2);
    assert.deepEqual(producer.log, ['pause', 'resume']);
    client.transport.unregisterProducer();
  });

  test('leaves a push producer alone while little waits', async (stage) => {
    const { server, client } = await stage.pair();
    const producer = new Listener();
    client.transport.registerProducer(producer, true);
    for (let i = 0; i < 20; i++) {
      client.transport.write('little');
      await stage.turns();
    }
    await stage.until(() => server.bytes === 120);
    assert.deepEqual(producer.log, []);
    client.transport.unregisterProducer();
  });

  test('pauses a push producer again that writes too much while it is resumed', async (stage) => {
    const { server, client } = await stage.pair();
    const producer = new Listener();
    producer.resumeProducing = () => {
      producer.log.push('resume');
      if (producer.log.length < 6) client.transport.write(pattern(500000));
    };
    client.transport.registerProducer(producer, true);
    client.transport.write(pattern(500000));
    await stage.until(() => producer.log.length === 6);
    assert.deepEqual(producer.log, alternating(6));
    client.transport.unregisterProducer();
    await stage.until(() => server.bytes === 1500000);
  });

  test('asks a pull producer at once, and each time that all is sent', async (stage) => {
    const { server, client } = await stage.pair();
    const producer = new Puller(client.transport, 30);
    client.transport.registerProducer(producer, false);
    assert.equal(producer.asked, 1);
    assert.equal(producer.written, CHUNK);
    await stage.until(() => server.bytes === 30 * CHUNK);
    await stage.until(() => producer.asked === 31);
    await stage.turns();
    assert.equal(producer.asked, 31);
    assert.equal(producer.stopped, 0);
    assert.ok(server.data.equals(all(30)));
  });

  test('does not ask a pull producer while the peer does not read', async (stage) => {
    const server = pauses();
    const { client } = await stage.pair(server);
    const producer = new Puller(client.transport, Infinity);
    client.transport.registerProducer(producer, false);
    const asked = await stage.settles(() => producer.asked);
    assert.ok(client.transport.writeQueueSize <= CHUNK);
    producer.left = 50;
    server.transport.resumeProducing();
    await stage.until(() => server.bytes === (asked + 50) * CHUNK);
    assert.ok(server.data.equals(all(asked + 50)));
  });

  test('asks a pull producer once for all that it wrote in several pieces', async (stage) => {
    const { server, client } = await stage.pair();
    let asked = 0;
    const producer = {
      resumeProducing(): void {
        asked++;
        if (asked === 1) for (const piece of ['a', 'b', 'c']) client.transport.write(piece);
      },
      stopProducing(): void {},
    };
    client.transport.registerProducer(producer, false);
    await stage.until(() => server.text === 'abc');
    await stage.turns();
    assert.equal(asked, 2);
    client.transport.unregisterProducer();
  });

  test('refuses a second producer until the first is done', async (stage) => {
    const { client } = await stage.pair();
    const [first, second] = [new Listener(), new Listener()];
    client.transport.registerProducer(first, true);
    misuse(() => client.transport.registerProducer(second, true), ProducerError, { code: 'ERR_PLAIT_PRODUCER' });
    misuse(() => client.transport.registerProducer(second, false), ProducerError);
    misuse(() => client.transport.registerProducer(first, true), ProducerError);
    client.transport.unregisterProducer();
    client.transport.unregisterProducer(); // harmless
    client.transport.registerProducer(second, true);
    client.transport.unregisterProducer();
    assert.deepEqual([...first.log, ...second.log], []);
  });

  test('stops a producer when the connection is lost, before the protocol hears of it', async (stage) => {
    for (const [end, expected] of [
      ['loseConnection', ConnectionDone],
      ['abortConnection', ConnectionLost],
    ] as const) {
      for (const streaming of [true, false]) {
        const producer = new Listener();
        const client = new Recorder({ connectionLost: () => void producer.log.push('connectionLost') });
        const { server } = await stage.pair(undefined, client);
        client.transport.registerProducer(producer, streaming as true);
        server.transport[end]();
        // A clean end waits for the producer, which has not said that it is done.
        if (end === 'loseConnection') {
          await stage.lost(server);
          await stage.turns();
          client.transport.unregisterProducer();
        }
        await stage.lost(client);
        const asked = producer.log.filter((word) => word !== 'resume');
        assert.deepEqual(asked, end === 'loseConnection' ? ['connectionLost'] : ['stop', 'connectionLost']);
        checkReason(client, expected);
      }
    }
  });

  test('stops a producer when the connection is aborted, and asks it for nothing more', async (stage) => {
    const { server, client } = await stage.pair();
    const producer = new Puller(client.transport, 1000000);
    client.transport.registerProducer(producer, false);
    await stage.until(() => producer.asked > 3);
    client.transport.abortConnection();
    const { asked } = producer;
    await stage.lost(server, client);
    assert.equal(producer.stopped, 1);
    assert.equal(producer.asked, asked);
    checkReason(client, ConnectionAborted);
  });

  test('stops a producer at once that is registered on a lost connection', async (stage) => {
    const { server, client } = await stage.pair();
    client.transport.loseConnection();
    await stage.lost(server, client);
    const [push, pull] = [new Listener(), new Listener()];
    client.transport.registerProducer(push, true);
    client.transport.registerProducer(pull, false);
    assert.deepEqual([push.log, pull.log], [['stop'], ['stop']]);
  });

  test('stops a producer at once that is registered when the way to the peer is closed', async (stage) => {
    const { server, client } = await stage.pair(new HalfRecorder(), new HalfRecorder());
    client.transport.loseWriteConnection();
    await stage.until(() => client.log.includes('writeConnectionLost'));
    const producer = new Listener();
    client.transport.registerProducer(producer, true);
    assert.deepEqual(producer.log, ['stop']);
    client.transport.loseConnection();
    server.transport.loseConnection();
    await stage.lost(server, client);
  });

  test('ends a pull producer of a peer that resets, instead of asking it for ever', async (stage) => {
    const { server, client } = await stage.pair();
    let asked = 0;
    let stopped = 0;
    const producer = {
      resumeProducing(): void {
        asked++;
        client.transport.write(pattern(1000));
      },
      stopProducing(): void {
        stopped++;
      },
    };
    client.transport.registerProducer(producer, false);
    await stage.until(() => asked > 10);
    server.transport.abortConnection();
    await stage.lost(server, client);
    assert.equal(stopped, 1);
    const { length } = client.log;
    const before = asked;
    await stage.turns();
    assert.equal(asked, before);
    assert.equal(client.log.length, length);
    checkReason(client, ConnectionLost);
  });

  for (const [kind, register] of [
    ['push', (transport: StreamTransport) => new Pusher(transport, 300).start()],
    ['pull', (transport: StreamTransport) => transport.registerProducer(new Puller(transport, 300), false)],
  ] as const) {
    test(`waits for a ${kind} producer before it closes the connection`, async (stage) => {
      const { server, client } = await stage.pair();
      register(client.transport);
      client.transport.loseConnection();
      await stage.lost(server, client);
      assert.ok(server.data.equals(all(300)));
      checkReason(client, ConnectionDone);
      checkReason(server, ConnectionDone);
    });

    test(`waits for a ${kind} producer before it closes the way to the peer`, async (stage) => {
      const server = new HalfRecorder();
      const client = new HalfRecorder();
      await stage.pair(server, client);
      register(client.transport);
      client.transport.loseWriteConnection();
      await stage.until(() => server.log.includes('readConnectionLost'));
      assert.ok(server.data.equals(all(300)));
      assert.equal(client.reason, undefined);
      await stage.until(() => client.log.includes('writeConnectionLost'));
    });
  }

  test('lets an idle producer keep the connection open until it is done', async (stage) => {
    const { server, client } = await stage.pair();
    const producer = new Listener();
    client.transport.registerProducer(producer, true);
    client.transport.loseConnection();
    await stage.turns();
    client.transport.write('more');
    await stage.until(() => server.text === 'more');
    await stage.turns();
    assert.equal(client.reason, undefined);
    client.transport.unregisterProducer();
    await stage.lost(server, client);
    assert.deepEqual(producer.log, []);
    checkReason(client, ConnectionDone);
  });

  test('ties two connections together: the reading of one to the writing of the other, with bounded memory', async (stage) => {
    // client --> proxy --> sink, which reads late.
    const sink = pauses();
    const { address: behind } = await stage.listen(stage.there, () => sink);
    const out = new Recorder();
    stage.connect(behind, () => out);
    await stage.until(() => out.made && sink.made);
    let most = 0;
    const into = new Recorder({
      connectionMade: ({ transport }) => out.transport.registerProducer(transport, true),
      dataReceived(data) {
        out.transport.write(data);
        most = Math.max(most, out.transport.writeQueueSize);
      },
      connectionLost() {
        out.transport.unregisterProducer();
        out.transport.loseConnection();
      },
    });
    const { address } = await stage.listen(stage.here, () => into);
    const source = new Recorder();
    stage.there.reactor.connectTCP(address.host, address.port, () => source);
    await stage.until(() => source.made && into.made);
    const producer = new Pusher(source.transport, Infinity);
    producer.start();
    const written = await stage.settles(() => producer.written + into.bytes).then(() => producer.written);
    producer.left = 0;
    source.transport.loseConnection();
    sink.transport.resumeProducing();
    await stage.lost(source, into, out, sink);
    assert.ok(sink.data.equals(all(written / CHUNK)));
    assert.ok(most <= 4 * HIGH_WATER, `${most} bytes waited in the proxy`);
    for (const protocol of [source, into, out, sink]) checkReason(protocol, ConnectionDone);
  });

  for (const method of ['pauseProducing', 'resumeProducing', 'stopProducing'] as const) {
    test(`reports once what ${method} of a producer throws, and ends the connection with it`, async (stage) => {
      const error = new Error(`in ${method}`);
      const { server, client } = await stage.pair();
      const producer = new Listener();
      producer[method] = () => {
        throw error;
      };
      if (method === 'stopProducing') {
        client.transport.registerProducer(producer, true);
        server.transport.abortConnection();
      } else {
        if (method === 'pauseProducing') client.transport.registerProducer(producer, true);
        client.transport.write(pattern(500000));
        if (method === 'resumeProducing') client.transport.registerProducer(producer, true);
      }
      await stage.lost(client);
      const [reported] = await stage.reports(1);
      assert.equal(reported!.error, error);
      assert.equal(reported!.origin.hook, 'producer');
      if (method === 'stopProducing') checkReason(client, ConnectionLost);
      else assert.equal(client.reason, error);
    });
  }
}

function chunk(at: number): Buffer {
  const data = Buffer.alloc(CHUNK, at / CHUNK);
  data.writeUInt32BE(at, 0);
  return data;
}

function all(chunks: number): Buffer {
  return Buffer.concat(Array.from({ length: chunks }, (_, i) => chunk(i * CHUNK)));
}

function alternating(length: number): string[] {
  return Array.from({ length }, (_, i) => (i % 2 === 0 ? 'pause' : 'resume'));
}
