/**
 * An error that nobody listened for, on stderr.
 */
import type { Origin } from '../../lib/interfaces.js';

export function printError(error: Error, origin: Origin): void {
  const name = origin.source.constructor?.name ?? 'object';
  console.error(`plait: unhandled error in ${origin.hook} of ${name}:`, error);
}
