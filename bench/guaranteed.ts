/**
 * Guaranteed delivery of 1000 messages of 512 bytes over links that lose some of everything, in either direction: as one
 * burst on loopback, and at 100 a second with 5 ms one way; between processes on real sockets, with a bad link as a third
 * one, and on the simulated network.
 *
 * Beside it gtUDP, where the environment says where its program is: `GTUDP=…/gtudp.py npm run bench -- guaranteed`.
 * Otherwise what was measured of it elsewhere is shown, once, on another machine: of bursts that says little.
 */
import { runProgram } from './child.js';
import { compare, type Contender, median } from './harness.js';
import type { Figures } from './programs/guaranteed-load.js';

const PROGRAM = 'programs/guaranteed.js';
/** One round of 100 a second takes half a minute for each contender. */
const MOST_ROUNDS = 3;

/** What was measured of gtUDP, as the median where there was more than one run. Seconds. */
interface Elsewhere {
  readonly messagesPerSecond: number;
  readonly p90: number;
  readonly p99: number;
  readonly datagramsPerMessage: number | undefined;
}

interface Load {
  readonly loss: number;
  /** Messages per second; 0: all at once. */
  readonly rate: number;
  /** Seconds, one way. */
  readonly delay: number;
  /** What the 99th percentile is to stay below, in seconds. */
  readonly p99Target?: number;
  readonly gtudpElsewhere: Elsewhere;
}

const LOADS: readonly Load[] = [
  { loss: 0, rate: 0, delay: 0, gtudpElsewhere: elsewhere(16_000, 0.0037, 0.015, undefined) },
  { loss: 0.05, rate: 0, delay: 0, gtudpElsewhere: elsewhere(874, 0.0072, 0.634, 3.47) },
  { loss: 0.2, rate: 0, delay: 0, gtudpElsewhere: elsewhere(322, 0.551, 1.099, 5.94) },
  { loss: 0, rate: 100, delay: 0.005, gtudpElsewhere: elsewhere(100, 0.0005, 0.0008, 3) },
  { loss: 0.05, rate: 100, delay: 0.005, p99Target: 0.3, gtudpElsewhere: elsewhere(91, 0.0004, 8.566, 3.48) },
  { loss: 0.2, rate: 100, delay: 0.005, p99Target: 1, gtudpElsewhere: elsewhere(80, 5.967, 10.156, 4.98) },
];

function elsewhere(
  messagesPerSecond: number,
  p90: number,
  p99: number,
  datagramsPerMessage: number | undefined,
): Elsewhere {
  return { messagesPerSecond, p90, p99, datagramsPerMessage };
}

export async function guaranteed(rounds: number): Promise<void> {
  const withOriginal = process.env['GTUDP'] !== undefined;
  console.log(
    withOriginal
      ? '\ngtUDP is measured beside it.'
      : '\ngtUDP is not here to be measured (set GTUDP to its gtudp.py): its figures below are from elsewhere.',
  );
  for (const load of LOADS)
    await measureLoad(load, load.rate === 0 ? rounds : Math.min(rounds, MOST_ROUNDS), withOriginal);
}

async function measureLoad(load: Load, rounds: number, withOriginal: boolean): Promise<void> {
  const results: Record<string, Figures[]> = { plait: [], gtUDP: [] };
  const { loss, rate, gtudpElsewhere } = load;
  const contenders = [contender('plait', 'sockets', load, results['plait']!)];
  if (withOriginal) contenders.push(contender('gtUDP', 'original', load, results['gtUDP']!));
  contenders.push(contender('plait, simulated', 'simulated', load, []));
  await compare({
    title: `Guaranteed delivery, ${loss * 100} % lost each way, ${rate === 0 ? 'one burst' : `${rate} a second`}`,
    unit: rate === 0 ? 'messages/s' : 'p99, ms',
    better: rate === 0 ? 'more' : 'less',
    rounds,
    contenders,
  });
  if (!withOriginal) {
    const { messagesPerSecond, p90, p99, datagramsPerMessage } = gtudpElsewhere;
    console.log(
      `  gtUDP elsewhere: ${messagesPerSecond} messages/s, p90 ${p90 * 1000} ms, p99 ${p99 * 1000} ms, ` +
        `${datagramsPerMessage ?? '?'} datagrams each`,
    );
  }
  printTargets(load, results['plait']!, results['gtUDP']!);
}

/** Rounds are told apart by the seed of what is lost. */
function contender(name: string, kind: string, load: Load, results: Figures[]): Contender {
  let seed = 0;
  return {
    name,
    async measure() {
      seed++;
      const args = [kind, load.loss, load.rate, load.delay, seed].map(String);
      const figures = await runProgram<Figures>(PROGRAM, args);
      results.push(figures);
      const { messagesPerSecond, p50, p90, p99, received, datagramsPerMessage, cpuPerMessage = NaN, failed } = figures;
      return {
        figure: load.rate === 0 ? messagesPerSecond : p99 * 1000,
        also: {
          'p50, ms': p50 * 1000,
          'p90, ms': p90 * 1000,
          ...(load.rate === 0 ? { 'p99, ms': p99 * 1000 } : { 'messages/s': messagesPerSecond }),
          'datagrams each': datagramsPerMessage,
          'µs of CPU each': cpuPerMessage * 1e6,
          received,
          'told failed': failed ?? NaN,
        },
      };
    },
  };
}

function printTargets({ p99Target, loss, rate, gtudpElsewhere }: Load, ours: Figures[], theirs: Figures[]): void {
  const of = (figures: readonly (Figures | Elsewhere)[], key: keyof Elsewhere): number =>
    median(figures.map((each) => each[key] ?? NaN));
  const original = theirs.length > 0 ? theirs : [gtudpElsewhere];
  const whose = theirs.length > 0 ? 'gtUDP’s' : 'gtUDP’s elsewhere';
  if (rate === 0 && loss === 0) {
    verdict(`as fast as gtUDP (${whose} median)`, of(ours, 'messagesPerSecond') >= of(original, 'messagesPerSecond'));
  }
  if (p99Target !== undefined) {
    verdict(`p99 under ${p99Target} s`, of(ours, 'p99') < p99Target);
    const most = of(original, 'datagramsPerMessage');
    verdict(`no more datagrams than ${whose} ${most}`, of(ours, 'datagramsPerMessage') <= most);
  }
}

function verdict(target: string, reached: boolean): void {
  console.log(`  target: ${target}: ${reached ? 'reached' : 'MISSED'}`);
}
