/**
 * The triggers of system events: adding, failing, removing. Part of the lifecycle suite.
 */
import assert from 'node:assert/strict';
import { Deferred } from '../../lib/deferred/deferred.js';
import { fail } from '../../lib/deferred/wrap.js';
import { UnknownTriggerError } from '../../lib/errors.js';
import type { SystemEventTrigger, TriggerPhase } from '../../lib/interfaces.js';
import type { NetworkTest, TestRunner } from './contract.js';
import { reportsOf } from './reports.js';

/** The suites about triggers. */
export function triggerSuites(it: NetworkTest, runner: TestRunner): void {
  runner.describe('addSystemEventTrigger', () => {
    it('throws a RangeError for another phase', ({ here: { reactor } }) => {
      for (const phase of ['', 'Before', 'amid', undefined]) {
        assert.throws(() => reactor.addSystemEventTrigger(phase as TriggerPhase, 'ready', () => {}), RangeError);
      }
    });

    it('throws a TypeError for what is no function', ({ here: { reactor } }) => {
      for (const f of [undefined, null, 'f', {}]) {
        assert.throws(() => reactor.addSystemEventTrigger('before', 'ready', f as never), TypeError);
      }
    });

    it('gives a trigger that tells its phase and event', ({ here: { reactor } }) => {
      const trigger = reactor.addSystemEventTrigger('during', 'ready', () => {});
      assert.equal(trigger.phase, 'during');
      assert.equal(trigger.event, 'ready');
    });
  });

  runner.describe('a trigger that fails', () => {
    for (const phase of PHASES) {
      it(`in the ${phase} phase is reported once, as the source, and the others run`, async (network) => {
        const { reactor } = network.here;
        const reports = reportsOf(reactor);
        const calls: string[] = [];
        const error = new Error('on purpose');
        for (const each of PHASES) reactor.addSystemEventTrigger(each, 'ready', () => void calls.push(`first ${each}`));
        const trigger = reactor.addSystemEventTrigger(phase, 'ready', () => {
          throw error;
        });
        for (const each of PHASES) reactor.addSystemEventTrigger(each, 'ready', () => void calls.push(`last ${each}`));
        reactor.fireSystemEvent('ready');
        await network.turns();
        assert.deepEqual(
          calls,
          PHASES.flatMap((each) => [`first ${each}`, `last ${each}`]),
        );
        assert.equal(reports.length, 1);
        assert.deepEqual(reports[0], { error, hook: 'trigger', source: trigger });
      });

      it(`later, in the ${phase} phase, is reported once, and holds nothing up`, async (network) => {
        const { reactor } = network.here;
        const reports = reportsOf(reactor);
        const deferred = new Deferred<void>();
        const results = [() => Promise.reject(new Error('promise')), () => fail(new Error('failed')), () => deferred];
        const triggers = results.map((result) => reactor.addSystemEventTrigger(phase, 'ready', result));
        let after = false;
        reactor.addSystemEventTrigger('after', 'ready', () => {
          after = true;
        });
        reactor.fireSystemEvent('ready');
        await network.turns();
        deferred.errback(new Error('deferred'));
        await network.until(() => after && reports.length === 3);
        await network.turns();
        for (const [i, message] of ['promise', 'failed', 'deferred'].entries()) {
          const report = reports.filter(({ error }) => error.message === message);
          assert.equal(report.length, 1);
          assert.equal(report[0]?.hook, 'trigger');
          assert.equal(report[0].source, triggers[i]);
        }
      });
    }
  });

  runner.describe('removeSystemEventTrigger', () => {
    it('keeps a trigger from being run, and no other', ({ here: { reactor } }) => {
      const calls: string[] = [];
      const f = (name: string): void => void calls.push(name);
      reactor.addSystemEventTrigger('during', 'ready', f, 'first');
      const trigger = reactor.addSystemEventTrigger('during', 'ready', f, 'second');
      reactor.addSystemEventTrigger('during', 'ready', f, 'third');
      reactor.removeSystemEventTrigger(trigger);
      reactor.fireSystemEvent('ready');
      assert.deepEqual(calls, ['first', 'third']);
    });

    it('throws UnknownTriggerError for what is not waiting', (network) => {
      const { reactor } = network.here;
      const removed = reactor.addSystemEventTrigger('before', 'ready', () => {});
      reactor.removeSystemEventTrigger(removed);
      const over = reactor.addSystemEventTrigger('before', 'over', () => {});
      reactor.fireSystemEvent('over');
      const other = network.another().addSystemEventTrigger('before', 'ready', () => {});
      const waiting = reactor.addSystemEventTrigger('before', 'ready', () => {});
      const alike = { phase: waiting.phase, event: waiting.event };
      for (const trigger of [removed, over, other, alike, undefined, null, 'ready', 7]) {
        const remove = (): void => reactor.removeSystemEventTrigger(trigger as SystemEventTrigger);
        assert.throws(remove, UnknownTriggerError);
      }
      reactor.removeSystemEventTrigger(waiting);
    });

    it('works from inside the event, for triggers that are still to come', async (network) => {
      const { reactor } = network.here;
      const calls: string[] = [];
      const f = (name: string): void => void calls.push(name);
      const wait = new Deferred<void>();
      reactor.addSystemEventTrigger('before', 'ready', () => {
        reactor.removeSystemEventTrigger(before);
        reactor.removeSystemEventTrigger(during);
        return wait;
      });
      const before = reactor.addSystemEventTrigger('before', 'ready', f, 'before');
      const during = reactor.addSystemEventTrigger('during', 'ready', f, 'during');
      const meanwhile = reactor.addSystemEventTrigger('during', 'ready', f, 'during, removed meanwhile');
      reactor.addSystemEventTrigger('during', 'ready', () => {
        reactor.removeSystemEventTrigger(pending);
        reactor.removeSystemEventTrigger(after);
      });
      const pending = reactor.addSystemEventTrigger('during', 'ready', f, 'pending during');
      const after = reactor.addSystemEventTrigger('after', 'ready', f, 'after');
      reactor.addSystemEventTrigger('after', 'ready', f, 'last');
      reactor.fireSystemEvent('ready');
      await network.turns();
      reactor.removeSystemEventTrigger(meanwhile);
      wait.callback();
      await network.turns();
      assert.deepEqual(calls, ['last']);
    });

    it('is harmless, once, for a trigger that has run in the event that is being fired', ({ here: { reactor } }) => {
      const calls: string[] = [];
      const first = reactor.addSystemEventTrigger('before', 'ready', () => void calls.push('first'));
      reactor.addSystemEventTrigger('before', 'ready', () => {
        reactor.removeSystemEventTrigger(first);
        assert.throws(() => reactor.removeSystemEventTrigger(first), UnknownTriggerError);
        calls.push('second');
      });
      reactor.addSystemEventTrigger('during', 'ready', () => void calls.push('during'));
      reactor.fireSystemEvent('ready');
      assert.deepEqual(calls, ['first', 'second', 'during']);
    });

    it('of a trigger that is waited for does not end the wait', async (network) => {
      const { reactor } = network.here;
      const wait = new Deferred<void>();
      let during = false;
      const trigger = reactor.addSystemEventTrigger('before', 'ready', () => wait);
      reactor.addSystemEventTrigger('during', 'ready', () => {
        during = true;
      });
      reactor.fireSystemEvent('ready');
      reactor.removeSystemEventTrigger(trigger);
      await network.turns();
      assert.equal(during, false);
      wait.callback();
      await network.turns();
      assert.equal(during, true);
    });
  });
}

const PHASES: readonly TriggerPhase[] = ['before', 'during', 'after'];
