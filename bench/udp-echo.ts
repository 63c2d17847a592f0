/**
 * UDP echo: round trips per second that one server answers, plait against bare node:dgram and, where it is installed,
 * Twisted. Each server is a process; the load comes from another one, the same for all.
 *
 * A window of 64 keeps a server busy all the time: that is its throughput. With a window of 1 server and load wait for
 * each other, and what is measured is mostly how fast the system wakes a process.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiled, run, type Server, source, startServer } from './child.js';
import { compare, type Contender, type Round } from './harness.js';

const SECONDS = 0.4;
const LOADS = [
  { size: 64, window: 64 },
  { size: 1200, window: 64 },
  { size: 64, window: 1 },
  { size: 1200, window: 1 },
];

export async function udpEcho(rounds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'plait-bench-'));
  const servers: [name: string, server: Server][] = [];
  try {
    const generator = await makeGenerator(folder);
    for (const [name, ...command] of await serverCommands()) {
      servers.push([name, await startServer(command[0]!, command.slice(1))]);
    }
    for (const { size, window } of LOADS) {
      await compare({
        title: `UDP echo of ${size} bytes, ${window} on their way`,
        unit: 'round trips/s',
        better: 'more',
        rounds,
        warmUp: 1,
        contenders: servers.map(([name, server]) => contender(name, server, generator, size, window)),
        ...(window === 1 ? {} : { target: 0.95 }),
      });
    }
  } finally {
    await Promise.all(servers.map(([, server]) => server.stop()));
    await rm(folder, { recursive: true });
  }
}

interface Load {
  roundTrips: number;
  seconds: number;
  lost: number;
  cpuSeconds: number;
}

function contender(name: string, server: Server, generator: string[], size: number, window: number): Contender {
  const [command = '', ...args] = [...generator, ...[server.port, size, window, SECONDS].map(String)];
  return {
    name,
    async measure(): Promise<Round> {
      const before = server.cpuSeconds() ?? NaN;
      const load = JSON.parse(await run(command, args)) as Load;
      const cpu = (server.cpuSeconds() ?? NaN) - before;
      return {
        figure: load.roundTrips / load.seconds,
        also: {
          'server µs of CPU each': (cpu * 1e6) / load.roundTrips,
          'server CPU %': (cpu / load.seconds) * 100,
          'load CPU %': (load.cpuSeconds / load.seconds) * 100,
          lost: load.lost,
        },
      };
    },
  };
}

async function serverCommands(): Promise<[name: string, ...command: string[]][]> {
  const commands: [name: string, ...command: string[]][] = [
    ['plait', process.execPath, compiled('udp-echo/plait-server.js')],
    ['node:dgram', process.execPath, compiled('udp-echo/dgram-server.js')],
  ];
  const python = await firstThatRuns(['/usr/bin/python3', 'python3'], ['-c', 'import twisted']);
  if (python === undefined) console.log('\nTwisted is not installed; measured without it.');
  else commands.push(['Twisted', python, source('udp-echo/twisted-server.py')]);
  return commands;
}

/** The command of the load: the C program, compiled, or else the one on Node. */
async function makeGenerator(folder: string): Promise<string[]> {
  const program = join(folder, 'generator');
  const cc = await firstThatRuns(['cc'], ['-O2', '-o', program, source('udp-echo/generator.c')]);
  console.log(
    cc === undefined
      ? '\nThe load is made by Node (no C compiler): it is a bottleneck itself, and hides differences.'
      : '\nThe load is made by a C program.',
  );
  return cc === undefined ? [process.execPath, compiled('udp-echo/generator.js')] : [program];
}

async function firstThatRuns(commands: string[], args: string[]): Promise<string | undefined> {
  for (const command of commands) {
    try {
      await run(command, args);
      return command;
    } catch {
      // not installed, or it can't do this
    }
  }
  return undefined;
}
