/**
 * A program that is one task: run a reactor until it is done, then exit.
 */
import { toError } from '../../lib/errors.js';
import { Reactor } from '../reactor.js';

/**
 * Runs a reactor until what `main` returns has settled, and then ends the process: with 0, or with 1 and the error on
 * stderr. A `process.exitCode` that main has set is kept where main succeeds. SIGINT and SIGTERM end it too.
 */
export async function react(main: (reactor: Reactor) => PromiseLike<unknown>): Promise<never> {
  const reactor = new Reactor();
  let failure: Error | undefined;
  const task = async (): Promise<void> => {
    try {
      await main(reactor);
    } catch (error) {
      failure = toError(error);
    } finally {
      if (reactor.running) reactor.stop();
    }
  };
  reactor.callWhenRunning(() => void task());
  await reactor.run();
  if (failure !== undefined) {
    console.error(failure);
    process.exit(1);
  }
  process.exit();
}
