/**
 * TCP echo: messages that one server answers in a second of its processor time, which is what it can answer in a second
 * on a machine that has nothing else to do; plait against bare node:net and, where it is installed, Twisted. And the
 * memory of idle connections. Each server is a process; the load comes from another one, the same for all. It is a C
 * program: without a compiler there is no measurement.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiled, run, runProgram, runs, type Server, source, startServer, TWISTED_PYTHON } from './child.js';
import { compare, type Contender, type Round } from './harness.js';

const SECONDS = 0.5;
const LOADS = [
  { title: 'TCP echo of 64 bytes over 50 connections', size: 64, connections: 50 },
  { title: 'TCP echo of 64 KiB over 4 connections', size: 65536, connections: 4 },
];

export async function tcpEcho(rounds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'plait-bench-'));
  const servers: [name: string, server: Server][] = [];
  try {
    const generator = join(folder, 'generator');
    if (!(await runs('cc', ['-O2', '-o', generator, source('tcp-echo/generator.c')]))) {
      console.log('\nTCP echo: not measured, there is no C compiler for the load.');
      return;
    }
    servers.push(['plait', await startServer(process.execPath, [compiled('tcp-echo/plait-server.js')])]);
    servers.push(['node:net', await startServer(process.execPath, [compiled('tcp-echo/net-server.js')])]);
    if (await runs(TWISTED_PYTHON, ['-c', 'import twisted'])) {
      servers.push(['Twisted', await startServer(TWISTED_PYTHON, [source('tcp-echo/twisted-server.py')])]);
    } else console.log('\nTwisted is not installed; measured without it.');
    for (const { title, size, connections } of LOADS) {
      await compare({
        title,
        unit: 'messages/s of CPU',
        better: 'more',
        rounds,
        warmUp: 1,
        contenders: servers.map(([name, server]) => contender(name, server, generator, size, connections)),
        target: 0.9,
      });
    }
    await idleConnections(Math.min(rounds, 3));
  } finally {
    await Promise.all(servers.map(([, server]) => server.stop()));
    await rm(folder, { recursive: true });
  }
}

async function idleConnections(rounds: number): Promise<void> {
  await compare({
    title: 'Memory of 10 000 idle connections, at the server',
    unit: 'bytes of heap per connection',
    better: 'less',
    rounds,
    contenders: ['plait', 'node:net'].map((name) => ({
      name,
      async measure() {
        const { heap, rss } = await runProgram<{ heap: number; rss: number }>(
          'programs/idle-connections.js',
          [name],
          ['--expose-gc'],
        );
        return { figure: heap, also: { 'of the process': rss } };
      },
    })),
  });
}

function contender(name: string, server: Server, generator: string, size: number, connections: number): Contender {
  return {
    name,
    async measure(): Promise<Round> {
      const before = server.cpuSeconds();
      const output = await run(generator, [server.port, size, connections, SECONDS].map(String));
      const load = JSON.parse(output) as { messages: number; seconds: number; cpuSeconds: number };
      const after = server.cpuSeconds();
      // Where the system does not tell: as if the server had been busy all the time, as it nearly is.
      const cpu = before === undefined || after === undefined ? load.seconds : after - before;
      return {
        figure: load.messages / cpu,
        also: {
          'server µs of CPU each': (cpu * 1e6) / load.messages,
          'messages/s': load.messages / load.seconds,
          'load CPU %': (load.cpuSeconds / load.seconds) * 100,
        },
      };
    },
  };
}
