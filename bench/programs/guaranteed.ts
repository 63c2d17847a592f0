/**
 * One measurement of guaranteed delivery: `guaranteed sockets|simulated LOSS RATE DELAY SEED` prints its figures as JSON.
 * Loss is of each direction, delay in seconds one way; a rate of 0 sends everything at once.
 *
 * On real sockets sender and receiver are processes of their own, and so is the bad link between them, which is left out
 * where it has nothing to do. What is measured comes after some rounds that warm the code.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Reactor, type UDPPort } from '../../index.js';
import { SimulatedNetwork } from '../../testing.js';
import { compiled } from '../child.js';
import { datagramsPerMessage, type Figures, Receiver, Sender } from './guaranteed-load.js';

const COUNT = 1000;
const WARM_UP_ROUNDS = 20;
/** Seconds after which the last RECVs and ACKs have passed. */
const QUIET = 7;

const [kind, ...numbers] = process.argv.slice(2);
const [loss = 0, rate = 0, delay = 0, seed = 1] = numbers.map(Number);
const ratePerSecond = rate === 0 ? Infinity : rate;
console.log(JSON.stringify(kind === 'simulated' ? simulated() : await sockets()));

function simulated(): Figures {
  const network = new SimulatedNetwork({ seed, loss, latency: delay === 0 ? 0.00005 : delay, trace: false });
  const [a, b] = [network.host('a'), network.host('b')];
  const seconds = (): number => network.clock.seconds();
  const [sender, receiver] = [new Sender(seconds), new Receiver(seconds)];
  const ports = [a.reactor.listenUDP(0, sender), b.reactor.listenUDP(7, receiver)];
  let figures: Awaited<ReturnType<Receiver['next']>> | undefined;
  let over = false;
  receiver.next(COUNT).addCallback((come) => {
    figures = come;
  });
  sender.sendAll(COUNT, ratePerSecond, { host: b.address, port: 7 }).addCallback(() => {
    over = true;
  });
  network.runUntil(() => figures !== undefined && over, { timeout: 600 });
  network.advance(10);
  return { ...figures!, datagramsPerMessage: datagramsPerMessage(ports, COUNT), failed: sender.failed };
}

async function sockets(): Promise<Figures> {
  const reactor = new Reactor();
  const receiver = fork(compiled('programs/guaranteed-receiver.js'));
  const children = [receiver];
  let port = await answer<number>(receiver);
  const warm = openSender(reactor);
  for (let i = 0; i < WARM_UP_ROUNDS; i++) await round(receiver, warm.sender, Infinity, port);
  await warm.sender.drain();
  if (loss > 0 || delay > 0) {
    const proxy = fork(compiled('programs/guaranteed-proxy.js'), [port, loss, delay, seed].map(String));
    children.push(proxy);
    port = await answer<number>(proxy);
  }
  // A port of its own, so that nothing is known of the peer.
  const measured = openSender(reactor);
  const before = await sent(receiver);
  const figures = await round(receiver, measured.sender, ratePerSecond, port);
  await new Promise<void>((resolve) => void reactor.callLater(QUIET, resolve));
  const datagrams = (await sent(receiver)) - before + measured.port.stats.sent;
  for (const child of children) child.kill();
  await reactor.close();
  return { ...figures, datagramsPerMessage: datagrams / COUNT, failed: measured.sender.failed };
}

function openSender(reactor: Reactor): { sender: Sender; port: UDPPort } {
  const sender = new Sender(() => Number(process.hrtime.bigint()) / 1e9);
  return { sender, port: reactor.listenUDP(0, sender, { interface: '127.0.0.1' }) };
}

async function round(
  receiver: ChildProcess,
  sender: Sender,
  perSecond: number,
  port: number,
): Promise<Pick<Figures, 'messagesPerSecond' | 'p50' | 'p90' | 'p99'>> {
  receiver.send(COUNT);
  const figures = answer<Figures>(receiver);
  await sender.sendAll(COUNT, perSecond, { host: '127.0.0.1', port });
  return figures;
}

async function sent(receiver: ChildProcess): Promise<number> {
  receiver.send(0);
  return (await answer<{ sent: number }>(receiver)).sent;
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}
