/**
 * Which core does what: a server has one of its own, and the load another, so that neither is moved about and the server
 * has no more than one. Needs two cores and the command `taskset`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The command that runs `command` on one core: 0 is the server's. As it is where that can't be. */
export function onCore(core: number, command: readonly string[]): string[] {
  const id = CORES[core % Math.max(CORES.length, 1)];
  return CORES.length < 2 ? [...command] : ['taskset', '-c', String(id), ...command];
}

/** What the reader of figures has to know about the cores. */
export function coresInWords(): string {
  return CORES.length < 2
    ? 'Servers and load share the cores (one core only, or no taskset): ratios are too near to 1.'
    : 'Servers have one core, the load another.';
}

/** The cores that this process may use; none when it cannot tell or cannot choose. */
export const CORES: readonly number[] = ((): number[] => {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    const [, list = ''] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))!;
    return list.split(',').flatMap((each) => {
      const [first = 0, last = first] = each.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
  } catch {
    return [];
  }
})();
