/// <reference types="node" preserve="true" />
/**
 * What plait promises of time on every network: `seconds`, `callLater`, `getDelayedCalls`, and, in `time-calls.ts`, of the
 * calls themselves. Time is the reactor's: the only thing said of it is that no call is made early.
 */
import assert from 'node:assert/strict';
import { Deferred } from '../../lib/deferred/deferred.js';
import { TimeoutError } from '../../lib/deferred/errors.js';
import { deferLater } from '../../lib/time/defer-later.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import { LoopingCall } from '../../lib/time/looping-call.js';
import { atOneInstant } from './at-one-instant.js';
import { type ContractLimits, type MakeNetwork, networkTest, type TestRunner } from './contract.js';
import { outcome, pass, ROUNDING, SHORT } from './outcome.js';
import { delayedCallSuites } from './time-calls.js';

/** The suite about time. */
export function timeContract(makeNetwork: MakeNetwork, runner: TestRunner, _limits: ContractLimits = {}): void {
  const it = networkTest(makeNetwork, runner);

  runner.describe('time', () => {
    runner.describe('seconds', () => {
      it('never goes back', async (network) => {
        const { reactor } = network.here;
        const seen = [reactor.seconds()];
        const look = (): void => void seen.push(reactor.seconds());
        for (let i = 0; i < 100; i++) look();
        reactor.callLater(0, look);
        reactor.callLater(SHORT, look);
        await network.turns();
        look();
        await network.until(() => seen.length === 104);
        assert.ok(seen.every(Number.isFinite));
        assert.deepEqual(
          seen,
          [...seen].sort((a, b) => a - b),
        );
      });

      it('passes under a timed call, at least by its delay', async (network) => {
        const { reactor } = network.here;
        const start = reactor.seconds();
        await pass(network, SHORT);
        assert.ok(reactor.seconds() - start >= SHORT - ROUNDING);
      });
    });

    runner.describe('callLater', () => {
      it('makes the call once, with its arguments', async (network) => {
        const calls: unknown[][] = [];
        const object = {};
        network.here.reactor.callLater(0, (...args: unknown[]) => void calls.push(args), 1, 'two', object);
        await pass(network, SHORT);
        await network.turns();
        assert.equal(calls.length, 1);
        assert.deepEqual(calls[0], [1, 'two', {}]);
        assert.equal(calls[0]?.[2], object);
      });

      it('makes no call before it is due', async (network) => {
        const { reactor } = network.here;
        const early: number[] = [];
        let made = 0;
        for (const delay of [0, 0.0001, 0.0015, 0.003, 0.0099, 0.02, 1 / 3 / 10]) {
          const call = reactor.callLater(delay, () => {
            made++;
            if (reactor.seconds() < call.getTime() - ROUNDING) early.push(call.getTime() - reactor.seconds());
          });
        }
        await network.until(() => made === 7);
        assert.deepEqual(early, []);
      });

      it('makes no call inside itself, not even one without a delay', async (network) => {
        const { reactor } = network.here;
        let made = false;
        reactor.callLater(0, () => {
          made = true;
        });
        assert.equal(made, false);
        await network.until(() => made);
      });

      it('makes calls by due time, whatever the order in which they were scheduled', async (network) => {
        const { here } = network;
        const order: number[] = [];
        for (const n of [4, 1, 5, 3, 2]) here.reactor.callLater(n * 0.004, () => void order.push(n));
        await network.until(() => order.length === 5);
        assert.deepEqual(order, [1, 2, 3, 4, 5]);
      });

      it('makes calls without a delay in the order in which they were scheduled', async (network) => {
        const { here } = network;
        const order: number[] = [];
        const expected = Array.from({ length: 200 }, (_, i) => i);
        for (const n of expected) here.reactor.callLater(0, () => void order.push(n));
        await network.until(() => order.length === expected.length);
        assert.deepEqual(order, expected);
      });

      it('makes calls due at one instant in the order in which they were scheduled', async (network) => {
        const { here } = network;
        const order: number[] = [];
        const numbers = Array.from({ length: 40 }, (_, i) => i);
        const calls = numbers.map((n) => here.reactor.callLater(SHORT, () => void order.push(n)));
        const scheduled = numbers.map((n) => (n * 7) % 40);
        atOneInstant(scheduled.map((n) => calls[n]!));
        await network.until(() => order.length === 40);
        assert.deepEqual(order, scheduled);
      });

      it('puts a call that was reset or delayed behind the others of its instant', async (network) => {
        const { here } = network;
        const order: string[] = [];
        const call = (name: string): DelayedCall => here.reactor.callLater(SHORT, () => void order.push(name));
        const [a, b, c] = [call('a'), call('b'), call('c')];
        atOneInstant([a, b, c]);
        a.delay(0);
        b.reset(Math.max(c.getTime() - network.here.reactor.seconds(), 0));
        await network.until(() => order.length === 3);
        assert.deepEqual(order, ['c', 'a', 'b']);
      });

      it('makes a call scheduled by a running call in a later turn, never in the same', async (network) => {
        const { here } = network;
        const order: string[] = [];
        const { reactor } = here;
        const first = reactor.callLater(SHORT, () => {
          order.push('first');
          void Promise.resolve().then(() => order.push('promise job'));
          reactor.callLater(0, () => void order.push('scheduled by the first'));
        });
        const second = reactor.callLater(SHORT, () => void order.push('second'));
        atOneInstant([first, second]);
        await network.until(() => order.length === 4);
        assert.equal(order[0], 'first');
        assert.equal(order[3], 'scheduled by the first');
      });

      it('makes calls that schedule each other without a delay one turn after the other', async (network) => {
        const { here } = network;
        const order: string[] = [];
        const generation = (n: number): void => {
          order.push(`call ${n}`);
          void Promise.resolve().then(() => order.push(`job ${n}`));
          if (n < 100) here.reactor.callLater(0, generation, n + 1);
        };
        here.reactor.callLater(0, generation, 1);
        await network.until(() => order.length === 200);
        assert.deepEqual(
          order,
          Array.from({ length: 200 }, (_, i) => `${i % 2 === 0 ? 'call' : 'job'} ${(i >> 1) + 1}`),
        );
      });

      it('takes what calls without a delay schedule for now as due now', async (network) => {
        const { reactor } = network.here;
        const made: number[] = [];
        reactor.callLater(0, () => reactor.callLater(0, () => reactor.callLater(0, () => made.push(1))));
        await network.turns();
        assert.deepEqual(made, [1]);
      });

      it('makes calls whether the reactor runs or not', async (network) => {
        const { reactor } = network.here;
        let made = false;
        reactor.callLater(SHORT, () => {
          made = true;
        });
        await network.until(() => made);
        assert.equal(reactor.running, false);
      });

      it('makes the calls of each reactor on its own', async (network) => {
        const { here } = network;
        const made: string[] = [];
        const other = network.another();
        const far = other.callLater(FAR, () => void made.push('far'));
        other.callLater(SHORT / 2, () => void made.push('other'));
        here.reactor.callLater(SHORT, () => void made.push('here'));
        assert.equal(here.reactor.getDelayedCalls().length, 1);
        assert.equal(other.getDelayedCalls().length, 2);
        await network.until(() => made.length === 2);
        assert.deepEqual([...made].sort(), ['here', 'other']);
        far.cancel();
      });

      for (const delay of [-1, -Number.MIN_VALUE, NaN, -Infinity, Infinity]) {
        it(`throws a RangeError for a delay of ${delay}, and schedules nothing`, ({ here: { reactor } }) => {
          assert.throws(() => reactor.callLater(delay, () => {}), RangeError);
          assert.deepEqual(reactor.getDelayedCalls(), []);
        });
      }

      it('throws a TypeError for what is no function, and schedules nothing', ({ here: { reactor } }) => {
        for (const f of [undefined, null, 'f', {}]) assert.throws(() => reactor.callLater(0, f as never), TypeError);
        assert.deepEqual(reactor.getDelayedCalls(), []);
      });

      it('keeps a call that is due in more than 2^31 milliseconds waiting, while others are made', async (network) => {
        const { reactor } = network.here;
        const made: number[] = [];
        const delays = [2 ** 31 / 1000, 2 ** 32 / 1000 + 0.001, 1e9, 1e15];
        const calls = delays.map((delay) => reactor.callLater(delay, () => void made.push(delay)));
        await pass(network, SHORT);
        await pass(network, SHORT);
        await network.turns();
        assert.deepEqual(made, []);
        assert.deepEqual(reactor.getDelayedCalls(), calls);
        calls[3]!.reset(SHORT);
        await network.until(() => made.length === 1);
        assert.deepEqual(made, [1e15]);
      });
    });

    runner.describe('getDelayedCalls', () => {
      it('gives the active calls by due time', ({ here: { reactor } }) => {
        const [c, a, b] = [30, 10, 20].map((delay) => reactor.callLater(delay, () => {})) as Three;
        assert.deepEqual(reactor.getDelayedCalls(), [a, b, c]);
        a.delay(30);
        assert.deepEqual(reactor.getDelayedCalls(), [b, c, a]);
        c.reset(5);
        assert.deepEqual(reactor.getDelayedCalls(), [c, b, a]);
        b.cancel();
        assert.deepEqual(reactor.getDelayedCalls(), [c, a]);
      });

      it('gives a copy', async (network) => {
        const { reactor } = network.here;
        let made = false;
        const call = reactor.callLater(SHORT, () => {
          made = true;
        });
        const given = reactor.getDelayedCalls();
        given.length = 0;
        assert.deepEqual(reactor.getDelayedCalls(), [call]);
        await network.until(() => made);
      });

      it('has neither a running call, nor one that was made, cancelled, or failed', async (network) => {
        const { reactor } = network.here;
        reactor.on('error', () => {});
        const inside: DelayedCall[][] = [];
        reactor.callLater(SHORT / 2, () => {
          inside.push(reactor.getDelayedCalls());
          throw new Error('on purpose');
        });
        const last = reactor.callLater(SHORT, () => void inside.push(reactor.getDelayedCalls()));
        reactor.callLater(SHORT, () => {}).cancel();
        await network.until(() => inside.length === 2);
        assert.deepEqual(inside, [[last], []]);
        assert.deepEqual(reactor.getDelayedCalls(), []);
      });
    });

    runner.describe('what is built on timed calls', () => {
      it('deferLater fires with the result of its function', async (network) => {
        const start = network.here.reactor.seconds();
        assert.equal(
          await outcome(
            network,
            deferLater(network.here.reactor, SHORT, () => 'result'),
          ),
          'result',
        );
        assert.ok(network.here.reactor.seconds() - start >= SHORT - ROUNDING);
        assert.deepEqual(network.here.reactor.getDelayedCalls(), []);
      });

      it('addTimeout fails a Deferred in time, and leaves no call behind', async (network) => {
        const { reactor } = network.here;
        await assert.rejects(outcome(network, new Deferred().addTimeout(SHORT, reactor)), TimeoutError);
        const fired = new Deferred<void>().addTimeout(FAR, reactor);
        fired.callback();
        assert.deepEqual(reactor.getDelayedCalls(), []);
      });

      it('a LoopingCall runs on its grid, and stops', async (network) => {
        const { reactor } = network.here;
        const times: number[] = [];
        const start = reactor.seconds();
        const loop = new LoopingCall(reactor, () => {
          times.push(reactor.seconds());
          if (times.length === 4) loop.stop();
        });
        assert.equal(await outcome(network, loop.start(SHORT / 2)), loop);
        assert.equal(times.length, 4);
        assert.ok(times.every((time, i) => time >= start + (i * SHORT) / 2 - ROUNDING));
        assert.deepEqual(reactor.getDelayedCalls(), []);
      });

      it('a LoopingCall of interval 0 runs once a turn', async (network) => {
        const { reactor } = network.here;
        const order: string[] = [];
        const loop = new LoopingCall(reactor, () => {
          order.push('call');
          void Promise.resolve().then(() => order.push('job'));
          if (order.length === 20) loop.stop();
        });
        loop.start(0);
        await network.until(() => order.length === 22);
        assert.deepEqual(
          order,
          Array.from({ length: 22 }, (_, i) => (i % 2 === 0 ? 'call' : 'job')),
        );
      });
    });

    delayedCallSuites(it, runner);
  });
}

/** Seconds of a delay that no test waits for. */
const FAR = 1e6;

type Three = [DelayedCall, DelayedCall, DelayedCall];
