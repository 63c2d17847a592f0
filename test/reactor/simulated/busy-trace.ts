import { SeededRandom } from '../../../reactor/simulated/random.js';
import type { TraceEvent } from '../../../reactor/simulated/trace.js';

/** The hosts of `busyTrace`. */
export const BUSY_HOSTS: string[] = ['alice', 'bob', 'carol', 'dave', 'erin'];

/** Some hundreds of events among five hosts, with bursts, losses and delays as chance has it. */
export function busyTrace(count: number): TraceEvent[] {
  const random = new SeededRandom(count);
  const nanos = (from: number, seconds: number): number => Math.round((from + seconds) * 1e9) / 1e9;
  const address = (i: number): { host: string; port: number } => ({ host: `10.0.0.${i + 1}`, port: 5000 + i });
  const events: TraceEvent[] = [];
  let time = 0;
  for (let id = 1; events.length < count;) {
    const [a, step] = [random.below(5), 1 + random.below(4)];
    const b = (a + step) % 5;
    const host = BUSY_HOSTS[a]!;
    events.push({ type: 'timer', time, host, name: 'heartbeat' });
    for (let burst = random.below(4); burst > 0; burst--, id++) {
      const way = { id, from: address(a), to: address(b) };
      const data = Buffer.from(`seq=${id} ${'x'.repeat(random.below(30))}`);
      events.push({ type: 'sent', time, host, ...way, data });
      const later = nanos(time, 0.005 + 0.02 * random.random());
      if (random.random() < 0.2) events.push({ type: 'lost', time, host: BUSY_HOSTS[b]!, ...way, reason: 'loss' });
      else events.push({ type: 'delivered', time: later, host: BUSY_HOSTS[b]!, ...way, data });
    }
    time = nanos(time, 0.02 * random.random());
  }
  return events.slice(0, count).sort((a, b) => a.time - b.time);
}
