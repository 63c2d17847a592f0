/**
 * Errors as Node makes them of a system call that failed: `code`, `errno`, `syscall`.
 */
import { getSystemErrorName } from 'node:util';

/** The name of an errno, `ECONNREFUSED` say. */
export function errorName(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}

/** @throws an error with an errno code when `answer`, of the addon, is one. */
export function checked(answer: number, syscall: string, what = ''): number {
  if (answer >= 0) return answer;
  const code = errorName(-answer);
  const message = `${syscall} ${code}${what === '' ? '' : ` ${what}`}`;
  throw Object.assign(new Error(message), { code, errno: answer, syscall });
}
