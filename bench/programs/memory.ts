/**
 * One round of the memory measurement: `memory WHAT` opens 1000 ports or makes 200 000 timers, and prints the bytes that
 * each takes: of the heap (with what it refers to outside), and of the process. Needs --expose-gc.
 */
import { createSocket, type Socket } from 'node:dgram';
import { DatagramProtocol, Reactor } from '../../index.js';

const PORTS = 1000;
const TIMERS = 200_000;

const makers: Record<string, [count: number, make: () => unknown]> = {
  'plait-ports': [PORTS, plaitPorts],
  'node-ports': [PORTS, nodePorts],
  'plait-timers': [TIMERS, plaitTimers],
  'node-timers': [TIMERS, nodeTimers],
};
const [count, make] = makers[process.argv[2] ?? '']!;

const few = make(); // what is loaded and compiled at the first use is not counted
const before = memory();
const made = make();
const after = memory();
console.log(JSON.stringify({ heap: (after.heap - before.heap) / count, rss: (after.rss - before.rss) / count }));
process.exit(few === made ? 1 : 0);

function plaitPorts(): unknown {
  const reactor = new Reactor();
  return Array.from({ length: PORTS }, () => reactor.listenUDP(0, new DatagramProtocol(), { interface: '127.0.0.1' }));
}

function nodePorts(): Socket[] {
  return Array.from({ length: PORTS }, () => {
    const socket = createSocket('udp4');
    socket.on('message', () => {});
    return socket.bind(0, '127.0.0.1');
  });
}

function plaitTimers(): unknown {
  const reactor = new Reactor();
  return Array.from({ length: TIMERS }, () => reactor.callLater(1000, nothing));
}

function nodeTimers(): unknown {
  return Array.from({ length: TIMERS }, () => setTimeout(nothing, 1_000_000));
}

function memory(): { heap: number; rss: number } {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}

function nothing(): void {}
