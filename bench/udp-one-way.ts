/**
 * UDP one way: datagrams that a server sends in a second, and those that it takes when there are more than it can take.
 * The other end is a C program on another core; without a compiler there is no measurement.
 *
 * - Sending: what counts is what has arrived at the sink, so nobody sends more than the sink takes. It takes a datagram
 *   for less than the cheapest way to send one; had it been the bottleneck, datagrams would have been lost.
 * - Receiving: the source sends as fast as it can, so a server that keeps up with it (`lost` is 0) may be faster than its
 *   figure says; its processor time says the truth. What is lost never reached the server: its socket was full.
 */
import { run, type Server } from './child.js';
import { coresInWords, onCore } from './cores.js';
import { compare, type Contender, type Round } from './harness.js';
import { C_BATCHED, C_SEGMENTED, DGRAM, withServers, withWorkshop } from './udp-servers.js';

const SECONDS = 0.4;
/** For each server before the first round: by then what runs often is compiled. */
const WARM_UP = 1;
const SIZES = [64, 1200];
const WAYS = [
  { title: 'UDP, sending only', unit: 'datagrams sent/s', far: 'sink' },
  { title: 'UDP, receiving only', unit: 'datagrams taken/s', far: 'source' },
] as const;

export function udpOneWay(rounds: number): Promise<void> {
  return withWorkshop(async (workshop) => {
    const program = await workshop.compileC('udp-one-way/load.c');
    if (program === undefined) {
      console.log('\nUDP one way: not measured, there is no C compiler for the other end.');
      return;
    }
    console.log(`\nThe other end is a C program. ${coresInWords()}`);
    await withServers(await workshop.kinds('udp-one-way', ['plait', 'dgram', 'c']), async (servers, missing) => {
      for (const { title, unit, far } of WAYS) {
        for (const [, server] of servers) await load(server, program, far, 64, WARM_UP);
        for (const size of SIZES) {
          await compare({
            title: `${title}, ${size} bytes`,
            unit,
            better: 'more',
            second: { unit: 'µs of server CPU each', better: 'less' },
            rounds,
            warmUp: 1,
            contenders: servers
              .filter(([name]) => far === 'sink' || name !== C_SEGMENTED) // which receives as the batched one does
              .map(([name, server]) => contender(name, server, program, far, size)),
            missing,
            against: [DGRAM, C_BATCHED],
          });
        }
      }
    });
  });
}

type Far = (typeof WAYS)[number]['far'];

/** What the other end tells. */
interface Load {
  readonly arrived: number;
  readonly of: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

function contender(name: string, server: Server, program: string, far: Far, size: number): Contender {
  return {
    name,
    async measure(): Promise<Round> {
      const before = server.cpuSeconds() ?? NaN;
      const { arrived, of, seconds, cpuSeconds } = await load(server, program, far, size, SECONDS);
      const cpu = (server.cpuSeconds() ?? NaN) - before;
      return {
        figure: arrived / seconds,
        // What was sent and lost has cost the sender as much as the rest.
        second: (cpu * 1e6) / (far === 'sink' ? of : arrived),
        also: {
          'sent/s': of / seconds,
          'lost %': (1 - arrived / of) * 100,
          'server CPU %': (cpu / seconds) * 100,
          'load CPU %': (cpuSeconds / seconds) * 100,
        },
      };
    },
  };
}

async function load({ port }: Server, program: string, far: Far, size: number, seconds: number): Promise<Load> {
  const [command = '', ...args] = onCore(1, [program, String(port), String(size), String(seconds), far]);
  return JSON.parse(await run(command, args)) as Load;
}
