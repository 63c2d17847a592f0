/** What the tests of Deferreds share. */
import type { Deferred } from '../../../lib/deferred/deferred.js';
import type { UnhandledSink } from '../../../lib/deferred/unhandled.js';

/** What a Deferred has come to, taken from it; undefined while it has no result. */
export function outcomeOf(deferred: Deferred<unknown>): ['value', unknown] | ['error', Error] | undefined {
  let outcome: ['value', unknown] | ['error', Error] | undefined;
  deferred.addCallbacks(
    (value) => {
      outcome ??= ['value', value];
    },
    (error) => {
      outcome ??= ['error', error];
    },
  );
  return outcome;
}

/** The value a Deferred has succeeded with. */
export function valueOf<T>(deferred: Deferred<T>): T {
  const outcome = outcomeOf(deferred);
  if (outcome?.[0] !== 'value') throw new Error(`no value but ${String(outcome)}`);
  return outcome[1] as T;
}

/** The error a Deferred has failed with. */
export function errorOf(deferred: Deferred<unknown>): Error {
  const outcome = outcomeOf(deferred);
  if (outcome?.[0] !== 'error') throw new Error(`no error but ${String(outcome)}`);
  return outcome[1];
}

/** One turn of the event loop: all promise jobs run, and Node has reported what it found unhandled. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The reasons of the rejections that Node finds unhandled during a scenario and the turn after it. */
export async function unhandledRejections(scenario: () => void | Promise<void>): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => reasons.push(reason));
  try {
    await scenario();
    await turn();
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
  }
  return reasons;
}

/** A sink whose checks run when the test says so. */
export class RecordingSink implements UnhandledSink {
  readonly checks: (() => void)[] = [];
  readonly reports: [Error, object][] = [];

  afterJobs(check: () => void): void {
    this.checks.push(check);
  }

  unhandled(error: Error, deferred: object): void {
    this.reports.push([error, deferred]);
  }

  runChecks(): void {
    for (const check of this.checks.splice(0)) check();
  }
}

/** How many frames are on the stack. */
export function stackDepth(): number {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  const depth = new Error('depth').stack?.split('\n').length ?? 0;
  Error.stackTraceLimit = limit;
  return depth;
}

/** Throws its argument, as an expression. */
export function raise(error: unknown): never {
  throw error;
}
