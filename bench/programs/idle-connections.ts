/**
 * One round of the memory measurement of connections: `idle-connections WHO` takes 10 000 connections, made by a child
 * process, and prints the bytes that each takes: of the heap, and of the process. Needs --expose-gc.
 */
import { fork } from 'node:child_process';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Factory, Protocol, Reactor } from '../../index.js';

const COUNT = 10_000;
/** Fewer than a listener's queue, so that none is refused. */
const AT_ONCE = 100;

const [who, port] = process.argv.slice(2);
if (who === 'client') await makeConnections(Number(port));
else await measure();

async function measure(): Promise<void> {
  let count = 0;
  let full!: () => void;
  const all = new Promise<void>((resolve) => (full = resolve));
  const one = (): void => {
    if (++count === COUNT) full();
  };
  const kept = new Set<Socket>();
  const listening = who === 'plait' ? await listenPlait(one) : await listenNet(one, kept);
  const before = memory();
  const child = fork(process.argv[1]!, ['client', String(listening)], { execArgv: [] });
  await all;
  const after = memory();
  console.log(JSON.stringify({ heap: (after.heap - before.heap) / COUNT, rss: (after.rss - before.rss) / COUNT }));
  child.kill();
  process.exit();
}

async function listenPlait(one: () => void): Promise<number> {
  class Idle extends Protocol {
    override connectionMade(): void {
      one();
    }
  }
  const tcp = new Reactor().listenTCP(0, Factory.forProtocol(Idle), { interface: '127.0.0.1' });
  return (await tcp.listening).port;
}

function listenNet(one: () => void, kept: Set<Socket>): Promise<number> {
  const server = createServer((socket) => {
    kept.add(socket);
    socket.on('data', () => {});
    socket.on('error', () => {});
    socket.on('close', () => kept.delete(socket));
    one();
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

async function makeConnections(to: number): Promise<void> {
  for (let i = 0; i < COUNT; i += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, () => new Promise<void>((resolve) => connect(to, '127.0.0.1', resolve))),
    );
  }
}

function memory(): { heap: number; rss: number } {
  for (let i = 0; i < 3; i++) globalThis.gc!();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { heap: heapUsed + arrayBuffers, rss };
}
