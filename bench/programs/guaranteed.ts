/**
 * One measurement of guaranteed delivery: `guaranteed sockets|simulated|original LOSS RATE DELAY SEED` prints its figures as
 * JSON. Loss is of each direction, delay in seconds one way; a rate of 0 sends everything at once.
 *
 * On real sockets sender and receiver are processes of their own, and so is the bad link between them, which is left out
 * where it has nothing to do. What is measured comes after some rounds that warm the code. `original` is gtUDP at both
 * ends, in Python, over the same link: the environment's GTUDP is its gtudp.py.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Deferred, deferLater, Reactor, type UDPPort } from '../../index.js';
import { SimulatedNetwork } from '../../testing.js';
import { compiled, source } from '../child.js';
import { type Arrivals, COUNT, type Figures, Receiver, Sender } from './guaranteed-load.js';
import type { Report } from './guaranteed-receiver.js';

/** Each on a port of its own: code that has seen one only is compiled for that one. */
const WARM_UP_ROUNDS = 30;
/** Seconds after which the last RECVs and ACKs have passed. */
const QUIET = 7;

const MEASUREMENTS: Readonly<Record<string, () => Figures | Promise<Figures>>> = { simulated, sockets, original };
const [kind = '', ...numbers] = process.argv.slice(2);
const [loss = 0, rate = 0, delay = 0, seed = 1] = numbers.map(Number);
const ratePerSecond = rate === 0 ? Infinity : rate;
console.log(JSON.stringify(await MEASUREMENTS[kind]!()));

function simulated(): Figures {
  const network = new SimulatedNetwork({ seed, loss, latency: delay === 0 ? 0.00005 : delay, trace: false });
  const [a, b] = [network.host('a'), network.host('b')];
  const seconds = (): number => network.clock.seconds();
  const [sender, receiver] = [new Sender(seconds), new Receiver(seconds)];
  const ports = [a.reactor.listenUDP(0, sender), b.reactor.listenUDP(7, receiver)];
  let over = false;
  sender.sendAll(ratePerSecond, { host: b.address, port: 7 }).addCallback(() => {
    over = true;
  });
  network.runUntil(() => over, { timeout: 600 });
  network.advance(QUIET);
  const datagrams = ports.reduce((sum, { stats }) => sum + stats.sent, 0);
  return { ...receiver.take(), datagramsPerMessage: datagrams / COUNT, failed: sender.failed };
}

async function sockets(): Promise<Figures> {
  const reactor = new Reactor();
  const quiet = (): Deferred<void> => deferLater(reactor, QUIET);
  const receiver = fork(compiled('programs/guaranteed-receiver.js'));
  const port = await answer<number>(receiver);
  for (let i = 0; i < WARM_UP_ROUNDS; i++) {
    const { sender } = openSender(reactor);
    await sender.sendAll(Infinity, { host: '127.0.0.1', port });
    await sender.drain();
  }
  await quiet();
  const link = await openLink(port);
  const before = await ask(receiver);
  const cpuBefore = process.cpuUsage();
  // A port of its own, so that nothing is known of the peer.
  const { sender, port: measured } = openSender(reactor);
  await sender.sendAll(ratePerSecond, { host: '127.0.0.1', port: link.port });
  await quiet();
  const { user, system } = process.cpuUsage(cpuBefore);
  const { arrivals, sent, cpu } = await ask(receiver);
  link.close();
  receiver.disconnect();
  await reactor.close();
  return {
    ...arrivals,
    datagramsPerMessage: (sent - before.sent + measured.stats.sent) / COUNT,
    failed: sender.failed,
    cpuPerMessage: (cpu - before.cpu + (user + system) / 1e6) / COUNT,
  };
}

async function original(): Promise<Figures> {
  const receiver = startOriginal('receiver');
  const { port } = await receiver.says<{ port: number }>();
  const link = await openLink(port);
  const sender = startOriginal('sender', String(link.port), String(rate));
  const theirs = await sender.says<{ sent: number; cpu: number }>();
  receiver.child.stdin!.end();
  const { sent, cpu, ...arrivals } = await receiver.says<Arrivals & { sent: number; cpu: number }>();
  link.close();
  return {
    ...arrivals,
    datagramsPerMessage: (sent + theirs.sent) / COUNT,
    cpuPerMessage: (cpu + theirs.cpu) / COUNT,
  };
}

function openSender(reactor: Reactor): { sender: Sender; port: UDPPort } {
  const sender = new Sender(() => Number(process.hrtime.bigint()) / 1e9);
  return { sender, port: reactor.listenUDP(0, sender, { interface: '127.0.0.1' }) };
}

/** The bad link before a port, if it is to be bad: where to send then. */
async function openLink(port: number): Promise<{ port: number; close(): void }> {
  if (loss === 0 && delay === 0) return { port, close: () => {} };
  const proxy = fork(compiled('programs/guaranteed-proxy.js'), [port, loss, delay, seed].map(String));
  return { port: await answer<number>(proxy), close: () => proxy.disconnect() };
}

async function ask(receiver: ChildProcess): Promise<Report> {
  receiver.send('report');
  return await answer<Report>(receiver);
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}

/** One end of the original: it says things as lines of JSON. */
function startOriginal(...args: string[]): { child: ChildProcess; says<T>(): Promise<T> } {
  const child = spawn('python3', [source('programs/guaranteed-original.py'), ...args, String(COUNT)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  return {
    child,
    says: async <T>() => {
      const [line] = (await Promise.race([
        once(lines, 'line'),
        once(child, 'exit').then(([code]) => Promise.reject(new Error(`gtUDP's ${args[0]} ended: ${code}`))),
      ])) as [string];
      return JSON.parse(line) as T;
    },
  };
}
