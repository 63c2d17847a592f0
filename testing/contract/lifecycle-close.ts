/**
 * `crash` and `close`, and what a reactor leaves behind. Part of the lifecycle suite.
 */
import assert from 'node:assert/strict';
import { Deferred } from '../../lib/deferred/deferred.js';
import { ReactorNotRunning } from '../../lib/errors.js';
import { UserAbortError } from '../../lib/stream-errors.js';
import { ClientFactory } from '../../lib/stream-protocol.js';
import type { Connector } from '../../lib/stream.js';
import { deferLater } from '../../lib/time/defer-later.js';
import type { NetworkTest, TestRunner } from './contract.js';
import { exchange, NO_SIGNALS, runAndStop, watchEvent } from './lifecycle-steps.js';
import { withReactorOn } from './network-with.js';
import { outcome, SHORT } from './outcome.js';

/** The suites about crash and close. */
export function closeSuites(it: NetworkTest, runner: TestRunner): void {
  runner.describe('crash', () => {
    it('throws ReactorNotRunning before a run, and after it', async (network) => {
      const { reactor } = network.here;
      assert.throws(() => reactor.crash(), ReactorNotRunning);
      await runAndStop(network);
      assert.throws(() => reactor.crash(), ReactorNotRunning);
    });

    it('ends the run without shutdown; ports and calls stay live, and it may run again', async (network) => {
      const { reactor } = network.here;
      const seen = watchEvent(reactor, 'shutdown');
      const over = reactor.run(NO_SIGNALS);
      await network.until(() => reactor.running);
      const call = reactor.callLater(SHORT, () => {});
      const port = reactor.listenUDP(0, {}, { interface: network.here.address });
      reactor.crash();
      assert.equal(reactor.running, false);
      assert.throws(() => reactor.stop(), ReactorNotRunning);
      assert.deepEqual(reactor.openHandles(), [port, call]);
      await outcome(network, over);
      await exchange(network);
      await network.until(() => !call.active());
      assert.deepEqual(seen, []);
      const again = reactor.run(NO_SIGNALS);
      await network.until(() => reactor.running);
      reactor.stop();
      await outcome(network, again);
      assert.equal(seen.length, 3);
    });

    it('during startup leaves the later phases to the next run', async (network) => {
      const { reactor } = network.here;
      const startup = new Deferred<void>();
      reactor.addSystemEventTrigger('before', 'startup', () => startup);
      const seen = watchEvent(reactor, 'startup');
      const over = reactor.run(NO_SIGNALS);
      await network.turns();
      reactor.crash();
      await outcome(network, over);
      startup.callback();
      await network.turns();
      assert.deepEqual(seen, ['before, not running']);
      assert.equal(reactor.running, false);
      void reactor.run(NO_SIGNALS);
      await network.until(() => seen.length === 3);
      assert.deepEqual(seen.slice(1), ['during, running', 'after, running']);
    });

    it('right after stop keeps shutdown from coming, in the next run too', async (network) => {
      const { reactor } = network.here;
      const seen = watchEvent(reactor, 'shutdown');
      const over = reactor.run(NO_SIGNALS);
      await network.until(() => reactor.running);
      reactor.stop();
      reactor.crash();
      await outcome(network, over);
      const again = reactor.run(NO_SIGNALS);
      await network.until(() => reactor.running);
      reactor.stop();
      reactor.crash();
      void reactor.run(NO_SIGNALS);
      await network.turns();
      assert.deepEqual(seen, []);
      assert.equal(reactor.running, true);
      await outcome(network, again);
    });

    it('while before triggers of shutdown are waited for ends the run, and closes nothing', async (network) => {
      const { reactor } = network.here;
      const shutdown = new Deferred<void>();
      reactor.addSystemEventTrigger('before', 'shutdown', () => shutdown);
      const seen = watchEvent(reactor, 'shutdown');
      const port = reactor.listenUDP(0, {}, { interface: network.here.address });
      const over = reactor.run(NO_SIGNALS);
      await network.until(() => reactor.running);
      reactor.stop();
      await network.until(() => seen.length === 1);
      reactor.crash();
      await outcome(network, over);
      shutdown.callback();
      await network.turns();
      assert.deepEqual(seen, ['before, running']);
      assert.deepEqual(reactor.openHandles(), [port]);
    });
  });

  runner.describe('close', () => {
    it('shuts a reactor that was never run: shutdown, with its triggers, and every port', async (network) => {
      const { reactor } = network.here;
      const order: string[] = [];
      const wait = new Deferred<void>();
      reactor.listenUDP(0, { stopProtocol: () => void order.push('stopProtocol') });
      reactor.addSystemEventTrigger('before', 'shutdown', () => {
        order.push('before');
        return wait;
      });
      reactor.addSystemEventTrigger('after', 'shutdown', () => void order.push('after'));
      const closed = reactor.close();
      assert.deepEqual(order, []);
      await network.turns();
      assert.deepEqual(order, ['before']);
      wait.callback();
      await outcome(network, closed);
      assert.deepEqual(order, ['before', 'stopProtocol', 'after']);
      assert.deepEqual(reactor.openHandles(), []);
    });

    it('stops a reactor that runs; run resolves too', async (network) => {
      const { reactor } = network.here;
      const over = reactor.run(NO_SIGNALS);
      await network.until(() => reactor.running);
      await outcome(network, reactor.close());
      await outcome(network, over);
      assert.equal(reactor.running, false);
    });

    it('of a reactor that starts or stops waits until it has stopped', async (network) => {
      const { reactor } = network.here;
      const seen = [watchEvent(reactor, 'startup'), watchEvent(reactor, 'shutdown')];
      const startup = new Deferred<void>();
      reactor.addSystemEventTrigger('before', 'startup', () => startup);
      const over = reactor.run(NO_SIGNALS);
      const closed = reactor.close();
      startup.callback();
      await network.until(() => seen[1]!.length > 0);
      await outcome(network, Promise.all([reactor.close(), closed, over]));
      assert.deepEqual(
        seen.map((each) => each.length),
        [3, 3],
      );
    });

    it('is harmless twice, at once or later', async (network) => {
      const { reactor } = network.here;
      let shutdowns = 0;
      reactor.on('shutdown', () => shutdowns++);
      reactor.listenUDP(0, {});
      await outcome(network, Promise.all([reactor.close(), reactor.close()]));
      await outcome(network, reactor.close());
      assert.equal(shutdowns, 1);
    });

    it('gives up what is still connecting', async (network) => {
      let reason: Error | undefined;
      class Client extends ClientFactory {
        override clientConnectionFailed(_connector: Connector, error: Error): void {
          reason = error;
        }
      }
      await withReactorOn(
        network,
        () => ({ lookup: () => () => {} }),
        async (reactor) => {
          reactor.connectTCP('no.answer.example', 1, new Client());
          assert.ok(reactor.openHandles().length > 0);
          await outcome(network, reactor.close());
          assert.deepEqual(reactor.openHandles(), []);
        },
      );
      assert.ok(reason instanceof UserAbortError);
    });

    it('is what `await using` does', async (network) => {
      const { reactor } = network.here;
      let stopped = false;
      reactor.listenUDP(0, {
        stopProtocol: () => {
          stopped = true;
        },
      });
      await outcome(network, reactor[Symbol.asyncDispose]());
      assert.ok(stopped);
    });

    it('leaves a reactor that may be run', async (network) => {
      const { reactor } = network.here;
      let made = false;
      await outcome(network, reactor.close());
      reactor.callLater(0, () => {
        made = true;
      });
      await network.turns();
      assert.equal(made, false);
      const over = reactor.run(NO_SIGNALS);
      await network.until(() => made);
      await exchange(network);
      reactor.stop();
      await outcome(network, over);
    });

    it('of a stopped reactor lets timed calls be made while it waits', async (network) => {
      const { reactor } = network.here;
      await outcome(network, reactor.close());
      const wait = deferLater(reactor, SHORT);
      reactor.listenUDP(0, {}, { interface: network.here.address });
      reactor.addSystemEventTrigger('before', 'shutdown', () => wait);
      await outcome(network, reactor.close());
      assert.deepEqual(reactor.openHandles(), []);
    });

    it('closes a port that was opened after the last close', async (network) => {
      const { reactor } = network.here;
      await outcome(network, reactor.close());
      reactor.listenUDP(0, {}, { interface: network.here.address });
      await outcome(network, reactor.close());
      assert.deepEqual(reactor.openHandles(), []);
    });
  });

  runner.describe('a reactor that was shut', () => {
    it('has let go of all that kept the process alive', async (network) => {
      let held = 0;
      const hold =
        (real: () => () => void): (() => () => void) =>
        () => {
          const letGo = real();
          held++;
          return () => {
            held--;
            letGo();
          };
        };
      await withReactorOn(
        network,
        (driver) => ({ hold: hold(() => driver.hold()) }),
        async (reactor) => {
          assert.equal(held, 0);
          for (const end of ['stop', 'crash', 'stop'] as const) {
            const over = reactor.run(NO_SIGNALS);
            assert.equal(held, 1);
            await network.until(() => reactor.running);
            reactor[end]();
            await outcome(network, over);
            assert.equal(held, 0);
          }
        },
      );
      assert.equal(held, 0);
    });
  });
}
