/**
 * `stop`: the way from there to the end of `run`. Part of the lifecycle suite.
 */
import assert from 'node:assert/strict';
import { Deferred } from '../../lib/deferred/deferred.js';
import { ReactorNotRunning } from '../../lib/errors.js';
import type { UDPPort } from '../../lib/interfaces.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import type { NetworkTest, TestRunner } from './contract.js';
import { exchange, NO_SIGNALS, runAndStop, watchEvent } from './lifecycle-steps.js';
import { outcome, pass, SHORT } from './outcome.js';
import { reportsOf } from './reports.js';

/** The suite about stop. */
export function stopSuite(it: NetworkTest, runner: TestRunner): void {
  runner.describe('stop', () => {
    it('throws ReactorNotRunning before a run, and after it', async (network) => {
      const { reactor } = network.here;
      assert.throws(() => reactor.stop(), ReactorNotRunning);
      await runAndStop(network);
      assert.throws(() => reactor.stop(), ReactorNotRunning);
    });

    it('fires shutdown, and stops running in its during phase', async (network) => {
      const { reactor } = network.here;
      const seen = watchEvent(reactor, 'shutdown');
      await runAndStop(network);
      assert.deepEqual(seen, ['before, running', 'during, not running', 'after, not running']);
    });

    it('fires shutdown in a later turn, never inside the call', async (network) => {
      const { reactor } = network.here;
      const over = reactor.run(NO_SIGNALS);
      await network.until(() => reactor.running);
      const seen = watchEvent(reactor, 'shutdown');
      let done = false;
      reactor.callLater(0, () => {
        reactor.stop();
        assert.deepEqual(seen, []);
        assert.equal(reactor.running, true);
        done = true;
      });
      await outcome(network, over);
      assert.ok(done);
      assert.equal(seen.length, 3);
    });

    it('is harmless while the reactor is stopping', async (network) => {
      const { reactor } = network.here;
      const over = reactor.run(NO_SIGNALS);
      await network.until(() => reactor.running);
      const seen = watchEvent(reactor, 'shutdown');
      for (const phase of ['before', 'during', 'after'] as const) {
        reactor.addSystemEventTrigger(phase, 'shutdown', () => reactor.stop());
      }
      reactor.stop();
      reactor.stop();
      await outcome(network, over);
      assert.equal(seen.length, 3);
      assert.deepEqual(reportsOf(reactor), []);
    });

    it('while the reactor starts takes effect after the last trigger of startup', async (network) => {
      const { reactor } = network.here;
      const startup = new Deferred<void>();
      const order: string[] = [];
      reactor.addSystemEventTrigger('before', 'startup', () => startup);
      reactor.addSystemEventTrigger('after', 'startup', () => void order.push('after startup'));
      reactor.addSystemEventTrigger('before', 'shutdown', () => void order.push('before shutdown'));
      const over = reactor.run(NO_SIGNALS);
      reactor.stop();
      await network.turns();
      assert.deepEqual(order, []);
      startup.callback();
      await outcome(network, over);
      assert.deepEqual(order, ['after startup', 'before shutdown']);
    });

    it('waits for the before triggers of shutdown, while timed calls are made and datagrams arrive', async (network) => {
      const { reactor } = network.here;
      const over = reactor.run(NO_SIGNALS);
      await network.until(() => reactor.running);
      const shutdown = new Deferred<void>();
      const seen = watchEvent(reactor, 'shutdown');
      reactor.addSystemEventTrigger('before', 'shutdown', () => shutdown);
      const port = reactor.listenUDP(0, {}, { interface: network.here.address });
      reactor.stop();
      await exchange(network);
      await pass(network, SHORT);
      assert.deepEqual(seen, ['before, running']);
      assert.ok(reactor.openHandles().includes(port));
      shutdown.callback();
      await outcome(network, over);
      assert.equal(seen.length, 3);
    });

    it('closes every port after the before triggers and before the after triggers', async (network) => {
      const { reactor } = network.here;
      const order: string[] = [];
      const open = (name: string): UDPPort =>
        reactor.listenUDP(0, { stopProtocol: () => void order.push(name) }, { interface: network.here.address });
      open('a');
      open('b');
      reactor.addSystemEventTrigger('before', 'shutdown', async () => {
        await Promise.resolve();
        open('opened by a before trigger');
        order.push('before');
      });
      reactor.addSystemEventTrigger('after', 'shutdown', () => {
        order.push('after');
        assert.deepEqual(reactor.openHandles(), []);
      });
      await runAndStop(network);
      assert.deepEqual(order, ['before', 'a', 'b', 'opened by a before trigger', 'after']);
      assert.deepEqual(reactor.openHandles(), []);
    });

    it('closes also what is opened while it closes, in during triggers and by stopProtocol', async (network) => {
      const { reactor } = network.here;
      const order: string[] = [];
      const open = (name: string, stopProtocol = (): void => {}): void => {
        const stopped = (): void => {
          order.push(name);
          stopProtocol();
        };
        reactor.listenUDP(0, { stopProtocol: stopped }, { interface: network.here.address });
      };
      open('open before', () => open('opened by stopProtocol'));
      reactor.addSystemEventTrigger('during', 'shutdown', () => open('opened by a during trigger'));
      reactor.addSystemEventTrigger('after', 'shutdown', () => void order.push('after'));
      await runAndStop(network);
      assert.deepEqual([...order].sort(), [
        'after',
        'open before',
        'opened by a during trigger',
        'opened by stopProtocol',
      ]);
      assert.equal(order.at(-1), 'after');
      assert.deepEqual(reactor.openHandles(), []);
    });

    it('closes a port that a during trigger opens, though nothing was open before', async (network) => {
      const { reactor } = network.here;
      const order: string[] = [];
      reactor.addSystemEventTrigger('during', 'shutdown', () => {
        const stopProtocol = (): void => void order.push('stopProtocol');
        reactor.listenUDP(0, { stopProtocol }, { interface: network.here.address });
      });
      reactor.addSystemEventTrigger('after', 'shutdown', () => void order.push('after'));
      await runAndStop(network);
      assert.deepEqual(order, ['stopProtocol', 'after']);
      assert.deepEqual(reactor.openHandles(), []);
    });

    it('comes to an end though a protocol opens a new port whenever one is closed', async (network) => {
      const { reactor } = network.here;
      let opens = true;
      const open = (): void => {
        if (opens) reactor.listenUDP(0, { stopProtocol: open }, { interface: network.here.address });
      };
      open();
      try {
        await runAndStop(network);
      } finally {
        opens = false;
      }
    });

    it('closes the other ports when one fails to stop its protocol, and reports it', async (network) => {
      const { reactor } = network.here;
      const reports = reportsOf(reactor);
      const stopped: number[] = [];
      for (const n of [1, 2, 3]) {
        const stopProtocol = (): void => {
          stopped.push(n);
          if (n < 3) throw new Error(`port ${n}`);
        };
        reactor.listenUDP(0, { stopProtocol }, { interface: network.here.address });
      }
      await runAndStop(network);
      assert.deepEqual(stopped, [1, 2, 3]);
      assert.deepEqual(
        reports.map(({ error, hook }) => `${hook} ${error.message}`),
        ['stopProtocol port 1', 'stopProtocol port 2'],
      );
      assert.deepEqual(reactor.openHandles(), []);
    });

    it('does not wait for during and after triggers', async (network) => {
      const { reactor } = network.here;
      const order: string[] = [];
      for (const phase of ['during', 'after'] as const) {
        reactor.addSystemEventTrigger(phase, 'shutdown', () => {
          order.push(phase);
          return new Promise(() => {});
        });
        reactor.addSystemEventTrigger(phase, 'shutdown', () => {
          order.push(phase);
          return new Deferred<void>();
        });
      }
      await runAndStop(network);
      assert.deepEqual(order, ['during', 'during', 'after', 'after']);
    });

    it('leaves timed calls waiting for the next run', async (network) => {
      const { reactor } = network.here;
      const made: string[] = [];
      const call = (delay: number, name: string): DelayedCall => reactor.callLater(delay, () => void made.push(name));
      let due: DelayedCall | undefined;
      reactor.addSystemEventTrigger('after', 'shutdown', () => {
        due = call(0, 'due while stopped');
      });
      const far = call(1000, 'far');
      await runAndStop(network);
      const late = call(0, 'scheduled while stopped');
      await pass(network, SHORT, network.there.reactor);
      await network.turns();
      assert.deepEqual(made, []);
      assert.deepEqual(reactor.openHandles(), [due, late, far]);
      const over = reactor.run(NO_SIGNALS);
      await network.until(() => made.length === 2);
      assert.deepEqual(made, ['due while stopped', 'scheduled while stopped']);
      far.cancel();
      reactor.stop();
      await outcome(network, over);
    });
  });
}
