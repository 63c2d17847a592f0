/**
 * How a system event is fired: phases, order, waiting. Part of the lifecycle suite.
 */
import assert from 'node:assert/strict';
import { Deferred } from '../../lib/deferred/deferred.js';
import { succeed } from '../../lib/deferred/wrap.js';
import type { TriggerPhase } from '../../lib/interfaces.js';
import type { NetworkTest, TestRunner } from './contract.js';
import { outcome, pass } from './outcome.js';

/** The suite about firing system events. */
export function systemEventSuite(it: NetworkTest, runner: TestRunner): void {
  runner.describe('a system event', () => {
    it('runs its before, during and after triggers, each phase in the order of adding', ({ here: { reactor } }) => {
      const order: string[] = [];
      for (const phase of ['after', 'during', 'before', 'during', 'before', 'after'] as const) {
        const n = order.length;
        reactor.addSystemEventTrigger(phase, 'ready', (...args) => void order.push(args.join(' ')), phase, n);
        reactor.addSystemEventTrigger(phase, 'something else', () => assert.fail('another event was fired'));
      }
      reactor.fireSystemEvent('ready');
      assert.deepEqual(order, ['before 0', 'before 0', 'during 0', 'during 0', 'after 0', 'after 0']);
    });

    it('runs each trigger once', ({ here: { reactor } }) => {
      let calls = 0;
      for (const phase of PHASES) reactor.addSystemEventTrigger(phase, 'ready', () => calls++);
      reactor.fireSystemEvent('ready');
      reactor.fireSystemEvent('ready');
      assert.equal(calls, 3);
    });

    it('without triggers is fired without effect', ({ here: { reactor } }) => {
      reactor.fireSystemEvent('nobody cares');
      assert.equal(reactor.running, false);
    });

    it('waits for all that before triggers return, promises and Deferreds', async (network) => {
      const { reactor } = network.here;
      const order: string[] = [];
      const deferred = new Deferred<void>();
      let resolve = (): void => {};
      const promise = new Promise<void>((done) => {
        resolve = done;
      });
      reactor.addSystemEventTrigger('before', 'ready', () => deferred);
      reactor.addSystemEventTrigger('before', 'ready', () => promise);
      reactor.addSystemEventTrigger('before', 'ready', () => void order.push('before'));
      reactor.addSystemEventTrigger('during', 'ready', () => void order.push('during'));
      reactor.addSystemEventTrigger('after', 'ready', () => void order.push('after'));
      reactor.fireSystemEvent('ready');
      await pass(network, 0);
      assert.deepEqual(order, ['before']);
      resolve();
      await network.turns();
      assert.deepEqual(order, ['before']);
      deferred.callback();
      await network.until(() => order.length === 3);
      assert.deepEqual(order, ['before', 'during', 'after']);
    });

    it('goes on at once, within the call that fires it, where the Deferreds have fired', ({ here: { reactor } }) => {
      const order: string[] = [];
      reactor.addSystemEventTrigger('before', 'ready', () => succeed());
      reactor.addSystemEventTrigger('after', 'ready', () => void order.push('after'));
      reactor.fireSystemEvent('ready');
      assert.deepEqual(order, ['after']);
    });

    it('runs all before triggers before the during phase, though one ends the wait of another', ({ here }) => {
      const order: string[] = [];
      const { reactor } = here;
      const deferred = new Deferred<void>();
      reactor.addSystemEventTrigger('before', 'ready', () => deferred);
      reactor.addSystemEventTrigger('before', 'ready', () => {
        deferred.callback();
        order.push('second');
      });
      reactor.addSystemEventTrigger('before', 'ready', () => void order.push('third'));
      reactor.addSystemEventTrigger('during', 'ready', () => void order.push('during'));
      reactor.fireSystemEvent('ready');
      assert.deepEqual(order, ['second', 'third', 'during']);
    });

    it('does not wait for during and after triggers', async (network) => {
      const { reactor } = network.here;
      const order: TriggerPhase[] = [];
      for (const phase of PHASES.slice(1)) {
        for (const result of [new Deferred<void>(), new Promise<void>(() => {})]) {
          reactor.addSystemEventTrigger(phase, 'ready', () => {
            order.push(phase);
            return result;
          });
        }
      }
      reactor.fireSystemEvent('ready');
      await network.turns();
      assert.deepEqual(order, ['during', 'during', 'after', 'after']);
    });

    it('leaves the result of a Deferred that was waited for to those who have it', async (network) => {
      const deferred = new Deferred<string>();
      network.here.reactor.addSystemEventTrigger('before', 'ready', () => deferred);
      network.here.reactor.fireSystemEvent('ready');
      deferred.callback('result');
      assert.equal(await outcome(network, deferred), 'result');
    });

    it('runs what its triggers add for a later phase', ({ here: { reactor } }) => {
      const order: string[] = [];
      reactor.addSystemEventTrigger('before', 'ready', () => {
        reactor.addSystemEventTrigger('during', 'ready', () => {
          order.push('during');
          reactor.addSystemEventTrigger('after', 'ready', () => void order.push('after'));
        });
      });
      reactor.fireSystemEvent('ready');
      assert.deepEqual(order, ['during', 'after']);
    });

    it('is not fired again while it is being fired', async (network) => {
      const { reactor } = network.here;
      const order: string[] = [];
      const deferred = new Deferred<void>();
      reactor.addSystemEventTrigger('before', 'ready', () => {
        order.push('before');
        reactor.fireSystemEvent('ready');
        return deferred;
      });
      reactor.addSystemEventTrigger('during', 'ready', () => void order.push('during'));
      reactor.fireSystemEvent('ready');
      reactor.fireSystemEvent('ready');
      await network.turns();
      assert.deepEqual(order, ['before']);
      deferred.callback();
      await network.turns();
      assert.deepEqual(order, ['before', 'during']);
    });

    it('does not disturb another that is being fired', async (network) => {
      const { reactor } = network.here;
      const order: string[] = [];
      const deferred = new Deferred<void>();
      reactor.addSystemEventTrigger('before', 'slow', () => deferred);
      reactor.addSystemEventTrigger('during', 'slow', () => {
        order.push('during slow');
        reactor.fireSystemEvent('nested');
      });
      for (const event of ['quick', 'nested']) {
        reactor.addSystemEventTrigger('during', event, () => void order.push(`during ${event}`));
      }
      reactor.fireSystemEvent('slow');
      reactor.fireSystemEvent('quick');
      assert.deepEqual(order, ['during quick']);
      deferred.callback();
      await network.turns();
      assert.deepEqual(order, ['during quick', 'during slow', 'during nested']);
    });

    it('may be fired again when it is over', ({ here: { reactor } }) => {
      const order: number[] = [];
      for (const n of [1, 2, 3]) {
        reactor.addSystemEventTrigger('during', 'ready', () => void order.push(n));
        reactor.fireSystemEvent('ready');
      }
      assert.deepEqual(order, [1, 2, 3]);
    });

    it('`shutdown`, fired by hand and still waiting, does not keep the reactor from stopping', async (network) => {
      const { reactor } = network.here;
      const over = reactor.run({ installSignalHandlers: false });
      await network.until(() => reactor.running);
      const deferred = new Deferred<void>();
      let after = 0;
      reactor.addSystemEventTrigger('before', 'shutdown', () => deferred);
      reactor.addSystemEventTrigger('after', 'shutdown', () => after++);
      reactor.listenUDP(0, {}, { interface: network.here.address });
      reactor.fireSystemEvent('shutdown');
      reactor.stop();
      await network.turns();
      assert.equal(after, 0);
      deferred.callback();
      await outcome(network, over);
      assert.equal(after, 1);
      assert.equal(reactor.running, false);
      assert.deepEqual(reactor.openHandles(), []);
    });
  });
}

const PHASES: readonly TriggerPhase[] = ['before', 'during', 'after'];
