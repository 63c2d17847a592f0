import { setImmediate as nextTurn } from 'node:timers/promises';

/** Waits for a condition, turn by turn; the test's own timeout ends a wait that is in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}
