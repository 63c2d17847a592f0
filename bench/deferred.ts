/**
 * Deferreds against promises: made, three callbacks, fired, and the result taken; each round in a new process. A Deferred
 * runs its callbacks at once, a promise in later jobs; with `await` both end in a job.
 */
import { runProgram } from './child.js';
import { compare, type Contender } from './harness.js';

export async function deferred(rounds: number): Promise<void> {
  await compare({
    title: 'Three callbacks',
    unit: 'chains/s of CPU',
    better: 'more',
    rounds,
    contenders: [
      contender('Deferred', 'deferred'),
      contender('Promise, awaited', 'promise'),
      contender('Deferred, awaited', 'awaited'),
    ],
  });
}

function contender(name: string, who: string): Contender {
  return { name, measure: async () => ({ figure: await runProgram<number>('programs/deferred.js', [who]) }) };
}
