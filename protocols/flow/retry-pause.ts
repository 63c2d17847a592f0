/**
 * How long to wait for an echo before the request is repeated: half a second at first (STUN's interval, RFC 8489), twice
 * as long each time, at most eight seconds; a quarter more or less, so that those who began together do not go on
 * together.
 */

const FIRST = 0.5;
const LONGEST = 8;

/** Seconds after the request of this number, 1 for the first; `random` is 0 or more, and less than 1. */
export function retryPause(number: number, random: number): number {
  let pause = FIRST;
  for (let i = 1; i < number && pause < LONGEST; i++) pause *= 2;
  return pause * (0.75 + random / 2);
}
