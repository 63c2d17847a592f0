/**
 * One round of the Deferred measurement: `deferred WHO` makes chains of three callbacks, one after the other, each
 * fired and seen to its end, and prints how many per second of processor time that were.
 */
import { Deferred } from '../../index.js';

const COUNT = 300_000;
const [who] = process.argv.slice(2);
const next = (value: number): number => value + 1;

const start = process.cpuUsage();
const sum = who === 'deferred' ? deferreds() : who === 'awaited' ? await awaitedDeferreds() : await promises();
const { user, system } = process.cpuUsage(start);
if (sum !== COUNT * 3) throw new Error(`The callbacks gave ${sum}`);
console.log(JSON.stringify((COUNT * 1e6) / (user + system)));

function deferreds(): number {
  let total = 0;
  const done = (value: number): void => {
    total += value;
  };
  for (let i = 0; i < COUNT; i++) {
    const deferred = new Deferred<number>();
    deferred.addCallback(next).addCallback(next).addCallback(next).addCallback(done);
    deferred.callback(0);
  }
  return total;
}

async function awaitedDeferreds(): Promise<number> {
  let total = 0;
  for (let i = 0; i < COUNT; i++) {
    const deferred = new Deferred<number>();
    deferred.addCallback(next).addCallback(next).addCallback(next);
    deferred.callback(0);
    total += await (deferred as PromiseLike<number>);
  }
  return total;
}

async function promises(): Promise<number> {
  let total = 0;
  for (let i = 0; i < COUNT; i++) {
    let resolve!: (value: number) => void;
    const promise = new Promise<number>((f) => {
      resolve = f;
    });
    const last = promise.then(next).then(next).then(next);
    resolve(0);
    total += await last;
  }
  return total;
}
