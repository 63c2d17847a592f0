/**
 * What a simulated host has as every Linux machine has it.
 */

/** The interfaces of every host. */
export type Interface = 'eth0' | 'lo';

/** An error as the system makes it. */
export function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
