/**
 * Flow allocation: flows a second between two processes on loopback, beside the same exchange on bare sockets with no
 * retries, limits or timeouts; and then as many flows as the system lets two processes have, with the memory that each
 * takes. A flow is counted when one datagram has gone there and back on it.
 */
import { readFileSync } from 'node:fs';
import { compiled, runProgram, startServer } from './child.js';
import { compare, type Contender } from './harness.js';

const FEW = 2000;
const WINDOW = 32;
/** Files that a process has open beside its flows, and ports that others have. */
const RESERVE = 500;
const MOST_ROUNDS = 5;

export async function flow(rounds: number): Promise<void> {
  await compare({
    title: `Flows: ${FEW} allocated and used, ${WINDOW} at a time`,
    unit: 'flows/s',
    better: 'more',
    rounds: Math.min(rounds, MOST_ROUNDS),
    warmUp: 1,
    contenders: [contender('plait', 'plait'), contender('node:dgram', 'dgram')],
  });
  const most = mostFlows();
  const { seconds, ...bytes } = await measure('plait', most);
  const [serverHeap, serverRss, clientHeap, clientRss] = [
    bytes.serverHeap,
    bytes.serverRss,
    bytes.clientHeap,
    bytes.clientRss,
  ].map((each) => Math.round(each).toString());
  console.log(
    `\n${most} flows at once, as many as open files and ports allow: ${Math.round(most / seconds)} flows/s\n` +
      `  bytes per flow: server ${serverHeap} of heap, ${serverRss} of the process; ` +
      `client ${clientHeap} of heap, ${clientRss} of the process`,
  );
}

interface Result {
  readonly seconds: number;
  readonly serverHeap: number;
  readonly serverRss: number;
  readonly clientHeap: number;
  readonly clientRss: number;
}

function contender(name: string, who: string): Contender {
  return {
    name,
    async measure() {
      const { seconds, serverHeap, clientHeap } = await measure(who, FEW);
      return { figure: FEW / seconds, also: { 'server heap, bytes': serverHeap, 'client heap, bytes': clientHeap } };
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

/** How many sockets the system lets one process have: on Linux as it says, elsewhere a guess. */
function mostFlows(): number {
  try {
    const files = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))![1]);
    const range = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
    return Math.min(files, range[1]! - range[0]!) - RESERVE;
  } catch {
    return 1000;
  }
}
