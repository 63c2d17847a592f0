/**
 * Errors that nobody can catch, heard of by a test instead of by the test runner.
 */

/** Resolves with the next such error: uncaught, or the reason of a rejection that nobody handles. */
export function nextLost(event: 'uncaughtException' | 'unhandledRejection'): Promise<Error> {
  const listeners = process.rawListeners(event) as ((...args: unknown[]) => void)[];
  process.removeAllListeners(event);
  return new Promise((resolve) => {
    process.once(event as 'uncaughtException', (error) => {
      for (const listener of listeners) process.on(event as 'uncaughtException', listener);
      resolve(error);
    });
  });
}
