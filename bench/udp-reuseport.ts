/**
 * Several processes on one port (SO_REUSEPORT): the same echo server once and twice, with load from many ports, which
 * the kernel spreads over the processes by the pair of addresses, each pair always to the same one.
 *
 * What one wants to know needs three cores: two for the servers, one for the load. With two, the load takes what it needs
 * from the second server, and the round trips cannot double. What can be seen then is whether each process pays for a
 * datagram what one alone pays, and whether both work: where each has a core, that is twice as much.
 */
import { run, type Server } from './child.js';
import { CORES, onCore } from './cores.js';
import { compare, type Contender, type Missing, type Round } from './harness.js';
import { C_BATCHED, NATIVE, type ServerKind, withWorkshop } from './udp-servers.js';

const SECONDS = 0.5;
/** For each group before the first round: by then what runs often is compiled. */
const WARM_UP = 1;
const SIZE = 64;
const WINDOW = 128;
const PORTS = 32;
const PROCESSES = [1, 2];
const LOAD_CORE = Math.max(Math.min(2, CORES.length - 1), 0);

export function udpReuseport(rounds: number): Promise<void> {
  return withWorkshop(async (workshop) => {
    const generator = await workshop.compileC('udp-echo/generator.c');
    if (generator === undefined) {
      console.log('\nUDP by several processes: not measured, there is no C compiler for the load.');
      return;
    }
    console.log(`\n${coresInWords()}`);
    const { kinds, missing } = await workshop.kinds('udp-echo', ['plait', 'dgram', 'c']);
    const { groups, failed } = await startGroups(kinds);
    try {
      for (const group of groups) await load(group, generator, WARM_UP);
      await compare({
        title: `UDP echo of ${SIZE} bytes by processes that share a port, ${WINDOW} on their way from ${PORTS} ports`,
        unit: 'round trips/s',
        better: 'more',
        second: { unit: 'µs of server CPU each', better: 'less' },
        rounds,
        warmUp: 1,
        contenders: groups.map((group) => contender(group, generator)),
        missing: [...failed, ...missing],
        against: [`${NATIVE} × 1`, `${C_BATCHED} × 1`],
      });
    } finally {
      await Promise.all(groups.flatMap(({ servers }) => servers.map((server) => server.stop())));
    }
  });
}

function coresInWords(): string {
  if (CORES.length > 2) return 'Each server has a core, the load another.';
  const who =
    CORES.length < 2 ? 'Servers and load share what cores there are' : 'The second server shares a core with the load';
  return `${who}: round trips by two are not what two cores can do; their processor time is.`;
}

/** One server or several, all on one port. */
interface Group {
  readonly name: string;
  readonly servers: readonly Server[];
}

async function startGroups(kinds: readonly ServerKind[]): Promise<{ groups: Group[]; failed: Missing[] }> {
  const groups: Group[] = [];
  const failed: Missing[] = [];
  for (const kind of kinds) {
    for (const processes of PROCESSES) {
      const name = `${kind.name} × ${processes}`;
      const servers: Server[] = [];
      try {
        for (let i = 0; i < processes; i++) servers.push(await kind.start(i, String(servers[0]?.port ?? 0)));
        groups.push({ name, servers });
      } catch (error) {
        await Promise.all(servers.map((server) => server.stop()));
        failed.push({ name, why: (error as Error).message });
      }
    }
  }
  return { groups, failed };
}

function contender(group: Group, generator: string): Contender {
  return {
    name: group.name,
    async measure(): Promise<Round> {
      const before = group.servers.map((server) => server.cpuSeconds() ?? NaN);
      const { roundTrips, seconds, cpuSeconds, lost } = await load(group, generator, SECONDS);
      const spent = group.servers.map((server, i) => (server.cpuSeconds() ?? NaN) - before[i]!);
      const cpu = spent.reduce((sum, each) => sum + each, 0);
      return {
        figure: roundTrips / seconds,
        second: (cpu * 1e6) / roundTrips,
        also: {
          'CPU %': (cpu / seconds) * 100,
          'of the busiest': (Math.max(...spent) / seconds) * 100,
          'load CPU %': (cpuSeconds / seconds) * 100,
          lost,
        },
      };
    },
  };
}

interface Load {
  readonly roundTrips: number;
  readonly seconds: number;
  readonly lost: number;
  readonly cpuSeconds: number;
}

async function load({ servers }: Group, generator: string, seconds: number): Promise<Load> {
  const numbers = [servers[0]!.port, SIZE, WINDOW, seconds, PORTS].map(String);
  const [command = '', ...args] = onCore(LOAD_CORE, [generator, ...numbers]);
  return JSON.parse(await run(command, args)) as Load;
}
