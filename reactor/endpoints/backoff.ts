/** How long to wait before the next attempt. */

/**
 * Says how many seconds to wait after that many failures in a row (1 or more; the loss of a connection is the first).
 * Infinity: try no more. `random` gives numbers of 0 or more and less than 1.
 */
export type RetryPolicy = (failures: number, random: () => number) => number;

/** Options of backoffPolicy. */
export interface BackoffOptions {
  /** Seconds to wait after the first failure, more than 0; 1 when left out. */
  initialDelay?: number;
  /** Seconds to wait at most; 60 when left out. */
  maxDelay?: number;
  /** How much longer each wait is than the one before, 1 or more; 1.5 when left out. */
  factor?: number;
  /**
   * The part of each wait that is left to chance, 0…1, so that those who were cut off together do not come back together;
   * 0.5 when left out: between half of the time and all of it.
   */
  jitter?: number;
}

/** Waits that grow by a factor up to a limit, a part of each left to chance. @throws RangeError for an option outside its range. */
export function backoffPolicy(options: BackoffOptions = {}): RetryPolicy {
  const { initialDelay = 1, maxDelay = 60, factor = 1.5, jitter = 0.5 } = options;
  check('initialDelay', initialDelay, initialDelay > 0 && initialDelay < Infinity, 'more than 0 seconds');
  check('maxDelay', maxDelay, maxDelay >= initialDelay && maxDelay < Infinity, 'no less than initialDelay');
  check('factor', factor, factor >= 1, '1 or more');
  check('jitter', jitter, jitter >= 0 && jitter <= 1, '0…1');
  return (failures, random) => {
    let delay = initialDelay;
    for (let left = failures - 1; left > 0 && factor > 1 && delay < maxDelay; left--) delay *= factor;
    return Math.min(delay, maxDelay) * (1 - jitter * random());
  };
}

function check(name: string, value: number, valid: boolean, range: string): void {
  if (!valid) throw new RangeError(`${name} is ${range}, not ${String(value)}`);
}
