/**
 * DGD's challenge table: nanoseconds to find the holder of a challenge, with few entries and with 100 000. In one step,
 * the two are alike but for the caches of the processor.
 */
import { runProgram } from './child.js';
import { compare } from './harness.js';

export async function dgd(rounds: number): Promise<void> {
  await compare({
    title: 'DGD: finding the connection of a challenge of 32 bytes',
    unit: 'ns per lookup',
    better: 'less',
    rounds,
    contenders: [100_000, 100].map((entries) => ({
      name: `${entries} pending`,
      async measure() {
        return { figure: await runProgram<number>('programs/dgd-lookup.js', [String(entries)]) };
      },
    })),
  });
}
