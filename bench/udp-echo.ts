/**
 * UDP echo: round trips per second that one server answers, and the processor time that each takes it. The load comes
 * from another process, the same for all.
 *
 * A window of 64 keeps a server busy all the time: that is its throughput. With a window of 1 server and load wait for
 * each other, and what is measured is mostly how fast the system wakes a process: there the time counts that half of
 * the round trips take at most, which others on the machine disturb least. Processor time is what the scheduler says:
 * user and system, with the delivery of what the server sends, which the kernel does inside its calls.
 *
 * Who answers one peer with many datagrams of one length can have the kernel cut them from one message. From several
 * ports the load is that of several peers, whose datagrams come mixed: there is less to gain by it. The load itself does
 * not have them cut, as a server could then take them joined (UDP_GRO): so it pays for a round trip about what a
 * batched server does. Where its processor time is at 100 % and the server's is not, the server could do more than it is
 * asked for, and its processor time for each says how much.
 */
import { compiled, run, type Server } from './child.js';
import { coresInWords, onCore } from './cores.js';
import { compare, type Contender, type Round, type Target } from './harness.js';
import { C_BATCHED, DGRAM, NATIVE, ON_DGRAM, withServers, withWorkshop, type Workshop } from './udp-servers.js';

const SECONDS = 0.4;
/** For each server before the first round: by then what runs often is compiled. */
const WARM_UP = 1;
/** `ports`: how many ports the load comes from, each with its share of what is on its way. */
const LOADS = [
  { window: 64, size: 64, ports: 1 },
  { window: 64, size: 1200, ports: 1 },
  { window: 64, size: 64, ports: 16 },
  { window: 256, size: 64, ports: 1 },
  { window: 256, size: 1200, ports: 1 },
  { window: 1, size: 64, ports: 1 },
  { window: 1, size: 1200, ports: 1 },
] as const;
/** By the window. */
const TARGETS: Readonly<Record<number, readonly Target[]>> = {
  1: [{ who: NATIVE, of: DGRAM, atLeast: 0.95 }],
  64: [
    { who: NATIVE, of: DGRAM, atLeast: 2 },
    { who: NATIVE, of: C_BATCHED, atLeast: 0.75 },
    { who: ON_DGRAM, of: DGRAM, atLeast: 0.95 },
  ],
};

export function udpEcho(rounds: number): Promise<void> {
  return withWorkshop(async (workshop) => {
    const generator = await makeGenerator(workshop);
    await withServers(
      await workshop.kinds('udp-echo', ['plait', 'dgram', 'c', 'twisted']),
      async (servers, missing) => {
        for (const [, server] of servers) await generate(generator, server, LOADS[0], WARM_UP);
        for (const load of LOADS) {
          await compare({
            title: `UDP echo of ${load.size} bytes, ${load.window} on their way${load.ports === 1 ? '' : ` from ${load.ports} ports`}`,
            ...(load.window === 1
              ? { unit: 'p50 µs, there and back', better: 'less' }
              : { unit: 'round trips/s', better: 'more' }),
            second: { unit: 'µs of server CPU each', better: 'less' },
            rounds,
            warmUp: 1,
            contenders: servers.map(([name, server]) => contender(name, server, generator, load)),
            missing,
            against: [DGRAM, C_BATCHED],
            targets: TARGETS[load.window] ?? [],
          });
        }
      },
    );
  });
}

type Load = (typeof LOADS)[number];

/** What the generator tells. */
interface Result {
  roundTrips: number;
  seconds: number;
  lost: number;
  /** Microseconds that half of the round trips took at most, and that 99 of 100 did; null where it did not look. */
  p50: number | null;
  p99: number | null;
  cpuSeconds: number;
}

function contender(name: string, server: Server, generator: readonly string[], load: Load): Contender {
  return {
    name,
    async measure(): Promise<Round> {
      const before = server.cpuSeconds() ?? NaN;
      const { roundTrips, seconds, p50, p99, cpuSeconds, lost } = await generate(generator, server, load, SECONDS);
      const cpu = (server.cpuSeconds() ?? NaN) - before;
      return {
        figure: load.window === 1 ? (p50 ?? NaN) : roundTrips / seconds,
        second: (cpu * 1e6) / roundTrips,
        also: {
          ...(load.window === 1 ? { 'round trips/s': roundTrips / seconds } : { 'p50 µs': p50 ?? NaN }),
          'p99 µs': p99 ?? NaN,
          'server CPU %': (cpu / seconds) * 100,
          'load CPU %': (cpuSeconds / seconds) * 100,
          lost,
        },
      };
    },
  };
}

async function generate(
  generator: readonly string[],
  { port }: Server,
  { size, window, ports }: Load,
  seconds: number,
): Promise<Result> {
  const [command = '', ...args] = onCore(1, [...generator, ...[port, size, window, seconds, ports].map(String)]);
  return JSON.parse(await run(command, args)) as Result;
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
