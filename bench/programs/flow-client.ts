/**
 * One round of the measurement of flows: `flow-client WHO PORT COUNT WINDOW` allocates so many, WINDOW at a time, on each of
 * which one datagram goes there and back, and lets them be. It prints the seconds that takes, and the bytes and seconds of
 * processor time that a flow takes in the server and here. WHO is `plait`, or `dgram` for the same on bare sockets, without
 * retries. Needs --expose-gc.
 */
import { createSocket, type Socket } from 'node:dgram';
import { Reactor } from '../../index.js';
import { FlowAllocator, FlowProtocol } from '../../protocols/index.js';
import { type Taken, usage } from './flow-usage.js';

/** The addresses of the two ends: each has a range of ports of its own. */
const SERVER = '127.0.0.1';
const CLIENT = process.platform === 'linux' ? '127.0.0.2' : SERVER;
/** Flows before the measurement, so that what is compiled and loaded at the first use is not counted. */
const WARM = 300;

/** Bare sockets do not notice what is lost: then this program is stuck, and ends. */
const MOST_SECONDS = 300;
setTimeout(() => {
  console.error(`not done after ${MOST_SECONDS} s`);
  process.exit(1);
}, MOST_SECONDS * 1000).unref();

/** What is left of a flow: all of them are kept until the end. */
const flows: unknown[] = [];

/** Allocates a flow, sends one datagram on it, and gives the answer. */
type Allocate = (name: string, data: string) => Promise<string>;

const CLIENTS: Readonly<Record<string, (port: number) => Allocate>> = { plait, dgram };
const [who = '', port, count, window] = process.argv.slice(2);
const allocate = CLIENTS[who]!(Number(port));

await many(WARM);
const before = await usages();
const start = performance.now();
await many(Number(count));
const seconds = (performance.now() - start) / 1000;
const after = await usages();
const perFlow = (side: 'server' | 'client', kind: 'heap' | 'rss'): number =>
  (after[side][kind] - before[side][kind]) / Number(count);
console.log(
  JSON.stringify({
    seconds,
    serverHeap: perFlow('server', 'heap'),
    serverRss: perFlow('server', 'rss'),
    clientHeap: perFlow('client', 'heap'),
    clientRss: perFlow('client', 'rss'),
    serverCpu: (after.server.cpuBefore - before.server.cpuAfter) / Number(count),
    clientCpu: (after.client.cpuBefore - before.client.cpuAfter) / Number(count),
  }),
);
process.exit(flows.length > 0 ? 0 : 1);

async function many(total: number): Promise<void> {
  let begun = 0;
  const some = async (): Promise<void> => {
    while (begun++ < total) await allocate('echo', 'one datagram of thirty-two bytes');
  };
  await Promise.all(Array.from({ length: Number(window) }, some));
}

async function usages(): Promise<{ server: Taken; client: Taken }> {
  const server = JSON.parse(await allocate('usage', '?')) as Taken;
  return { server, client: JSON.parse(usage()) as Taken };
}

function plait(serverPort: number): Allocate {
  class Asker extends FlowProtocol {
    readonly #data: string;
    readonly #answer: (data: string) => void;

    constructor(data: string, answer: (data: string) => void) {
      super();
      this.#data = data;
      this.#answer = answer;
    }

    override flowAllocated(): void {
      this.flow.write(this.#data);
    }

    override dataReceived(data: Buffer): void {
      this.#answer(data.toString());
    }
  }
  const allocator = new FlowAllocator(new Reactor(), { idleTimeout: 3600 });
  return (name, data) =>
    new Promise((resolve, reject) => {
      const asker = new Asker(data, resolve);
      flows.push(asker);
      allocator.allocate(name, SERVER, asker, { port: serverPort, interface: CLIENT }).addErrback(reject);
    });
}

function dgram(serverPort: number): Allocate {
  return (name, data) =>
    new Promise((resolve, reject) => {
      const socket: Socket = createSocket('udp4');
      flows.push(socket);
      socket.on('error', reject);
      socket.once('message', (_echo, from) => {
        socket.on('message', (answer) => resolve(answer.toString()));
        socket.connect(from.port, from.address, () => socket.send(data));
      });
      socket.bind(0, CLIENT, () => socket.send(name, serverPort, SERVER));
    });
}
