/**
 * The search for a seed that breaks a scenario, and for the few faults that it takes: the seed is repeated with part of
 * its harm switched off, again and again, until nothing more can be left out (Zeller's delta debugging).
 *
 * Chance goes on drawing the same numbers whatever is switched off, but a run that goes another way draws them for
 * other datagrams: so what is printed is a set that was seen to fail, and no proof that no smaller one does.
 */
import { PlaitError, toError } from '../lib/errors.js';
import { environmentSeed } from '../reactor/node/simulation-host.js';
import type { HarmControl } from '../reactor/simulated/harm.js';
import { SimulatedNetwork, type SimulatedNetworkOptions } from '../reactor/simulated/simulated-network.js';
import { runScenario, type Scenario } from './simulation.js';

/** Options of `explore`. */
export interface ExploreOptions {
  /** How many seeds to try, 1 or more. */
  runs: number;
  /** The first seed; a number is counted up from, text gets a number appended. 1 when left out. */
  seed?: number | string;
  /** What each network is made with. */
  network?: Omit<SimulatedNetworkOptions, 'seed'>;
  /** The most repetitions in the search for the smallest set of faults; 500 when left out, 0 for no search. */
  shrinks?: number;
}

/** A seed was found with which the scenario fails. `cause` is what it fails with. */
export class ExploreError extends PlaitError {
  override readonly name: string = 'ExploreError';
  readonly seed: number | string;
  /** Which run it was, from 1. */
  readonly run: number;
  /** The smallest set of faults found that still fails; empty when it fails without any. */
  readonly faults: readonly string[];
  /** The network on which the scenario failed with these faults. */
  readonly network: SimulatedNetwork;

  /** @internal */
  constructor(run: number, runs: number, failure: Failure) {
    const { network, harm, error } = failure;
    const faults = harm.length === 0 ? 'It needs no fault' : `It takes ${countOf(harm.length)}: ${harm.join(', ')}`;
    super(
      'ERR_PLAIT_EXPLORE',
      `Run ${run} of ${runs} fails: ${error.message}\n${faults}.\n${excerpt(network.trace.toString())}` +
        `(seed ${network.seed}; PLAIT_SEED=${network.seed} repeats it)`,
      { cause: error },
    );
    this.seed = network.seed;
    this.run = run;
    this.faults = harm;
    this.network = network;
  }
}

/**
 * Runs a scenario on a new network for each of many seeds, and rejects at the first with which it fails. Where the
 * environment has `PLAIT_SEED`, that is the only one.
 * Rejects with an ExploreError.
 * @throws RangeError unless `runs` is an integer of 1 or more.
 */
export async function explore(options: ExploreOptions, scenario: Scenario): Promise<void> {
  const { runs, seed = 1, shrinks = 500 } = options;
  if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`runs is an integer of 1 or more, not ${String(runs)}`);
  const only = environmentSeed();
  for (let run = 1; run <= (only === undefined ? runs : 1); run++) {
    const runSeed = only ?? (typeof seed === 'number' ? seed + run - 1 : `${seed}-${run}`);
    const attempt = (allowed?: ReadonlySet<string>): Promise<Failure | undefined> =>
      failureOf({ ...options.network, seed: runSeed }, scenario, allowed);
    const failure = await attempt();
    if (failure === undefined) continue;
    throw new ExploreError(run, only === undefined ? runs : 1, await shrink(failure, attempt, shrinks));
  }
}

interface Failure {
  readonly error: Error;
  /** What harm was done, in its order. */
  readonly harm: readonly string[];
  readonly network: SimulatedNetwork;
}

type Attempt = (allowed: ReadonlySet<string>) => Promise<Failure | undefined>;

/** Runs the scenario once, with all harm that chance chooses or only some of it. */
async function failureOf(
  options: SimulatedNetworkOptions,
  scenario: Scenario,
  allowed: ReadonlySet<string> | undefined,
): Promise<Failure | undefined> {
  const harm: string[] = [];
  const control: HarmControl = {
    allows(name) {
      if (allowed !== undefined && !allowed.has(name)) return false;
      harm.push(name);
      return true;
    },
  };
  const network = new SimulatedNetwork(options, control);
  try {
    await runScenario(network, scenario);
    return undefined;
  } catch (error) {
    return { error: toError(error), harm, network };
  }
}

/** The failure with the fewest faults that can be found within so many attempts. */
async function shrink(found: Failure, attempt: Attempt, attempts: number): Promise<Failure> {
  let best = found;
  let left = attempts;
  const fails = async (harm: readonly string[]): Promise<boolean> => {
    left--;
    const failure = await attempt(new Set(harm));
    // Another kind of error would be another failure.
    if (failure === undefined || failure.error.name !== found.error.name) return false;
    if (failure.harm.length > best.harm.length) return false;
    best = failure;
    return true;
  };
  if (left > 0 && (await fails([]))) return best;
  let parts = 2;
  while (left > 0 && best.harm.length > 1) {
    const { harm } = best;
    const size = Math.ceil(harm.length / parts);
    let smaller = false;
    for (let start = 0; start < harm.length && left > 0; start += size) {
      const part = harm.slice(start, start + size);
      if (await fails(part)) {
        parts = 2;
        smaller = true;
        break;
      }
      const rest = [...harm.slice(0, start), ...harm.slice(start + size)];
      if (parts > 2 && left > 0 && (await fails(rest))) {
        parts = Math.max(parts - 1, 2);
        smaller = true;
        break;
      }
    }
    if (smaller) continue;
    if (parts >= harm.length) break;
    parts = Math.min(2 * parts, harm.length);
  }
  return best;
}

function countOf(faults: number): string {
  return faults === 1 ? '1 fault' : `${faults} faults`;
}

/** The end of a trace, which is where it fails. */
function excerpt(trace: string): string {
  const lines = trace.split('\n');
  const shown = lines.slice(-LINES - 1);
  return (shown.length < lines.length ? `… ${lines.length - shown.length} lines\n` : '') + shown.join('\n');
}

const LINES = 100;
