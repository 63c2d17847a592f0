/// <reference types="node" preserve="true" />
/**
 * What plait promises of a reactor's life on every network: run, stop, crash, close and run again, what becomes of ports and
 * timed calls meanwhile, system events, and reports of errors. Each has a file of its own, `lifecycle-….ts`; what they have
 * in common and what is seen from outside is here.
 */
import assert from 'node:assert/strict';
import { type ContractLimits, type MakeNetwork, networkTest, type TestRunner } from './contract.js';
import { closeSuites } from './lifecycle-close.js';
import { errorSuites } from './lifecycle-errors.js';
import { systemEventSuite } from './lifecycle-events.js';
import { runSuites } from './lifecycle-run.js';
import { NO_SIGNALS, runAndStop, watchEvent } from './lifecycle-steps.js';
import { stopSuite } from './lifecycle-stop.js';
import { triggerSuites } from './lifecycle-triggers.js';
import { withReactorOn } from './network-with.js';
import { outcome, SHORT } from './outcome.js';
import { reportsOf } from './reports.js';

/** The suite about the life of a reactor, its system events, and the errors it reports. */
export function lifecycleContract(makeNetwork: MakeNetwork, runner: TestRunner, _limits: ContractLimits = {}): void {
  const it = networkTest(makeNetwork, runner);

  runner.describe('the life of a reactor', () => {
    runner.describe('a new reactor', () => {
      it('does not run, and has nothing open', ({ here: { reactor } }) => {
        assert.equal(reactor.running, false);
        assert.equal(reactor.exitSignal, undefined);
        assert.deepEqual(reactor.openHandles(), []);
        assert.deepEqual(reactor.getDelayedCalls(), []);
      });

      it('has opened, armed and installed nothing', async (network) => {
        const asked: string[] = [];
        await withReactorOn(
          network,
          (driver) => ({
            wakeAt: (t) => (t === Infinity ? driver.wakeAt(t) : void asked.push(`wakeAt ${t}`)),
            onSignals: (f) => {
              asked.push('onSignals');
              return driver.onSignals(f);
            },
            hold: () => {
              asked.push('hold');
              return driver.hold();
            },
            soon: (f) => {
              asked.push('soon');
              driver.soon(f);
            },
          }),
          async () => {
            await network.turns();
            assert.deepEqual(asked, []);
          },
        );
      });

      it('has randomness: bytes, and numbers from 0 to less than 1', ({ here: { reactor } }) => {
        const [a, b] = [reactor.randomBytes(16), reactor.randomBytes(16)];
        assert.equal(a.length, 16);
        assert.notDeepEqual(a, b);
        assert.equal(reactor.randomBytes(0).length, 0);
        for (const size of [-1, 1.5, NaN]) assert.throws(() => reactor.randomBytes(size), RangeError);
        const numbers = Array.from({ length: 100 }, () => reactor.random());
        assert.ok(numbers.every((n) => n >= 0 && n < 1));
        assert.equal(new Set(numbers).size, 100);
      });
    });

    runSuites(it, runner);
    stopSuite(it, runner);
    closeSuites(it, runner);
    systemEventSuite(it, runner);
    triggerSuites(it, runner);
    errorSuites(it, runner);

    runner.describe('callWhenRunning', () => {
      it('calls, when the reactor has started, in the order in which it was asked', async (network) => {
        const { reactor } = network.here;
        const calls: unknown[][] = [];
        for (const n of [1, 2, 3])
          reactor.callWhenRunning((...args) => void calls.push([...args, reactor.running]), n, 'x');
        await network.turns();
        assert.deepEqual(calls, []);
        void reactor.run(NO_SIGNALS);
        await network.until(() => calls.length > 0);
        assert.deepEqual(calls, [
          [1, 'x', true],
          [2, 'x', true],
          [3, 'x', true],
        ]);
      });

      it('calls at once where the reactor runs', async (network) => {
        const { reactor } = network.here;
        const calls: unknown[][] = [];
        reactor.addSystemEventTrigger('during', 'startup', () => {
          reactor.callWhenRunning((...args) => void calls.push(args), 'in the during phase');
          assert.equal(calls.length, 1);
        });
        void reactor.run(NO_SIGNALS);
        await network.until(() => reactor.running);
        reactor.callWhenRunning((...args) => void calls.push(args), 'running');
        assert.deepEqual(calls, [['in the during phase'], ['running']]);
      });

      it('calls once, not at each start', async (network) => {
        let calls = 0;
        network.here.reactor.callWhenRunning(() => calls++);
        await runAndStop(network);
        await runAndStop(network);
        assert.equal(calls, 1);
      });

      it('of a stopped reactor calls at its next start', async (network) => {
        let calls = 0;
        await runAndStop(network);
        network.here.reactor.callWhenRunning(() => calls++);
        await network.turns();
        assert.equal(calls, 0);
        await runAndStop(network);
        assert.equal(calls, 1);
      });

      it('reports a failure once, at the start, at once, or later', async (network) => {
        const { reactor } = network.here;
        const reports = reportsOf(reactor);
        const throws = (message: string) => (): never => {
          throw new Error(message);
        };
        reactor.callWhenRunning(throws('at the start'));
        reactor.callWhenRunning(() => Promise.reject(new Error('later')));
        void reactor.run(NO_SIGNALS);
        await network.until(() => reactor.running);
        reactor.callWhenRunning(throws('at once'));
        await network.turns();
        assert.deepEqual(reports.map(({ error, hook }) => `${hook}: ${error.message}`).sort(), [
          'trigger: at once',
          'trigger: at the start',
          'trigger: later',
        ]);
      });
    });

    runner.describe('openHandles', () => {
      it('lists the ports and the active calls, until they are closed, made, or cancelled', async (network) => {
        const { reactor } = network.here;
        const port = reactor.listenUDP(0, {}, { interface: network.here.address });
        const made = reactor.callLater(SHORT, () => {});
        const cancelled = reactor.callLater(100, () => {});
        assert.deepEqual(reactor.openHandles(), [port, made, cancelled]);
        cancelled.cancel();
        await network.until(() => !made.active());
        assert.deepEqual(reactor.openHandles(), [port]);
        await outcome(network, port.stopListening());
        assert.deepEqual(reactor.openHandles(), []);
      });
    });

    runner.describe('several reactors', () => {
      it('run and stop on their own', async (network) => {
        const { reactor } = network.here;
        const other = network.another();
        const seen = watchEvent(other, 'shutdown');
        const [over, otherOver] = [reactor.run(NO_SIGNALS), other.run(NO_SIGNALS)];
        await network.until(() => reactor.running && other.running);
        const port = other.listenUDP(0, {}, { interface: network.here.address });
        let made = false;
        other.callLater(2 * SHORT, () => {
          made = true;
        });
        reactor.stop();
        await outcome(network, over);
        assert.equal(other.running, true);
        assert.deepEqual(seen, []);
        assert.ok(other.openHandles().includes(port));
        await network.until(() => made);
        other.stop();
        await outcome(network, otherOver);
      });
    });

    runner.describe('listeners of a reactor', () => {
      it('hear of its start, its ports and its end', async (network) => {
        const { reactor } = network.here;
        const events: unknown[] = [];
        reactor.on('startup', () => events.push('startup'));
        reactor.on('shutdown', () => events.push('shutdown'));
        reactor.on('listening', (port) => events.push('listening', port));
        reactor.on('close', (port) => events.push('close', port));
        const over = reactor.run(NO_SIGNALS);
        await network.until(() => reactor.running);
        const port = reactor.listenUDP(0, {}, { interface: network.here.address });
        reactor.stop();
        await outcome(network, over);
        assert.deepEqual(events, ['startup', 'listening', port, 'shutdown', 'close', port]);
      });
    });
  });
}
