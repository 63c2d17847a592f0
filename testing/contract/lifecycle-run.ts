/**
 * `run`, and the signals that end it. Part of the lifecycle suite.
 */
import assert from 'node:assert/strict';
import { Deferred } from '../../lib/deferred/deferred.js';
import { ReactorAlreadyRunning } from '../../lib/errors.js';
import type { NetworkTest, TestRunner } from './contract.js';
import { exchange, NO_SIGNALS, watchEvent } from './lifecycle-steps.js';
import { withReactorOn } from './network-with.js';
import { outcome, pass, SHORT } from './outcome.js';
import { reportsOf } from './reports.js';

/** The suites about run and signals. */
export function runSuites(it: NetworkTest, runner: TestRunner): void {
  runner.describe('run', () => {
    it('fires startup, and runs from its during phase on', async (network) => {
      const { reactor } = network.here;
      const seen = watchEvent(reactor, 'startup');
      void reactor.run(NO_SIGNALS);
      await network.until(() => seen.length === 3);
      assert.deepEqual(seen, ['before, not running', 'during, running', 'after, running']);
    });

    it('resolves when the reactor was stopped, and not before', async (network) => {
      const { reactor } = network.here;
      let over = false;
      const run = reactor.run(NO_SIGNALS).then(() => {
        over = true;
      });
      await pass(network, SHORT);
      assert.equal(over, false);
      assert.equal(reactor.running, true);
      reactor.stop();
      await outcome(network, run);
      assert.equal(reactor.running, false);
    });

    it('throws ReactorAlreadyRunning while the reactor starts, runs, or stops', async (network) => {
      const { reactor } = network.here;
      const [startup, shutdown] = [new Deferred<void>(), new Deferred<void>()];
      const run = (): unknown => reactor.run(NO_SIGNALS);
      reactor.addSystemEventTrigger('before', 'startup', () => startup);
      reactor.addSystemEventTrigger('before', 'shutdown', () => shutdown);
      const over = reactor.run(NO_SIGNALS);
      assert.throws(run, ReactorAlreadyRunning);
      await network.turns();
      assert.throws(run, ReactorAlreadyRunning);
      startup.callback();
      await network.until(() => reactor.running);
      assert.throws(run, ReactorAlreadyRunning);
      reactor.stop();
      assert.throws(run, ReactorAlreadyRunning);
      await network.turns();
      assert.throws(run, ReactorAlreadyRunning);
      shutdown.callback();
      await outcome(network, over);
    });

    it('waits for the before triggers of startup, while timed calls are made and datagrams arrive', async (network) => {
      const { reactor } = network.here;
      const startup = new Deferred<void>();
      const seen = watchEvent(reactor, 'startup');
      reactor.addSystemEventTrigger('before', 'startup', () => startup);
      void reactor.run(NO_SIGNALS);
      await exchange(network);
      await pass(network, SHORT);
      assert.deepEqual(seen, ['before, not running']);
      assert.equal(reactor.running, false);
      startup.callback();
      await network.until(() => seen.length === 3);
    });

    it('may be called again when the reactor was stopped, as often as wished', async (network) => {
      const { reactor } = network.here;
      const events: string[] = [];
      reactor.on('startup', () => events.push('startup'));
      reactor.on('shutdown', () => events.push('shutdown'));
      for (let i = 0; i < 3; i++) {
        const over = reactor.run(NO_SIGNALS);
        await network.until(() => reactor.running);
        await exchange(network);
        reactor.stop();
        await outcome(network, over);
      }
      assert.deepEqual(events, Array(3).fill(['startup', 'shutdown']).flat());
    });

    it('may be called again at once from where the last run ended', async (network) => {
      const { reactor } = network.here;
      let started = 0;
      reactor.on('startup', () => started++);
      const again = reactor.run(NO_SIGNALS).then(() => reactor.run(NO_SIGNALS));
      await network.until(() => started === 1 && reactor.running);
      reactor.stop();
      await network.until(() => started === 2 && reactor.running);
      reactor.stop();
      await outcome(network, again);
    });

    it('goes on when a trigger of startup fails', async (network) => {
      const { reactor } = network.here;
      const reports = reportsOf(reactor);
      for (const phase of ['before', 'during', 'after'] as const) {
        reactor.addSystemEventTrigger(phase, 'startup', () => {
          throw new Error(phase);
        });
      }
      void reactor.run(NO_SIGNALS);
      await network.until(() => reactor.running && reports.length === 3);
      assert.deepEqual(
        reports.map(({ error, hook }) => `${hook} ${error.message}`),
        ['trigger before', 'trigger during', 'trigger after'],
      );
    });
  });

  runner.describe('signals', () => {
    it('are listened for from the during phase of startup until the end of the run', async (network) => {
      const listening = new Set<object>();
      const onSignals = (f: object): (() => void) => {
        listening.add(f);
        return () => listening.delete(f);
      };
      await withReactorOn(
        network,
        () => ({ onSignals }),
        async (reactor) => {
          const seen: string[] = [];
          for (const phase of ['before', 'during'] as const) {
            reactor.addSystemEventTrigger(phase, 'startup', () => seen.push(`${phase} ${listening.size}`));
          }
          assert.equal(listening.size, 0);
          const over = reactor.run();
          await network.until(() => reactor.running);
          assert.deepEqual(seen, ['before 0', 'during 1']);
          reactor.stop();
          await outcome(network, over);
          assert.equal(listening.size, 0);
          void reactor.run();
          await network.until(() => reactor.running);
          assert.equal(listening.size, 1);
          reactor.crash();
          assert.equal(listening.size, 0);
        },
      );
    });

    it('are left alone where run was told so', async (network) => {
      let asked = 0;
      await withReactorOn(
        network,
        () => ({
          onSignals: () => {
            asked++;
            return () => {};
          },
        }),
        async (reactor) => {
          void reactor.run(NO_SIGNALS);
          await network.until(() => reactor.running);
        },
      );
      assert.equal(asked, 0);
    });

    it('stop the run, the first of them; the reactor tells which, until it runs again', async (network) => {
      let send: ((signal: string) => void) | undefined;
      const onSignals = (f: (signal: string) => void): (() => void) => {
        send = f;
        return () => {
          send = undefined;
        };
      };
      await withReactorOn(
        network,
        () => ({ onSignals }),
        async (reactor) => {
          const shutdown = new Deferred<void>();
          reactor.addSystemEventTrigger('before', 'shutdown', () => shutdown);
          const over = reactor.run();
          await network.until(() => reactor.running);
          assert.equal(reactor.exitSignal, undefined);
          send!('SIGTERM');
          await network.turns();
          assert.equal(send, undefined, 'a second signal has its usual effect');
          shutdown.callback();
          await outcome(network, over);
          assert.equal(reactor.exitSignal, 'SIGTERM');
          void reactor.run();
          assert.equal(reactor.exitSignal, undefined);
        },
      );
    });
  });
}
