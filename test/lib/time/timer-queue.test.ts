import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { DelayedCall } from '../../../lib/time/delayed-call.js';
import { TimerQueue } from '../../../lib/time/timer-queue.js';

/** A queue with a settable time, what ran in it, and how often it said that it changed. */
function setUp(): {
  queue: TimerQueue;
  ran: string[];
  time: { now: number };
  changes: () => number;
  add: (name: string, delay: number) => DelayedCall;
  run: (now: number) => void;
} {
  const time = { now: 0 };
  const ran: string[] = [];
  let changed = 0;
  const queue = new TimerQueue(
    () => time.now,
    () => void changed++,
  );
  return {
    queue,
    ran,
    time,
    changes: () => changed,
    add: (name, delay) => queue.schedule(delay, (what: string) => ran.push(what), [name]),
    run(now) {
      time.now = now;
      queue.runDue(now, (call) => call.run());
    },
  };
}

describe('TimerQueue', () => {
  describe('what it holds', () => {
    it('is empty at first: no call, due never', () => {
      const { queue } = setUp();
      expect(queue.size).to.equal(0);
      expect(queue.dueTime).to.equal(Infinity);
      expect(queue.active()).to.deep.equal([]);
      expect(queue.first()).to.equal(undefined);
      expect(queue.shift()).to.equal(undefined);
    });

    it('counts active calls only', () => {
      const { queue, add, run } = setUp();
      const calls = [add('a', 1), add('b', 2), add('c', 3)];
      expect(queue.size).to.equal(3);
      calls[0]!.cancel();
      expect(queue.size).to.equal(2);
      run(2);
      expect(queue.size).to.equal(1);
    });

    it('tells when the earliest active call is due', () => {
      const { queue, add } = setUp();
      add('later', 5);
      const call = add('sooner', 2);
      expect(queue.dueTime).to.equal(2);
      call.reset(7);
      expect(queue.dueTime).to.equal(5);
      call.delay(-6);
      expect(queue.dueTime).to.equal(1);
      call.cancel();
      expect(queue.dueTime).to.equal(5);
    });

    it('lists the active calls by due time and order, in an array of the caller', () => {
      const { queue, add } = setUp();
      const [c, a, b] = [add('c', 2), add('a', 1), add('b', 1)];
      add('cancelled', 1).cancel();
      const list = queue.active();
      expect(list).to.have.ordered.members([a, b, c]);
      list.length = 0;
      expect(queue.size).to.equal(3);
    });

    it('gives the earliest as called when asked to shift', () => {
      const { queue, add } = setUp();
      add('later', 2);
      const call = add('sooner', 1);
      expect(queue.shift()).to.equal(call);
      expect(call.active()).to.equal(false);
      expect(queue.size).to.equal(1);
    });

    it('keeps order and count when nearly all of many calls are cancelled', () => {
      const { queue, ran, add, run } = setUp();
      const kept: string[] = [];
      for (let i = 0; i < 5000; i++) {
        const call = add(String(i), (i * 7919) % 101);
        if (i % 97 !== 0) call.cancel();
        else kept.push(String(i));
      }
      expect(queue.size).to.equal(kept.length);
      run(101);
      kept.sort((a, b) => ((Number(a) * 7919) % 101) - ((Number(b) * 7919) % 101) || Number(a) - Number(b));
      expect(ran).to.deep.equal(kept);
    });
  });

  it('keeps order and count while calls of one delay, and some others, come and go by the thousand', () => {
    const { queue, ran, add, run } = setUp();
    const expected: [name: string, due: number][] = [];
    for (let i = 0; i < 3000; i++) {
      run(i);
      const name = String(i);
      const delay = i % 10 === 0 ? 50 : 500;
      const call = add(name, delay);
      if (i % 7 === 0) call.cancel();
      else expected.push([name, i + delay]);
    }
    expected.sort(([a, due], [b, otherDue]) => due - otherDue || Number(a) - Number(b));
    const isDue = ([, due]: [string, number]): boolean => due <= 2999;
    expect(ran).to.deep.equal(expected.filter(isDue).map(([name]) => name));
    expect(queue.size).to.equal(expected.length - ran.length);
    run(10_000);
    expect(ran).to.deep.equal(expected.map(([name]) => name));
    expect(queue.size).to.equal(0);
  });

  describe('refusals', () => {
    for (const delay of [-1, -Number.MIN_VALUE, NaN, Infinity, '1' as unknown as number]) {
      it(`refuses a delay of ${JSON.stringify(delay) === 'null' ? delay : JSON.stringify(delay)}`, () => {
        const { queue, add, changes } = setUp();
        expect(() => add('x', delay)).to.throw(RangeError, 'callLater');
        expect(queue.size).to.equal(0);
        expect(changes()).to.equal(0);
      });
    }

    it('refuses what is no function', () => {
      const { queue } = setUp();
      for (const f of [undefined, null, 'f', {}]) {
        expect(() => queue.schedule(0, f as unknown as () => void, [])).to.throw(TypeError, 'callLater');
      }
      expect(queue.size).to.equal(0);
    });
  });

  describe('changed', () => {
    it('is called once after each schedule, reset, delay and cancel, when the queue is as it will be', () => {
      const seen: number[] = [];
      const queue: TimerQueue = new TimerQueue(
        () => 0,
        () => seen.push(queue.dueTime),
      );
      const call = queue.schedule(3, () => {}, []);
      call.reset(2);
      call.delay(-1);
      call.delay(4);
      call.cancel();
      expect(seen).to.deep.equal([3, 2, 1, 5, Infinity]);
    });

    it('is not called for what the queue takes out itself', () => {
      const { queue, add, run, changes } = setUp();
      add('a', 1);
      add('b', 2);
      run(1);
      queue.shift();
      expect(changes()).to.equal(2);
    });

    it('is not called for what was refused', () => {
      const { add, changes } = setUp();
      const call = add('a', 1);
      expect(() => call.reset(-1)).to.throw(RangeError);
      expect(() => call.delay(NaN)).to.throw(RangeError);
      call.cancel();
      expect(() => call.cancel()).to.throw();
      expect(changes()).to.equal(2);
    });
  });

  describe('runDue', () => {
    it('runs what is due by time, and in the order of scheduling where that is equal (Twisted leaves it open)', () => {
      const { ran, add, run } = setUp();
      for (let i = 0; i < 12; i++) add(`same ${i}`, 1);
      add('first', 0.5);
      add('not due', 1.5);
      run(1);
      expect(ran).to.deep.equal(['first', ...Array.from({ length: 12 }, (_, i) => `same ${i}`)]);
    });

    it('puts a call that was reset or delayed behind those due at the same time', () => {
      const { ran, add, run } = setUp();
      const [reset, delayed, moved] = [add('reset', 1), add('delayed', 0.5), add('there and back', 1)];
      add('untouched', 1);
      moved.delay(1);
      reset.reset(1);
      delayed.delay(0.5);
      moved.delay(-1);
      run(1);
      expect(ran).to.deep.equal(['untouched', 'reset', 'delayed', 'there and back']);
    });

    it('leaves calls scheduled meanwhile for the next time, even when they are due', () => {
      const { queue, ran, run, time } = setUp();
      queue.schedule(
        1,
        () => {
          ran.push('first');
          queue.schedule(0, () => ran.push('next turn'), []);
        },
        [],
      );
      queue.schedule(2, () => ran.push('second'), []);
      run(5);
      expect(ran).to.deep.equal(['first', 'second']);
      expect(queue.dueTime).to.equal(5);
      run(time.now);
      expect(ran).to.deep.equal(['first', 'second', 'next turn']);
    });

    it('leaves them even where the clock still shows an earlier time than it works for', () => {
      const { queue, ran } = setUp();
      const again = (): void => {
        ran.push('again');
        queue.schedule(0, again, []);
      };
      queue.schedule(1, again, []);
      queue.schedule(2, () => ran.push('second'), []);
      queue.runDue(3, (call) => call.run());
      expect(ran).to.deep.equal(['again', 'second']);
      expect(queue.size).to.equal(1);
    });

    it('leaves calls reset or delayed meanwhile, be it into the past, for the next time', () => {
      const { queue, ran, add, run, time } = setUp();
      queue.schedule(
        1,
        () => {
          due.reset(0);
          overdue.delay(-10);
          future.delay(-10);
        },
        [],
      );
      const [due, overdue, future] = [add('due', 1), add('overdue', 1), add('future', 9)];
      add('untouched', 2);
      run(2);
      expect(ran).to.deep.equal(['untouched']);
      expect(future.getTime()).to.equal(2);
      run(time.now);
      expect(ran).to.deep.equal(['untouched', 'due', 'overdue', 'future']);
    });

    it('does not run a due call that an earlier one cancelled or moved to later', () => {
      const { queue, ran, add, run } = setUp();
      queue.schedule(
        1,
        () => {
          cancelled.cancel();
          delayed.delay(1);
        },
        [],
      );
      const cancelled = add('cancelled', 1);
      const delayed = add('delayed', 1);
      add('other', 1);
      run(1);
      expect(ran).to.deep.equal(['other']);
      run(2);
      expect(ran).to.deep.equal(['other', 'delayed']);
    });

    it('has taken a call out, as called, before it hands it over', () => {
      const { queue, add } = setUp();
      const call = add('a', 1);
      queue.runDue(1, (given) => {
        expect(given).to.equal(call);
        expect(given.active()).to.equal(false);
        expect(queue.size).to.equal(0);
        expect(queue.active()).to.deep.equal([]);
      });
    });

    it('hands over what the function returns', () => {
      const { queue } = setUp();
      queue.schedule(0, (a: number, b: number) => a + b, [2, 3]);
      const results: unknown[] = [];
      queue.runDue(0, (call) => results.push(call.run()));
      expect(results).to.deep.equal([5]);
    });

    it('keeps the calls after the one for which invoke threw', () => {
      const { queue, ran, add, run } = setUp();
      add('a', 1);
      add('b', 1);
      add('c', 2);
      expect(() =>
        queue.runDue(2, () => {
          throw new Error('invoke');
        }),
      ).to.throw('invoke');
      expect(queue.size).to.equal(2);
      add('d', 1);
      run(2);
      expect(ran).to.deep.equal(['b', 'd', 'c']);
    });

    it('runs at most as many as it is told, and answers whether there are more', () => {
      const { queue, ran, add } = setUp();
      for (const name of ['a', 'b', 'c', 'd']) add(name, 1);
      add('not due', 2);
      const run = (most?: number): boolean => queue.runDue(1, (call) => call.run(), most);
      expect(run(0)).to.equal(true);
      expect(run(1)).to.equal(true);
      expect(ran).to.deep.equal(['a']);
      expect(run(3)).to.equal(false);
      expect(ran).to.deep.equal(['a', 'b', 'c', 'd']);
      expect(run()).to.equal(false);
      expect(queue.size).to.equal(1);
    });

    it('does not count as left what was scheduled meanwhile', () => {
      const { queue } = setUp();
      queue.schedule(0, () => queue.schedule(0, () => {}, []), []);
      expect(queue.runDue(0, (call) => call.run(), 1)).to.equal(false);
      expect(queue.size).to.equal(1);
    });

    it('takes for due what only the rounding of sums makes later, and nothing else', () => {
      const { ran, add, run, time } = setUp();
      time.now = 0.1;
      add('a', 0.2); // 0.30000000000000004
      add('b', 0.200001);
      run(0.3);
      expect(ran).to.deep.equal(['a']);
    });

    it('may be called by a call that it runs, and then runs each call once', () => {
      const { queue, ran, add, run } = setUp();
      add('a', 1);
      queue.schedule(1, () => queue.runDue(1, (call) => call.run()), []);
      add('b', 1);
      run(1);
      expect(ran).to.deep.equal(['a', 'b']);
    });
  });

  describe('lets go', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;

    async function alive(refs: WeakRef<DelayedCall>[]): Promise<number> {
      await setImmediate(); // until the turn ends, a WeakRef holds its target
      collectGarbage();
      return refs.filter((ref) => ref.deref() !== undefined).length;
    }

    it('of cancelled calls, before they are the greater part of many', async () => {
      const { queue, add } = setUp();
      const keep = Array.from({ length: 100 }, (_, i) => add('kept', i));
      const refs: WeakRef<DelayedCall>[] = [];
      for (let i = 0; i < 1000; i++) {
        refs.push(new WeakRef(add('cancelled', i % 100)));
        add('last', 200).cancel();
      }
      for (const ref of refs) ref.deref()!.cancel();
      expect(await alive(refs)).to.be.at.most(100);
      expect(queue.active()).to.have.ordered.members(keep);
    });

    it('of calls that have run, though it is never empty', async () => {
      const { queue, add, run } = setUp();
      const refs: WeakRef<DelayedCall>[] = [];
      for (let i = 0; i < 2000; i++) {
        run(i);
        refs.push(new WeakRef(add('call', 10)));
      }
      expect(queue.size).to.equal(10);
      expect(await alive(refs)).to.be.at.most(100);
    });
  });

  it('does as a sorted list does, under any operations', () => {
    fc.assert(
      fc.property(fc.array(operation(2), { maxLength: 60 }), (operations) => {
        expect(history(new RealSubject(), operations)).to.deep.equal(history(new ModelSubject(), operations));
      }),
      { numRuns: 500 },
    );
  });

  it('does as a sorted list does with many calls, most of them cancelled', () => {
    const scheduled = fc.array(
      fc.record({ kind: fc.constant('schedule' as const), by: delays, inside: fc.constant<Operation[]>([]) }),
      { minLength: 150, maxLength: 150 },
    );
    const moved = fc.array(
      fc.record({ kind: fc.constantFrom('delay' as const, 'reset' as const), call: fc.nat(149), by: delays }),
      { maxLength: 20 },
    );
    const cancelled = fc
      .shuffledSubarray(
        Array.from({ length: 150 }, (_, call) => call),
        { minLength: 100 },
      )
      .map((calls) => calls.map((call): Operation => ({ kind: 'cancel', call })));
    fc.assert(
      fc.property(scheduled, moved, cancelled, fc.array(operation(1, 200), { maxLength: 30 }), (...parts) => {
        const all: Operation[] = [...parts.flat(), { kind: 'pass', by: 3 }, { kind: 'run' }];
        expect(history(new RealSubject(), all)).to.deep.equal(history(new ModelSubject(), all));
      }),
      { numRuns: 25 },
    );
  });
});

/** `call` counts the calls in the order of their making, modulo how many there are; `inside` is done when it runs. */
type Operation =
  | { kind: 'schedule'; by: number; inside: Operation[] }
  | { kind: 'cancel'; call: number }
  | { kind: 'reset'; call: number; by: number }
  | { kind: 'delay'; call: number; by: number }
  | { kind: 'pass'; by: number }
  | { kind: 'run' }
  | { kind: 'shift' };

/** Few different values, so that many calls fall due at one time. */
const delays = fc.nat(12).map((n) => n / 4);

function operation(depth: number, calls: number = 40): fc.Arbitrary<Operation> {
  const call = fc.nat(calls);
  const inside = depth === 0 ? fc.constant<Operation[]>([]) : fc.array(operation(depth - 1, calls), { maxLength: 3 });
  return fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('schedule' as const), by: delays, inside }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), call }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('reset' as const), call, by: delays }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('delay' as const), call, by: fc.integer({ min: -8, max: 8 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), by: delays }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'run' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'shift' as const }) },
  );
}

interface Subject {
  now: number;
  schedule(by: number, f: () => void): void;
  cancel(id: number): void;
  reset(id: number, by: number): void;
  delay(id: number, by: number): void;
  run(): void;
  shift(): number | undefined;
  state(): unknown;
}

/** All that can be seen of a subject while the operations are done. */
function history(subject: Subject, operations: Operation[]): unknown[] {
  const seen: unknown[] = [];
  let made = 0;
  const perform = (op: Operation): void => {
    if (op.kind === 'schedule') {
      const id = made++;
      subject.schedule(op.by, () => {
        seen.push(`ran ${id}`);
        op.inside.forEach(perform);
      });
    } else if (op.kind === 'pass') subject.now += op.by;
    else if (op.kind === 'run') subject.run();
    else if (op.kind === 'shift') seen.push(subject.shift());
    else if (made > 0) {
      const id = op.call % made;
      try {
        if (op.kind === 'cancel') subject.cancel(id);
        else if (op.kind === 'reset') subject.reset(id, op.by);
        else subject.delay(id, op.by);
      } catch (error) {
        seen.push((error as Error).name);
      }
    }
    seen.push(subject.state());
  };
  operations.forEach(perform);
  return seen;
}

class RealSubject implements Subject {
  now = 0;
  readonly #calls: DelayedCall[] = [];
  readonly #ids = new Map<DelayedCall, number>();
  readonly #queue = new TimerQueue(
    () => this.now,
    () => {},
  );
  schedule(by: number, f: () => void): void {
    const call = this.#queue.schedule(by, f, []);
    this.#ids.set(call, this.#calls.push(call) - 1);
  }
  cancel(id: number): void {
    this.#calls[id]!.cancel();
  }
  reset(id: number, by: number): void {
    this.#calls[id]!.reset(by);
  }
  delay(id: number, by: number): void {
    this.#calls[id]!.delay(by);
  }
  run(): void {
    this.#queue.runDue(this.now, (call) => call.run());
  }
  shift(): number | undefined {
    const call = this.#queue.shift();
    return call === undefined ? undefined : this.#ids.get(call);
  }
  state(): unknown {
    return {
      size: this.#queue.size,
      due: this.#queue.dueTime,
      active: this.#queue.active().map((call) => [this.#ids.get(call), call.getTime()]),
    };
  }
}

class ModelSubject implements Subject {
  now = 0;
  #floor = 0;
  #sequence = 0;
  readonly #calls: { id: number; time: number; sequence: number; state: string; f: () => void }[] = [];
  schedule(by: number, f: () => void): void {
    const time = Math.max(this.now, this.#floor) + by;
    this.#calls.push({ id: this.#calls.length, time, sequence: this.#sequence++, state: 'pending', f });
  }
  cancel(id: number): void {
    this.#pending(id).state = 'AlreadyCancelled';
  }
  reset(id: number, by: number): void {
    Object.assign(this.#pending(id), { time: Math.max(this.now, this.#floor) + by, sequence: this.#sequence++ });
  }
  delay(id: number, by: number): void {
    const call = this.#pending(id);
    Object.assign(call, { time: Math.max(call.time + by, this.now, this.#floor), sequence: this.#sequence++ });
  }
  run(): void {
    const [outer, end, now] = [this.#floor, this.#sequence, this.now];
    this.#floor = Math.max(outer, now);
    for (;;) {
      const call = this.#sorted().find(({ time, sequence }) => time <= now && sequence < end);
      if (call === undefined) break;
      call.state = 'AlreadyCalled';
      call.f();
    }
    this.#floor = outer;
  }
  shift(): number | undefined {
    const call = this.#sorted()[0];
    if (call !== undefined) call.state = 'AlreadyCalled';
    return call?.id;
  }
  state(): unknown {
    const sorted = this.#sorted();
    return { size: sorted.length, due: sorted[0]?.time ?? Infinity, active: sorted.map(({ id, time }) => [id, time]) };
  }
  #sorted(): { id: number; time: number; sequence: number; state: string; f: () => void }[] {
    return this.#calls
      .filter(({ state }) => state === 'pending')
      .sort((a, b) => a.time - b.time || a.sequence - b.sequence);
  }
  #pending(id: number): { state: string; time: number } {
    const call = this.#calls[id]!;
    if (call.state !== 'pending') throw Object.assign(new Error(), { name: call.state });
    return call;
  }
}
