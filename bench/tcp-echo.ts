/**
 * TCP echo: messages that one server answers in a second of its processor time, which is what it can answer in a second
 * on a machine that has nothing else to do; plait against bare node:net and, where it is installed, Twisted. And the
 * memory of idle connections. The load comes from another process, the same for all. It is a C program: without a compiler
 * there is no measurement.
 *
 * Each round has a server of its own, which is warm when it is measured. How its memory happens to lie decides whether
 * the allocator returns it to the system between reads, and that can double the time of a large message.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiled, run, runProgram, runs, type Server, source, startServer, TWISTED_PYTHON } from './child.js';
import { compare, type Contender, type Round } from './harness.js';

const WARM_UP_SECONDS = 1;
const SECONDS = 0.5;

interface Load {
  readonly title: string;
  readonly size: number;
  readonly connections: number;
}

const LOADS: readonly Load[] = [
  { title: 'TCP echo of 64 bytes over 50 connections', size: 64, connections: 50 },
  { title: 'TCP echo of 64 KiB over 4 connections', size: 65536, connections: 4 },
];

export async function tcpEcho(rounds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'plait-bench-'));
  try {
    const generator = join(folder, 'generator');
    if (!(await runs('cc', ['-O2', '-o', generator, source('tcp-echo/generator.c')]))) {
      console.log('\nTCP echo: not measured, there is no C compiler for the load.');
      return;
    }
    const servers: [name: string, command: string, program: string][] = [
      ['plait', process.execPath, compiled('tcp-echo/plait-server.js')],
      ['node:net', process.execPath, compiled('tcp-echo/net-server.js')],
    ];
    if (await runs(TWISTED_PYTHON, ['-c', 'import twisted'])) {
      servers.push(['Twisted', TWISTED_PYTHON, source('tcp-echo/twisted-server.py')]);
    } else console.log('\nTwisted is not installed; measured without it.');
    for (const load of LOADS) {
      await compare({
        title: load.title,
        unit: 'messages/s of CPU',
        better: 'more',
        rounds,
        contenders: servers.map(([name, command, program]): Contender => {
          return { name, measure: () => measure(() => startServer(command, [program]), generator, load) };
        }),
        target: 0.9,
      });
    }
    await idleConnections(Math.min(rounds, 3));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(start: () => Promise<Server>, generator: string, { size, connections }: Load): Promise<Round> {
  const server = await start();
  try {
    const put = (seconds: number): Promise<string> =>
      run(generator, [server.port, size, connections, seconds].map(String));
    await put(WARM_UP_SECONDS);
    const before = server.cpuSeconds();
    const load = JSON.parse(await put(SECONDS)) as { messages: number; seconds: number; cpuSeconds: number };
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
  } finally {
    await server.stop();
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
