/**
 * One round of the timer measurement: `timers WHO WHAT` makes 200 000 timers and cancels them or lets them fire, and
 * prints how many per second that were.
 */
import { type DelayedCall, Reactor } from '../../index.js';

const COUNT = 200_000;

/** Timers that wait at the same time where each is cancelled when another takes its place. */
const WINDOW = 1000;

const [who, what] = process.argv.slice(2);

/** Delays in milliseconds: all the same, as those of timeouts mostly are, or all different. */
const delayOf: (i: number) => number = what === 'mixed' ? (i) => 1000 + ((i * 7919) % 60_000) : () => 30_000;

const rate = what === 'fire' ? await fire() : what === 'window' ? cancel(WINDOW) : cancel(COUNT);
console.log(JSON.stringify(rate));
process.exit();

function cancel(most: number): number {
  return who === 'plait' ? cancelCallLater(most) : cancelSetTimeout(most);
}

function cancelCallLater(most: number): number {
  const reactor = new Reactor();
  const calls = new Array<DelayedCall | undefined>(most);
  const start = performance.now();
  for (let i = 0; i < COUNT; i++) {
    calls[i % most]?.cancel();
    calls[i % most] = reactor.callLater(delayOf(i) / 1000, nothing);
  }
  for (const call of calls) call?.cancel();
  return perSecond(start);
}

function cancelSetTimeout(most: number): number {
  const timers = new Array<NodeJS.Timeout | undefined>(most);
  const start = performance.now();
  for (let i = 0; i < COUNT; i++) {
    clearTimeout(timers[i % most]);
    timers[i % most] = setTimeout(nothing, delayOf(i));
  }
  for (const timer of timers) clearTimeout(timer);
  return perSecond(start);
}

function fire(): Promise<number> {
  return new Promise((resolve) => {
    let left = COUNT;
    const start = performance.now();
    const fired = (): void => {
      if (--left === 0) resolve(perSecond(start));
    };
    if (who === 'plait') {
      const reactor = new Reactor();
      for (let i = 0; i < COUNT; i++) reactor.callLater(0.001, fired);
    } else {
      for (let i = 0; i < COUNT; i++) setTimeout(fired, 1);
    }
  });
}

function perSecond(start: number): number {
  return COUNT / ((performance.now() - start) / 1000);
}

function nothing(): void {}
