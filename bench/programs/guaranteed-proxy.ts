/**
 * A bad link, as a process: `guaranteed-proxy PORT LOSS DELAY SEED` passes datagrams between that port of 127.0.0.1 and
 * whoever sends to its own, loses some in each direction by a seeded chance, and holds each back for a while (seconds).
 */
import { createSocket, type Socket } from 'node:dgram';

const [port = 0, loss = 0, delay = 0, seed = 1] = process.argv.slice(2).map(Number);
let state = seed;
const [front, back] = [createSocket('udp4'), createSocket('udp4')];
let client = 0;
front.on('message', (data, from) => {
  client = from.port;
  pass(back, data, port);
});
back.on('message', (data) => pass(front, data, client));
back.bind(0, '127.0.0.1');
front.bind(0, '127.0.0.1', () => process.send!(front.address().port));
process.on('disconnect', () => process.exit());

function pass(by: Socket, data: Buffer, to: number): void {
  if (random() < loss) return;
  if (delay === 0) by.send(data, to, '127.0.0.1');
  else setTimeout(() => by.send(data, to, '127.0.0.1'), delay * 1000);
}

/** Mulberry32. */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
}
