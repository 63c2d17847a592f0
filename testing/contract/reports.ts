/**
 * The errors that a reactor reports, collected.
 */
import type { Origin } from '../../lib/interfaces.js';
import type { Reactor } from '../../reactor/reactor.js';

/** One report. */
export interface ErrorReport {
  readonly error: Error;
  readonly hook: Origin['hook'];
  readonly source: object;
}

/** The reports of a reactor from now on, in their order: a list that grows. */
export function reportsOf(reactor: Reactor): ErrorReport[] {
  const reports: ErrorReport[] = [];
  reactor.on('error', (error, { hook, source }) => reports.push({ error, hook, source }));
  return reports;
}
