/**
 * The command line of the measurements.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { deferred } from './deferred.js';
import { dgd } from './dgd.js';
import { flow } from './flow.js';
import { guaranteed } from './guaranteed.js';
import { framing } from './framing.js';
import { memory } from './memory.js';
import { waitForQuiet } from './quiet.js';
import { simulated } from './simulated.js';
import { tcpEcho } from './tcp-echo.js';
import { timers } from './timers.js';
import { udpEcho } from './udp-echo.js';
import { udpFairness } from './udp-fairness.js';
import { udpOneWay } from './udp-one-way.js';
import { udpReuseport } from './udp-reuseport.js';

const BENCHES: Readonly<Record<string, (rounds: number) => Promise<void>>> = {
  'udp-echo': udpEcho,
  'udp-one-way': udpOneWay,
  'udp-fairness': udpFairness,
  'udp-reuseport': udpReuseport,
  'tcp-echo': tcpEcho,
  framing,
  timers,
  deferred,
  memory,
  simulated,
  dgd,
  flow,
  guaranteed,
};
const USAGE = `usage: npm run bench -- [--rounds N] [--wait SECONDS] [${Object.keys(BENCHES).join('] [')}]`;

/** Runs the measurements that the command line names, or all. Gives the exit code. */
export async function bench(): Promise<number> {
  const asked = commandLine();
  if (typeof asked === 'number') return asked;
  console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`);
  for (const name of asked.names) await BENCHES[name]!(asked.rounds);
  return 0;
}

/** What is to be done, or the exit code where there is nothing to do. */
function commandLine(): { names: readonly string[]; rounds: number } | number {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '5' },
        wait: { type: 'string', default: '0' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return 0;
    }
    const rounds = Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error('rounds are an integer of 1 or more');
    const wait = Number(values.wait);
    if (!(wait >= 0)) throw new Error('to wait takes a number of seconds, 0 or more');
    waitForQuiet(wait);
    const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name));
    if (unknown.length > 0) throw new Error(`no such bench: ${unknown.join(', ')}`);
    return { names: positionals.length === 0 ? Object.keys(BENCHES) : positionals, rounds };
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
}
