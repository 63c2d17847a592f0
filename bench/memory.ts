/**
 * Memory: bytes of the heap that an open UDP port takes, and a timer; each round in a new process. What the kernel keeps
 * for a socket is not counted.
 */
import { runProgram } from './child.js';
import { compare, type Contender } from './harness.js';

/** Such figures differ little from process to process. */
const MOST_ROUNDS = 3;

export async function memory(rounds: number): Promise<void> {
  for (const [title, unit, contenders] of [
    ['1000 UDP ports', 'bytes per port', { plait: 'plait-ports', 'node:dgram': 'node-ports' }],
    ['200 000 timers', 'bytes per timer', { callLater: 'plait-timers', setTimeout: 'node-timers' }],
  ] as const) {
    await compare({
      title: `Memory of ${title}`,
      unit,
      better: 'less',
      rounds: Math.min(rounds, MOST_ROUNDS),
      contenders: Object.entries(contenders).map(([name, what]) => contender(name, what)),
    });
  }
}

function contender(name: string, what: string): Contender {
  return {
    name,
    async measure() {
      const { heap, rss } = await runProgram<{ heap: number; rss: number }>(
        'programs/memory.js',
        [what],
        ['--expose-gc'],
      );
      return { figure: heap, also: { 'of the process': rss } };
    },
  };
}
