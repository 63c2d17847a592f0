/**
 * Flow allocation: flows a second between two processes on loopback, beside the same exchange on bare sockets with no
 * retries, limits or timeouts; first a few, and then as many as the system lets two processes have, with what each takes
 * of memory and processor. A flow is counted when one datagram has gone there and back on it. What the kernel keeps for its sockets is
 * in none of the figures.
 */
import { readFileSync } from 'node:fs';
import { compiled, runProgram, startServer } from './child.js';
import { compare, type Contender } from './harness.js';

const FEW = 2000;
/** Flows that are asked for at a time. */
const WINDOW = 32;
/** Files that a process has open beside its flows, those of the flows before the measurement, and ports of others. */
const RESERVE = 500;
const MOST_ROUNDS = { few: 5, most: 3 };

export async function flow(rounds: number): Promise<void> {
  const most = mostFlows();
  if (most < FEW) {
    console.log(`\nFlows: skipped, because there can be ${most} at most: the measurement needs ${FEW}; see ulimit -n`);
    return;
  }
  const both = (count: number): Contender[] => [
    contender('plait', 'plait', count),
    contender('node:dgram', 'dgram', count),
  ];
  await compare({
    title: `Flows: ${FEW} allocated and used, ${WINDOW} at a time`,
    unit: 'flows/s',
    better: 'more',
    rounds: Math.min(rounds, MOST_ROUNDS.few),
    warmUp: 1,
    contenders: both(FEW),
  });
  await compare({
    title: `Flows: ${most} at once, as many as open files and ports allow`,
    unit: 'flows/s',
    better: 'more',
    rounds: Math.min(rounds, MOST_ROUNDS.most),
    contenders: both(most),
  });
}

/** What the client prints: seconds; and bytes, and seconds of processor time, that a flow takes in each process. */
interface Result {
  readonly seconds: number;
  readonly serverHeap: number;
  readonly serverRss: number;
  readonly clientHeap: number;
  readonly clientRss: number;
  readonly serverCpu: number;
  readonly clientCpu: number;
}

function contender(name: string, who: string, count: number): Contender {
  return {
    name,
    async measure() {
      const result = await measure(who, count);
      const also = {
        'server: bytes of heap': result.serverHeap,
        'of process': result.serverRss,
        'µs of CPU': result.serverCpu * 1e6,
        'client: bytes of heap': result.clientHeap,
        'of process ': result.clientRss,
        'µs of CPU ': result.clientCpu * 1e6,
      };
      return { figure: count / result.seconds, also };
    },
  };
}

async function measure(who: string, count: number): Promise<Result> {
  const server = await startServer(process.execPath, ['--expose-gc', compiled('programs/flow-server.js'), who]);
  try {
    const args = [who, String(server.port), String(count), String(WINDOW)];
    return await runProgram<Result>('programs/flow-client.js', args, ['--expose-gc']);
  } finally {
    await server.stop();
  }
}

/** How many sockets one process can have, and ports one address. */
function mostFlows(): number {
  return Math.min(mostFiles(), mostPorts()) - RESERVE;
}

function mostFiles(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files: { soft: number | 'unlimited' } } };
  const soft = userLimits?.open_files.soft ?? 2048; // no such limit is known: what Windows bears
  return soft === 'unlimited' ? Infinity : soft;
}

function mostPorts(): number {
  try {
    const [first = 0, last = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number);
    return last - first;
  } catch {
    return (65_535 - 49_152) / 2; // the range of IANA, and both ends on one address
  }
}
