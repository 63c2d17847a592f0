/**
 * Timed calls that are due together, which on a real clock needs some care.
 */
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import { SHORT } from './outcome.js';

/** Makes calls due at one instant, scheduled in the order given. The time of the first is moved, if need be. */
export function atOneInstant(calls: readonly DelayedCall[]): void {
  const first = calls[0]!;
  do {
    first.reset(SHORT);
    // The difference of two times near each other is exact, and so is the sum.
    for (const call of calls.slice(1)) call.delay(first.getTime() - call.getTime());
  } while (calls.some((call) => call.getTime() !== first.getTime()));
}
