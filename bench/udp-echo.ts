/**
 * UDP echo: round trips per second that one server answers, and the processor time that each takes it. The load comes
 * from another process, the same for all.
 *
 * A window of 64 keeps a server busy all the time: that is its throughput. With a window of 1 server and load wait for
 * each other, and what is measured is mostly how fast the system wakes a process: there the times of single round trips
 * count. Processor time is what the scheduler says: user and system, with the delivery of what the server sends, which
 * the kernel does inside its calls.
 */
import { compiled, run, type Server } from './child.js';
import { coresInWords, onCore } from './cores.js';
import { compare, type Contender, type Round } from './harness.js';
import { C_BATCHED, DGRAM, NATIVE, ON_DGRAM, withServers, withWorkshop, type Workshop } from './udp-servers.js';

const SECONDS = 0.4;
/** For each server before the first round: by then what runs often is compiled. */
const WARM_UP = 1;
const WINDOWS = [64, 256, 1];
const SIZES = [64, 1200];
const TARGETS = [
  { who: NATIVE, of: DGRAM, atLeast: 2 },
  { who: NATIVE, of: C_BATCHED, atLeast: 0.75 },
  { who: ON_DGRAM, of: DGRAM, atLeast: 0.95 },
];
const TARGETS_OF_ONE = [{ who: NATIVE, of: DGRAM, atLeast: 0.95 }];

export function udpEcho(rounds: number): Promise<void> {
  return withWorkshop(async (workshop) => {
    const generator = await makeGenerator(workshop);
    const kinds = await workshop.kinds('udp-echo', ['plait', 'dgram', 'c', 'twisted']);
    await withServers(kinds, async (servers, missing) => {
      for (const [, server] of servers) await load(server, generator, 64, 64, WARM_UP);
      for (const window of WINDOWS) {
        for (const size of SIZES) {
          await compare({
            title: `UDP echo of ${size} bytes, ${window} on their way`,
            unit: 'round trips/s',
            better: 'more',
            second: { unit: 'µs of server CPU each', better: 'less' },
            rounds,
            warmUp: 1,
            contenders: servers.map(([name, server]) => contender(name, server, generator, size, window)),
            missing,
            against: [DGRAM, C_BATCHED],
            targets: window === 1 ? TARGETS_OF_ONE : TARGETS,
          });
        }
      }
    });
  });
}

/** What the generator tells. */
interface Load {
  roundTrips: number;
  seconds: number;
  lost: number;
  /** Microseconds that half of the round trips took at most, and that 99 of 100 did; null where it did not look. */
  p50: number | null;
  p99: number | null;
  cpuSeconds: number;
}

function contender(name: string, server: Server, generator: string[], size: number, window: number): Contender {
  return {
    name,
    async measure(): Promise<Round> {
      const before = server.cpuSeconds() ?? NaN;
      const { roundTrips, seconds, p50, p99, cpuSeconds, lost } = await load(server, generator, size, window, SECONDS);
      const cpu = (server.cpuSeconds() ?? NaN) - before;
      return {
        figure: roundTrips / seconds,
        second: (cpu * 1e6) / roundTrips,
        also: {
          'p50 µs': p50 ?? NaN,
          'p99 µs': p99 ?? NaN,
          'server CPU %': (cpu / seconds) * 100,
          'load CPU %': (cpuSeconds / seconds) * 100,
          lost,
        },
      };
    },
  };
}

async function load(
  { port }: Server,
  generator: readonly string[],
  size: number,
  window: number,
  seconds: number,
): Promise<Load> {
  const [command = '', ...args] = onCore(1, [...generator, ...[port, size, window, seconds].map(String)]);
  return JSON.parse(await run(command, args)) as Load;
}

/** The command of the load: the C program, compiled, or else the one on Node. */
async function makeGenerator(workshop: Workshop): Promise<string[]> {
  const program = await workshop.compileC('udp-echo/generator.c');
  const load =
    program === undefined
      ? 'The load is made by Node (no C compiler): it is a bottleneck itself, and hides differences.'
      : 'The load is made by a C program.';
  console.log(`\n${load} ${coresInWords()}`);
  return program === undefined ? [process.execPath, compiled('udp-echo/generator.js')] : [program];
}
