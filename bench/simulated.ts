/**
 * The simulated network: datagrams per second of one core, beside the same protocols on real loopback sockets; the
 * memory of a host; and whether the heap grows with the datagrams that have gone by.
 */
import { runProgram } from './child.js';
import { compare } from './harness.js';

const PROGRAM = 'programs/simulated.js';

/** The datagrams per second of one core that are to be reached. */
const TARGET = 500_000;

export async function simulated(rounds: number): Promise<void> {
  const figures: number[] = [];
  await compare({
    title: 'Simulated network: datagrams of 64 bytes between two hosts, no trace',
    unit: 'datagrams per CPU second',
    better: 'more',
    rounds,
    contenders: [
      {
        name: 'simulated',
        async measure() {
          const figure = await runProgram<number>(PROGRAM, ['echo']);
          figures.push(figure);
          return { figure };
        },
      },
      {
        name: 'real loopback',
        async measure() {
          return { figure: await runProgram<number>(PROGRAM, ['loopback']) };
        },
      },
    ],
    target: 5,
  });
  const least = Math.min(...figures);
  console.log(
    `  target: ${TARGET} per CPU second: the least was ${Math.round(least)}, ${least >= TARGET ? 'reached' : 'MISSED'}`,
  );
  const host = await runProgram<number>(PROGRAM, ['hosts'], ['--expose-gc']);
  console.log(`\n1000 hosts, each with a socket and a timer: ${Math.round(host)} bytes of heap per host`);
  const growth = await runProgram<number[]>(PROGRAM, ['million'], ['--expose-gc']);
  console.log(
    `1 000 000 datagrams without a trace: the heap grew by ${growth.map(Math.round).join(', ')} bytes, each 200 000`,
  );
}
