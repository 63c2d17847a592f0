/**
 * What a link does to the datagrams on it, as users say it, and checked.
 */
import { ConditionError } from './errors.js';

/** The conditions of a link, for each direction. What is left out is as the network's own conditions have it. */
export interface LinkConditions {
  /**
   * Seconds on the way: fixed; a range, from which each datagram draws its own, so that one may overtake another; or a
   * function, given a source of numbers from 0 to 1. 0.001 when nothing is said.
   */
  latency?: number | [min: number, max: number] | ((random: () => number) => number);
  /** The share of datagrams that are lost, 0…1. */
  loss?: number;
  /** The share of datagrams that arrive twice, 0…1; each copy takes its own time. */
  duplicate?: number;
  /** The share of datagrams that are held back by one to three more latencies, 0…1, so that later ones overtake. */
  reorder?: number;
  /** The share of datagrams in which one bit is flipped, 0…1. */
  corrupt?: number;
  /** Bits per second in each direction, headers of IP and UDP included; without limit when left out. */
  bandwidth?: number;
  /** Bytes of the largest IP packet; larger ones are lost. Without limit when left out, as IP fragments them. */
  mtu?: number;
  /** Bytes that wait, in each direction, while the bandwidth is in use; 262144 when left out. What overflows is lost. */
  queue?: number;
}

/** Conditions with nothing left out. */
export type Conditions = Required<LinkConditions>;

export const PERFECT: Conditions = {
  latency: 0.001,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  corrupt: 0,
  bandwidth: Infinity,
  mtu: Infinity,
  queue: 262144,
};

/** `given` over `base`. @throws ConditionError for what is outside its range, or no condition. */
export function checkedConditions(given: LinkConditions, base: Conditions): Conditions {
  for (const name of Object.keys(given)) {
    if (!(name in PERFECT))
      throw new ConditionError(name, given[name as keyof LinkConditions], 'no condition of a link');
  }
  const all: Conditions = { ...base };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) Object.assign(all, { [name]: value });
  }
  for (const share of ['loss', 'duplicate', 'reorder', 'corrupt'] as const) {
    if (!(all[share] >= 0 && all[share] <= 1)) throw new ConditionError(share, all[share], 'a share, 0…1');
  }
  for (const name of ['bandwidth', 'mtu'] as const) {
    if (!(all[name] > 0)) throw new ConditionError(name, all[name], 'more than 0');
  }
  if (!(all.queue >= 0)) throw new ConditionError('queue', all.queue, '0 bytes or more');
  const { latency } = all;
  if (Array.isArray(latency)) {
    const [min, max] = latency;
    if (!(latency.length === 2 && isDuration(min) && isDuration(max) && min <= max)) {
      throw new ConditionError('latency', latency, 'a range of seconds, [min, max]');
    }
  } else if (typeof latency !== 'function' && !isDuration(latency)) {
    throw new ConditionError('latency', latency, 'a finite number of seconds, 0 or more');
  }
  return all;
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}
