/**
 * A long run of one UDP port, to see that nothing is kept: `node --expose-gc dist/bench/programs/udp-soak.js [MILLIONS]`
 * passes ten million datagrams, or so many, to and fro between two ports of this process, and prints after each million
 * the memory that the process takes. Runs on the network that PLAIT_NETWORK says.
 *
 * Exits with 1 when the last quarter's memory is above that of the second by more than what it moves about by itself.
 */
import { type Address, DatagramProtocol, Reactor } from '../../index.js';

const MILLION = 1_000_000;
const WINDOW = 64;
/**
 * Bytes of the datagrams: what small ones are kept in may differ from what large ones are. Half of them follow others of
 * their length, which a network may pass on together, and half do not.
 */
const SIZES = [1, 64, 512, 1200];
/** Bytes that a process may take more at the end than in its first half: far less than one byte for each datagram. */
const SLACK = { heap: 2 << 20, rss: 24 << 20 };
/** Seconds after which what has not come is sent anew. */
const PATIENCE = 0.5;

class Player extends DatagramProtocol {
  received = 0;

  override datagramReceived(data: Buffer, from: Address): void {
    this.received++;
    if (passed() < total) this.transport.write(data, from);
    if (passed() % MILLION === 0) report();
  }
}

const total = Number(process.argv[2] ?? 10) * MILLION;
const reactor = new Reactor();
const players = [new Player(), new Player()] as const;
const [, second] = players.map((player) =>
  reactor.listenUDP(0, player, { interface: '127.0.0.1', recvBufferSize: 1 << 20 }),
);
const seen: { heap: number; rss: number }[] = [];
let lost = 0;
let cpu = process.cpuUsage();
let since = performance.now();

console.log(`Node ${process.versions.node}, network ${reactor.network.name}, ${total} datagrams`);
console.log('  millions   heap MB   outside MB   rss MB   µs of CPU each   datagrams/s   sent anew');
serve();
watch(0);

function passed(): number {
  return players[0].received + players[1].received;
}

function serve(): void {
  const to = second!.getHost();
  for (let i = 0; i < WINDOW; i++) {
    const run = Math.floor((i * 2 * SIZES.length) / WINDOW);
    players[0].transport.write(Buffer.alloc(SIZES[run] ?? SIZES[i % SIZES.length]!, i), to);
  }
}

/** A socket that was full has lost what came: when all is lost, nothing would come any more. */
function watch(before: number): void {
  reactor.callLater(PATIENCE, () => {
    const now = passed();
    if (now >= total) return;
    if (now === before) {
      lost += WINDOW;
      serve();
    }
    watch(now);
  });
}

function report(): void {
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - since) / 1000;
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  seen.push({ heap: heapUsed + external, rss });
  const cells = [
    (passed() / MILLION).toFixed(0).padStart(10),
    megabytes(heapUsed).padStart(10),
    megabytes(external).padStart(13),
    megabytes(rss).padStart(9),
    ((user + system) / MILLION).toFixed(2).padStart(17),
    (MILLION / seconds).toFixed(0).padStart(14),
    String(lost).padStart(12),
  ];
  console.log(cells.join(''));
  if (passed() >= total) finish();
  cpu = process.cpuUsage();
  since = performance.now();
}

function finish(): void {
  const more = (key: 'heap' | 'rss'): number => {
    const quarter = (from: number): number[] =>
      seen.slice(Math.floor(seen.length * from), Math.floor(seen.length * (from + 0.25)) + 1).map((each) => each[key]);
    return Math.min(...quarter(0.75)) - Math.max(...quarter(0.25));
  };
  const [heap, rss] = [more('heap'), more('rss')];
  const leak = heap > SLACK.heap || rss > SLACK.rss;
  console.log(
    `${leak ? 'LEAK' : 'No leak'}: the last quarter takes ${megabytes(heap)} MB of heap and ${megabytes(rss)} MB of the ` +
      'process more than the second did',
  );
  if (leak) process.exitCode = 1;
  void reactor.close();
}

function megabytes(bytes: number): string {
  return (bytes / (1 << 20)).toFixed(1);
}
