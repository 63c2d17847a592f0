/**
 * What a DelayedCall can be asked for, and what becomes of one that fails. Part of the suite about time.
 */
import assert from 'node:assert/strict';
import { Deferred } from '../../lib/deferred/deferred.js';
import { fail } from '../../lib/deferred/wrap.js';
import { ThrownValueError } from '../../lib/errors.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import { AlreadyCalled, AlreadyCancelled } from '../../lib/time/errors.js';
import { atOneInstant } from './at-one-instant.js';
import type { NetworkTest, TestRunner } from './contract.js';
import { outcome, pass, SHORT } from './outcome.js';
import { reportsOf } from './reports.js';

/** The suites about timed calls. */
export function delayedCallSuites(it: NetworkTest, runner: TestRunner): void {
  runner.describe('a DelayedCall', () => {
    it('is due its delay from when it was scheduled', ({ here: { reactor } }) => {
      const before = reactor.seconds();
      const call = reactor.callLater(10, () => {});
      const after = reactor.seconds();
      assert.ok(call.getTime() >= before + 10 && call.getTime() <= after + 10);
    });

    it('is active until it runs', async (network) => {
      const { reactor } = network.here;
      let inside: boolean | undefined;
      const call = reactor.callLater(0, () => {
        inside = call.active();
      });
      assert.equal(call.active(), true);
      await network.until(() => inside !== undefined);
      assert.equal(inside, false);
      assert.equal(call.active(), false);
    });

    it('still tells, when it was made or cancelled, for when it was due', async (network) => {
      const { reactor } = network.here;
      const call = reactor.callLater(0, () => {});
      const due = call.getTime();
      await network.until(() => !call.active());
      assert.equal(call.getTime(), due);
      const cancelled = reactor.callLater(5, () => {});
      const wasDue = cancelled.getTime();
      cancelled.cancel();
      assert.equal(cancelled.getTime(), wasDue);
    });

    it('is never made when it was cancelled', async (network) => {
      let made = false;
      const call = network.here.reactor.callLater(SHORT / 2, () => {
        made = true;
      });
      call.cancel();
      assert.equal(call.active(), false);
      await pass(network, SHORT);
      await network.turns();
      assert.equal(made, false);
    });

    it('can cancel another that is due in the same turn', async (network) => {
      const { reactor } = network.here;
      const made: string[] = [];
      const first = reactor.callLater(SHORT, () => {
        made.push('first');
        second.cancel();
      });
      const second = reactor.callLater(SHORT, () => void made.push('second'));
      const third = reactor.callLater(SHORT, () => void made.push('third'));
      atOneInstant([first, second, third]);
      await network.until(() => made.includes('third'));
      await network.turns();
      assert.deepEqual(made, ['first', 'third']);
    });

    it('can put off another that is due in the same turn', async (network) => {
      const { reactor } = network.here;
      const made: string[] = [];
      const first = reactor.callLater(SHORT, () => {
        made.push('first');
        second.delay(1000);
        third.reset(0);
      });
      const second = reactor.callLater(SHORT, () => void made.push('second'));
      const third = reactor.callLater(SHORT, () => void made.push('third'));
      const fourth = reactor.callLater(SHORT, () => void made.push('fourth'));
      atOneInstant([first, second, third, fourth]);
      await network.until(() => made.length === 3);
      assert.deepEqual(made, ['first', 'fourth', 'third']);
      assert.deepEqual(reactor.getDelayedCalls(), [second]);
    });

    it('is moved by delay, from when it is due, later or sooner', async (network) => {
      const { reactor } = network.here;
      const made: string[] = [];
      const late = reactor.callLater(SHORT / 2, () => void made.push('late'));
      const soon = reactor.callLater(100, () => void made.push('soon'));
      const [lateDue, soonDue] = [late.getTime(), soon.getTime()];
      late.delay(SHORT);
      soon.delay(SHORT - 100);
      assert.equal(late.getTime(), lateDue + SHORT);
      assert.equal(soon.getTime(), soonDue + (SHORT - 100));
      await network.until(() => made.length === 2);
      assert.deepEqual(made, ['soon', 'late']);
    });

    it('is moved by delay no further back than to now', async (network) => {
      const { reactor } = network.here;
      const made: string[] = [];
      const now = reactor.callLater(0, () => void made.push('now'));
      const past = reactor.callLater(1, () => void made.push('moved to the past'));
      past.delay(-1000);
      assert.ok(past.getTime() >= now.getTime());
      assert.deepEqual(made, []);
      await network.until(() => made.length === 2);
      assert.deepEqual(made, ['now', 'moved to the past']);
    });

    it('waits anew from reset on, longer or shorter', async (network) => {
      const { reactor } = network.here;
      const made: string[] = [];
      const longer = reactor.callLater(SHORT / 2, () => void made.push('longer'));
      const shorter = reactor.callLater(100, () => void made.push('shorter'));
      const before = reactor.seconds();
      longer.reset(2 * SHORT);
      shorter.reset(SHORT);
      const after = reactor.seconds();
      assert.ok(longer.getTime() >= before + 2 * SHORT && longer.getTime() <= after + 2 * SHORT);
      assert.ok(shorter.getTime() >= before + SHORT && shorter.getTime() <= after + SHORT);
      await network.until(() => made.length === 2);
      assert.deepEqual(made, ['shorter', 'longer']);
    });

    it('throws a RangeError for what is no time to wait, and stays as it was', ({ here: { reactor } }) => {
      const call = reactor.callLater(10, () => {});
      const due = call.getTime();
      for (const seconds of [-1, NaN, Infinity]) assert.throws(() => call.reset(seconds), RangeError);
      for (const seconds of [NaN, Infinity, -Infinity]) assert.throws(() => call.delay(seconds), RangeError);
      assert.equal(call.getTime(), due);
      assert.deepEqual(reactor.getDelayedCalls(), [call]);
    });

    it('throws AlreadyCancelled once it is cancelled', ({ here: { reactor } }) => {
      const call = reactor.callLater(10, () => {});
      call.cancel();
      for (const misuse of misuses(call)) assert.throws(misuse, AlreadyCancelled);
    });

    it('throws AlreadyCalled once it was made', async (network) => {
      const { reactor } = network.here;
      const call = reactor.callLater(0, () => {});
      await network.until(() => !call.active());
      for (const misuse of misuses(call)) assert.throws(misuse, AlreadyCalled);
    });

    it('throws AlreadyCalled while it runs', async (network) => {
      const { reactor } = network.here;
      let checked = false;
      const reports = reportsOf(reactor);
      const call = reactor.callLater(0, () => {
        for (const misuse of misuses(call)) assert.throws(misuse, AlreadyCalled);
        checked = true;
      });
      await network.until(() => checked || reports.length > 0);
      assert.deepEqual(reports, []);
    });
  });

  runner.describe('a timed call that fails', () => {
    it('is reported once, with the call as its source, and the others are still made', async (network) => {
      const { reactor } = network.here;
      const reports = reportsOf(reactor);
      const error = new Error('on purpose');
      const made: string[] = [];
      const calls = [
        reactor.callLater(SHORT, () => void made.push('first')),
        reactor.callLater(SHORT, () => {
          throw error;
        }),
        reactor.callLater(SHORT, () => void made.push('third')),
      ];
      atOneInstant(calls);
      await network.until(() => made.length === 2);
      await pass(network, SHORT);
      assert.deepEqual(made, ['first', 'third']);
      assert.equal(reports.length, 1);
      assert.equal(reports[0]!.error, error);
      assert.equal(reports[0]!.hook, 'timer');
      assert.equal(reports[0]!.source, calls[1]);
    });

    it('is reported when it fails later: an async function, a promise, a Deferred', async (network) => {
      const { reactor } = network.here;
      const reports = reportsOf(reactor);
      const errors = ['async', 'promise', 'failed Deferred', 'pending Deferred'].map((name) => new Error(name));
      const pending = new Deferred<void>();
      const calls = [
        reactor.callLater(0, async () => {
          await Promise.resolve();
          throw errors[0];
        }),
        reactor.callLater(0, () => Promise.reject(errors[1])),
        reactor.callLater(0, () => fail(errors[2])),
        reactor.callLater(0, () => pending),
      ];
      await network.until(() => reports.length === 3 && !calls.some((call) => call.active()));
      pending.errback(errors[3]);
      await network.turns();
      assert.equal(reports.length, 4);
      for (const [i, error] of errors.entries()) {
        const report = reports.find((each) => each.error === error);
        assert.equal(report?.hook, 'timer', error.message);
        assert.equal(report.source, calls[i], error.message);
      }
    });

    it('is reported as an Error whatever it throws', async (network) => {
      const { reactor } = network.here;
      const reports = reportsOf(reactor);
      reactor.callLater(0, () => {
        throw 'no error';
      });
      reactor.callLater(0, () => Promise.reject(undefined));
      await network.until(() => reports.length === 2);
      assert.ok(reports.every(({ error }) => error instanceof ThrownValueError));
      assert.deepEqual(
        reports.map(({ error }) => error.cause),
        ['no error', undefined],
      );
    });

    it('is no failure where its promise is fulfilled', async (network) => {
      const reports = reportsOf(network.here.reactor);
      network.here.reactor.callLater(0, () => Promise.resolve('fine'));
      network.here.reactor.callLater(0, () => new Deferred<never>());
      await pass(network, SHORT);
      await network.turns();
      assert.deepEqual(reports, []);
    });

    it('leaves the result of a Deferred that it returned to those who have it', async (network) => {
      const deferred = new Deferred<string>();
      const call = network.here.reactor.callLater(0, () => deferred);
      await network.until(() => !call.active());
      deferred.callback('result');
      assert.equal(await outcome(network, deferred), 'result');
    });
  });
}

function misuses(call: DelayedCall): (() => void)[] {
  return [() => call.cancel(), () => call.delay(1), () => call.reset(1)];
}
