/**
 * One round of the measurements of the simulated network: `simulated WHAT` prints JSON.
 *
 * - `echo`: datagrams per second of processor time between two hosts with default links, 64 bytes, 64 on their way.
 * - `loopback`: the same two protocols on real sockets in one process.
 * - `hosts`: bytes of the heap that each of 1000 hosts with a timer and a socket takes. Needs --expose-gc.
 * - `million`: bytes by which the heap is larger after each of five times 200 000 datagrams. Needs --expose-gc.
 */
import { type Address, DatagramProtocol, LoopingCall, Reactor } from '../../index.js';
import { Echo } from '../../protocols/index.js';
import { SimulatedNetwork } from '../../testing.js';

const SIZE = 64;
const WINDOW = 64;

class Returner extends DatagramProtocol {
  count = 0;

  override datagramReceived(data: Buffer, from: Address): void {
    this.count++;
    this.transport.write(data, from);
  }
}

const MEASURES: Readonly<Record<string, () => unknown>> = { echo, loopback, hosts, million };
const [what = ''] = process.argv.slice(2);
console.log(JSON.stringify(await MEASURES[what]!()));

function echo(): number {
  const { network, returner } = start();
  network.advance(2); // warm
  const before = returner.count;
  const cpu = process.cpuUsage();
  network.advance(10);
  const { user, system } = process.cpuUsage(cpu);
  return (2 * (returner.count - before) * 1e6) / (user + system);
}

async function loopback(): Promise<number> {
  const [here, there] = [new Reactor(), new Reactor()];
  const { port } = there.listenUDP(0, new Echo(), { interface: '127.0.0.1' }).getHost();
  const returner = new Returner();
  const transport = here.listenUDP(0, returner, { interface: '127.0.0.1' });
  for (let i = 0; i < WINDOW; i++) transport.write(Buffer.alloc(SIZE), { host: '127.0.0.1', port });
  await new Promise<void>((resolve) => void here.callLater(0.3, resolve));
  const before = returner.count;
  const cpu = process.cpuUsage();
  await new Promise<void>((resolve) => void here.callLater(0.7, resolve));
  const { user, system } = process.cpuUsage(cpu);
  await Promise.all([here.close(), there.close()]);
  return (2 * (returner.count - before) * 1e6) / (user + system);
}

function hosts(): number {
  const COUNT = 1000;
  new SimulatedNetwork({ trace: false }).host('warm').reactor.listenUDP(7, new Echo());
  const before = heap();
  const network = new SimulatedNetwork({ trace: false });
  for (let i = 0; i < COUNT; i++) {
    const { reactor } = network.host(`host ${i}`);
    reactor.listenUDP(7, new Echo());
    void new LoopingCall(reactor, () => {}).start(1);
  }
  network.advance(3);
  return (heap() - before) / COUNT;
}

function million(): number[] {
  const { network, returner } = start();
  network.advance(1);
  const growth: number[] = [];
  for (let i = 0; i < 5; i++) {
    const before = heap();
    const end = returner.count + 100_000;
    network.runUntil(() => returner.count >= end, { timeout: 3600 });
    growth.push(heap() - before);
  }
  return growth;
}

function start(): { network: SimulatedNetwork; returner: Returner } {
  const network = new SimulatedNetwork({ trace: false });
  const [a, b] = [network.host('a'), network.host('b')];
  b.reactor.listenUDP(7, new Echo());
  const returner = new Returner();
  const transport = a.reactor.listenUDP(0, returner);
  for (let i = 0; i < WINDOW; i++) transport.write(Buffer.alloc(SIZE), { host: b.address, port: 7 });
  return { network, returner };
}

function heap(): number {
  for (let i = 0; i < 3; i++) globalThis.gc!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
