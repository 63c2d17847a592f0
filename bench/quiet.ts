/**
 * Waiting until the machine has nothing else to do: what others do at the same time falls on some rounds and not on
 * others, and takes the processor's caches from all.
 */
import { cpus } from 'node:os';

/** Milliseconds that are looked at. */
const LOOK = 100;
/** The part of them that others may be at work. */
const BUSY = 0.1;
let longest = 0;

/** How many seconds each round may wait; none at first. */
export function waitForQuiet(seconds: number): void {
  longest = seconds;
}

/** Waits until nobody has worked for a moment, or for as long as a round may wait. */
export async function quiet(): Promise<void> {
  const until = performance.now() + longest * 1000;
  while (performance.now() < until) {
    const before = times();
    await new Promise((resolve) => setTimeout(resolve, LOOK));
    const after = times();
    if (after.all > before.all && (after.busy - before.busy) / (after.all - before.all) < BUSY) return;
  }
}

function times(): { all: number; busy: number } {
  let [all, idle] = [0, 0];
  for (const { times: each } of cpus()) {
    all += each.user + each.nice + each.sys + each.idle + each.irq;
    idle += each.idle;
  }
  return { all, busy: all - idle };
}
