/**
 * Fairness: a server with two ports, of which one is flooded with more than it can answer. How long does a datagram take
 * to the other port and back, and how late do timers ring? Nobody can be as fast as when there is nothing else to do; the
 * question is whether it stays bounded, and how it compares. The other end is a C program on another core; without a
 * compiler there is no measurement.
 */
import { run, type Server } from './child.js';
import { coresInWords, onCore } from './cores.js';
import { compare, type Contender, type Round } from './harness.js';
import { DGRAM, withServers, withWorkshop } from './udp-servers.js';

const SECONDS = 0.5;

export function udpFairness(rounds: number): Promise<void> {
  return withWorkshop(async (workshop) => {
    const program = await workshop.compileC('udp-fairness/load.c');
    if (program === undefined) {
      console.log('\nUDP fairness: not measured, there is no C compiler for the other end.');
      return;
    }
    console.log(`\nThe other end is a C program. ${coresInWords()}`);
    await withServers(await workshop.kinds('udp-fairness', ['plait', 'dgram']), (servers, missing) =>
      compare({
        title: 'UDP echo on one port while another is flooded',
        unit: 'p50 µs, there and back',
        better: 'less',
        second: { unit: 'ms that 99 of 100 timers are late at most', better: 'less' },
        rounds,
        warmUp: 1,
        contenders: servers.map(([name, server]) => contender(name, server, program)),
        missing,
        against: [DGRAM],
      }),
    );
  });
}

/** What the other end tells: microseconds, and milliseconds of the timers. */
interface Load {
  readonly p50: number;
  readonly p99: number;
  readonly lost: number;
  /** Datagrams sent to the flooded port in a second. */
  readonly busy: number;
  readonly timers: { readonly p50: number; readonly p99: number; readonly most: number };
}

function contender(name: string, server: Server, program: string): Contender {
  return {
    name,
    async measure(): Promise<Round> {
      const alone = await load(server, program, '0');
      const flooded = await load(server, program, '1');
      return {
        figure: flooded.p50,
        second: flooded.timers.p99,
        also: {
          'p99 µs': flooded.p99,
          'p50 µs, no flood': alone.p50,
          'p99 µs, no flood': alone.p99,
          lost: flooded.lost,
          'flood, datagrams/s': flooded.busy,
          'timer late, most, ms': flooded.timers.most,
          'no flood, ms': alone.timers.most,
        },
      };
    },
  };
}

async function load({ port, words }: Server, program: string, busy: '0' | '1'): Promise<Load> {
  const [command = '', ...args] = onCore(1, [program, String(port), words[1]!, String(SECONDS), busy]);
  return JSON.parse(await run(command, args)) as Load;
}
