/**
 * Timers: 200 000 that are made and cancelled, or made and left to fire, each round in a new process. `callLater` reads the
 * clock for each call, which is some 50 ns with any clock that Node has; `setTimeout` counts from the time at which the
 * turn of the loop began, and so calls too early after long work.
 */
import { runProgram } from './child.js';
import { compare, type Contender } from './harness.js';

export async function timers(rounds: number): Promise<void> {
  for (const [what, title] of [
    ['window', 'Timers, scheduled and cancelled, 1000 waiting at a time'],
    ['all', 'Timers, all scheduled, then all cancelled'],
    ['mixed', 'Timers of different delays, all scheduled, then all cancelled'],
    ['fire', 'Timers, scheduled and fired'],
  ] as const) {
    await compare({
      title: `${title}: 200 000`,
      unit: 'timers/s of CPU',
      better: 'more',
      rounds,
      contenders: [contender('callLater', 'plait', what), contender('setTimeout', 'node', what)],
      ...(what === 'fire' ? {} : { target: 1 }),
    });
  }
}

function contender(name: string, who: string, what: string): Contender {
  return { name, measure: async () => ({ figure: await runProgram<number>('programs/timers.js', [who, what]) }) };
}
