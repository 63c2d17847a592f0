/**
 * One round of the timer measurement: `timers WHO WHAT` makes 200 000 timers and cancels them or lets them fire, and
 * prints how many per second of processor time that were. The same is done once before with fewer, so that what is
 * measured is compiled.
 */
import { type DelayedCall, Reactor } from '../../index.js';

const COUNT = 200_000;
const WARM_UP = 50_000;

/** Timers that wait at the same time where each is cancelled when another takes its place. */
const WINDOW = 1000;

const [who, what] = process.argv.slice(2);
const reactor = new Reactor();

/** Delays in milliseconds: all the same, as those of timeouts mostly are, or all different. */
const delayOf: (i: number) => number = what === 'mixed' ? (i) => 1000 + ((i * 7919) % 60_000) : () => 30_000;

await rate(WARM_UP);
console.log(JSON.stringify(await rate(COUNT)));
process.exit();

function rate(count: number): number | Promise<number> {
  if (what === 'fire') return fire(count);
  return who === 'plait' ? cancelCallLater(count) : cancelSetTimeout(count);
}

function cancelCallLater(count: number): number {
  const most = what === 'window' ? WINDOW : count;
  const calls = new Array<DelayedCall | undefined>(most);
  const start = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    calls[i % most]?.cancel();
    calls[i % most] = reactor.callLater(delayOf(i) / 1000, nothing);
  }
  for (const call of calls) call?.cancel();
  return perSecond(count, start);
}

function cancelSetTimeout(count: number): number {
  const most = what === 'window' ? WINDOW : count;
  const timers = new Array<NodeJS.Timeout | undefined>(most);
  const start = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    clearTimeout(timers[i % most]);
    timers[i % most] = setTimeout(nothing, delayOf(i));
  }
  for (const timer of timers) clearTimeout(timer);
  return perSecond(count, start);
}

function fire(count: number): Promise<number> {
  return new Promise((resolve) => {
    let left = count;
    const start = process.cpuUsage();
    const fired = (): void => {
      if (--left === 0) resolve(perSecond(count, start));
    };
    if (who === 'plait') {
      for (let i = 0; i < count; i++) reactor.callLater(0.001, fired);
    } else {
      for (let i = 0; i < count; i++) setTimeout(fired, 1);
    }
  });
}

function perSecond(count: number, start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (count * 1e6) / (user + system);
}

function nothing(): void {}
