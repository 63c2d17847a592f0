/**
 * What a simulation needs of the real process: to let it run its promise jobs, and the seed that its environment fixes.
 * Nothing here decides what happens in the simulation.
 */

// Taken when this is loaded, so that fake timers installed by a test do not stop a simulation.
const { setImmediate } = globalThis;

/** Resolves when every promise job there is, and every one that comes of them, has run. */
export function promiseJobs(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The seed in the environment, `PLAIT_SEED`. */
export function environmentSeed(): string | undefined {
  const seed = process.env['PLAIT_SEED'];
  return seed === '' ? undefined : seed;
}
