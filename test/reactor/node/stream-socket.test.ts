import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { ConnectionDone, ConnectionLost } from '../../../index.js';
import { HalfRecorder, pattern, Recorder } from '../../../testing/contract/stream-stage.js';
import { until } from './sockets.js';
import { StreamBench } from './stream-bench.js';

/** What a network of bare sockets does to us, which no peer of plait's own would. */
describe('a connection on node:net', () => {
  const bench = new StreamBench();

  async function bareClient(server: Recorder): Promise<Socket> {
    const socket = await bench.bareClient(await bench.listen(() => server));
    await until(() => server.made);
    return socket;
  }

  it('delivers what came before a reset that follows at once, and tells of the reset', async () => {
    for (let i = 0; i < 10; i++) {
      const server = new Recorder();
      const socket = await bareClient(server);
      await new Promise((resolve) => socket.write('last words', resolve));
      socket.resetAndDestroy();
      await bench.lost(server);
      expect(server.text).to.equal('last words');
      expect(server.reason).to.be.instanceOf(ConnectionLost);
      expect(server.reason!.cause).to.have.property('code', 'ECONNRESET');
    }
  });

  it('is over in good order where the peer closes in good order after the last byte', async () => {
    for (let i = 0; i < 10; i++) {
      const server = new Recorder();
      const socket = await bareClient(server);
      socket.end('last words');
      await bench.lost(server);
      expect(server.text).to.equal('last words');
      expect(server.reason).to.be.instanceOf(ConnectionDone);
    }
  });

  it('hears of a reset while some MiB wait to be sent, and frees them', async () => {
    const server = new Recorder({ connectionMade: ({ transport }) => transport.write(pattern(20_000_000)) });
    const socket = await bareClient(server);
    expect(server.transport.writeQueueSize).to.be.greaterThan(1_000_000);
    socket.resetAndDestroy();
    await bench.lost(server);
    expect(server.reason).to.be.instanceOf(ConnectionLost);
    expect(server.transport.writeQueueSize).to.equal(0);
  });

  it('does not take a client that is gone before it was taken for one with an address', async () => {
    const peers: unknown[] = [];
    const built: Recorder[] = [];
    const port = await bench.listen((peer) => {
      peers.push(peer.host);
      built.push(new Recorder());
      return built.at(-1)!;
    });
    // A process of its own connects and resets while this one does not look.
    const program = `
      const socket = require('node:net').connect(${port}, '127.0.0.1', () => socket.resetAndDestroy());`;
    for (let i = 0; i < 3; i++) await once(spawn(process.execPath, ['-e', program]), 'exit');
    const client = new Recorder();
    bench.connect(port, () => client);
    await until(() => client.made && peers.length > 0);
    await until(() => built.slice(0, -1).every(({ reason }) => reason !== undefined));
    expect(new Set(peers)).to.deep.equal(new Set(['127.0.0.1']));
  });

  it('hears no more of a half-open peer until it writes to it', async () => {
    const server = new HalfRecorder();
    const socket = await bareClient(server);
    socket.end();
    await until(() => server.log.includes('readConnectionLost'));
    socket.destroy(); // with nothing unread: the peer is gone, and has not said so
    for (let i = 0; i < 20; i++) await nextTurn();
    expect(server.reason).to.equal(undefined);
    while (server.reason === undefined) {
      server.transport.write('is anybody there?');
      await nextTurn();
    }
    expect(server.reason).to.be.instanceOf(ConnectionLost);
  });

  it('sends what was written, whatever the caller does with his memory and however slowly it leaves', async () => {
    // Larger writes are copied into memory that is used again: see copy-pool.ts.
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 9000 }), fc.integer({ min: 0, max: 200_000 })), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(sizes, fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), async (sizes, turns) => {
        const server = new Recorder();
        const client = new Recorder();
        bench.connect(await bench.listen(() => server), () => client);
        await until(() => server.made && client.made);
        const memory = Buffer.alloc(200_000);
        const all: Buffer[] = [];
        server.transport.pauseProducing();
        for (const [i, size] of sizes.entries()) {
          memory.fill(i);
          all.push(Buffer.alloc(size, i));
          client.transport.write(memory.subarray(0, size));
          if (turns[i % turns.length]) await nextTurn();
          if (i === 10) server.transport.resumeProducing();
        }
        memory.fill(255);
        server.transport.resumeProducing();
        client.transport.loseConnection();
        await bench.lost(server, client);
        expect(server.data.equals(Buffer.concat(all))).to.equal(true);
      }),
      { numRuns: 25 },
    );
  });

  it('gives what one turn has written to the system at once', async () => {
    const chunks: number[] = [];
    const port = await bench.bareServer((socket) => socket.on('data', (data) => chunks.push(data.length)));
    const client = new Recorder();
    bench.connect(port, () => client);
    await until(() => client.made);
    client.transport.setTcpNoDelay(true);
    for (let i = 0; i < 100; i++) client.transport.write('0123456789');
    await until(() => chunks.reduce((sum, length) => sum + length, 0) === 1000);
    expect(chunks).to.deep.equal([1000]);
  });
});
