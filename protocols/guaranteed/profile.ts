/**
 * How often something is sent, and for how long: all times that the two profiles differ in.
 *
 * Interoperable: gtUDP itself forgets a message about 4.5 s after it came, and delivers a later copy a second time. So no
 * copy is sent later than that after the first one, and six are, because six is what it sends itself. Plait, where both
 * ends are: time to sit out an interruption of half a minute.
 */

/** The names of the profiles. */
export type ProfileName = 'interoperable' | 'plait';

/** All times are seconds. */
export interface Profile {
  /** How often a message is sent, the first time included. */
  readonly attempts: number;
  /** How often a RECV is sent of its own accord, the first time included. */
  readonly confirmations: number;
  /** No copy is sent later than this after the first one. */
  readonly span: number;
  /** How long the last copy is waited for. */
  readonly patience: number;
  /** The bounds of the time before the first resend. */
  readonly timeoutFloor: number;
  readonly timeoutCeiling: number;
  /** How long a message may wait in the queue. */
  readonly queueTime: number;
  /** From its arrival on, a message's copies are known as such for this long at least: as long as a sender may repeat it. */
  readonly remember: number;
  /** What `drain` waits for, at most, if it is not told. */
  readonly drainTime: number;
}

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  interoperable: {
    attempts: 6,
    confirmations: 6,
    span: 4.5,
    patience: 2,
    timeoutFloor: 0.15,
    timeoutCeiling: 2.4,
    queueTime: 30,
    remember: 10,
    drainTime: 10,
  },
  plait: {
    attempts: 12,
    confirmations: 8,
    span: 30,
    patience: 5,
    timeoutFloor: 0.15,
    timeoutCeiling: 5,
    queueTime: 120,
    remember: 60,
    drainTime: 60,
  },
};

/** Seconds by which the last copy is planned to be early, for timers are late. */
const MARGIN = 0.1;
/** Seconds between two copies at least, however late it is. */
const LEAST_GAP = 0.1;

/** What each wait is longer than the one before: 2 would bring the fourth copy on a fast path after more than a second. */
const BACKOFF = 1.75;

/**
 * Seconds from one copy to the next, when `copies` of `most` have been sent in the `elapsed` seconds since the first: longer
 * each time, but so that all others still fit; the last copy goes as late as it may, to outlast an interruption. The first
 * wait is `timeout` in any case, as that is what keeps a slow path from getting everything twice.
 * @param spread 0…1, by which copies that were lost together part.
 * @param waits how many waits there are with this one, where copies were sent that did not wait.
 */
export function copyInterval(
  copies: number,
  most: number,
  timeout: number,
  elapsed: number,
  span: number,
  spread: number,
  waits: number = copies,
): number {
  let backedOff = timeout * (1 + spread / 16);
  if (copies === 1) return backedOff;
  for (let i = 1; i < waits; i++) backedOff *= BACKOFF;
  const left = most - copies;
  const share = (span - MARGIN - elapsed) / left;
  return Math.max(left === 1 ? share : Math.min(backedOff, share), LEAST_GAP);
}
