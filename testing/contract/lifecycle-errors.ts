/**
 * What plait promises of errors that belong to no caller, on every network: each is reported once, to the reactor's
 * `error` listeners or, failing these, to whatever the network has for it. Part of the lifecycle suite.
 */
import assert from 'node:assert/strict';
import type { Deferred } from '../../lib/deferred/deferred.js';
import { MulticastJoinError, ThrownValueError } from '../../lib/errors.js';
import type { MulticastPort } from '../../lib/interfaces.js';
import type { ContractHost, NetworkTest, TestRunner } from './contract.js';
import { withReactorOn } from './network-with.js';
import { pass, SHORT } from './outcome.js';
import { type ErrorReport, reportsOf } from './reports.js';

/** The suites about errors. */
export function errorSuites(it: NetworkTest, runner: TestRunner): void {
  runner.describe('an error of user code', () => {
    it('goes to every error listener, once, and the reactor goes on', async (network) => {
      const { reactor } = network.here;
      const reports = [reportsOf(reactor), reportsOf(reactor)];
      const error = new Error('on purpose');
      const over = reactor.run({ installSignalHandlers: false });
      let settled = false;
      void over.then(() => {
        settled = true;
      });
      const call = reactor.callLater(0, () => {
        throw error;
      });
      await pass(network, SHORT);
      for (const each of reports) assert.deepEqual(each, [{ error, hook: 'timer', source: call }]);
      assert.equal(settled, false);
      assert.equal(reactor.running, true);
    });

    it('reaches only the listeners of its own reactor', async (network) => {
      const { reactor } = network.here;
      const [own, others] = [reportsOf(reactor), reportsOf(network.another())];
      reactor.callLater(0, () => {
        throw new Error('on purpose');
      });
      await network.until(() => own.length === 1);
      assert.deepEqual(others, []);
    });

    it('goes to the network where nobody listens, or nobody listens any more', async (network) => {
      const unheard: ErrorReport[] = [];
      await withReactorOn(
        network,
        () => ({ unheard: (error, origin) => void unheard.push({ error, ...origin }) }),
        async (reactor) => {
          const error = new Error('on purpose');
          const fails = (): never => {
            throw error;
          };
          const call = reactor.callLater(0, fails);
          await network.until(() => unheard.length === 1);
          assert.deepEqual(unheard, [{ error, hook: 'timer', source: call }]);
          let heard = 0;
          const listener = (): void => void heard++;
          reactor.on('error', listener);
          reactor.callLater(0, fails);
          await network.until(() => heard === 1);
          assert.equal(unheard.length, 1);
          reactor.off('error', listener);
          reactor.callLater(0, fails);
          await network.until(() => unheard.length === 2);
        },
      );
      assert.equal(unheard.length, 2);
    });

    it('goes to the network, with that of the listener, where the listener throws', async (network) => {
      const unheard: ErrorReport[] = [];
      await withReactorOn(
        network,
        () => ({ unheard: (error, origin) => void unheard.push({ error, ...origin }) }),
        async (reactor) => {
          const [error, fromListener] = [new Error('first'), new Error('from the listener')];
          reactor.on('error', () => {
            throw fromListener;
          });
          const call = reactor.callLater(0, () => {
            throw error;
          });
          await pass(network, SHORT, reactor);
          assert.deepEqual(unheard, [
            { error, hook: 'timer', source: call },
            { error: fromListener, hook: 'listener', source: reactor },
          ]);
        },
      );
    });

    it('is an Error whatever was thrown', async (network) => {
      const { reactor } = network.here;
      const reports = reportsOf(reactor);
      reactor.addSystemEventTrigger('during', 'ready', () => {
        throw undefined;
      });
      reactor.fireSystemEvent('ready');
      await network.turns();
      assert.equal(reports.length, 1);
      assert.ok(reports[0]!.error instanceof ThrownValueError);
      assert.equal(reports[0]!.error.cause, undefined);
    });

    it('in a listener of another event is reported too, and stops nothing', async (network) => {
      const { reactor } = network.here;
      const reports = reportsOf(reactor);
      const error = new Error('on purpose');
      reactor.on('startup', () => {
        throw error;
      });
      void reactor.run({ installSignalHandlers: false });
      await network.until(() => reactor.running);
      assert.deepEqual(reports, [{ error, hook: 'listener', source: reactor }]);
    });
  });

  runner.describe("a failure of a reactor's own Deferred", () => {
    it('is reported once where nobody handles it, with the Deferred as its source', async (network) => {
      const { reactor } = network.here;
      const reports = reportsOf(reactor);
      const deferred = multicastPort(network.here).joinGroup('127.0.0.1');
      assert.equal(reports.length, 0);
      await network.until(() => reports.length > 0);
      await network.turns();
      assert.equal(reports.length, 1);
      assert.ok(reports[0]!.error instanceof MulticastJoinError);
      assert.equal(reports[0]!.hook, 'deferred');
      assert.equal(reports[0]!.source, deferred);
      deferred.addErrback(() => {});
      await network.turns();
      assert.equal(reports.length, 1);
    });

    it('is not reported where it is handled: by an errback, by await, in a later promise job', async (network) => {
      const reports = reportsOf(network.here.reactor);
      const port = multicastPort(network.here);
      const fails = (): Deferred<void> => port.joinGroup('127.0.0.1');
      const handled: unknown[] = [];
      fails().addErrback((error) => void handled.push(error));
      void fails().then(undefined, (error: unknown) => handled.push(error));
      const observe = async (deferred: Deferred<void>): Promise<void> => {
        try {
          await Promise.resolve();
          await Promise.resolve();
          await deferred;
        } catch (error) {
          handled.push(error);
        }
      };
      void observe(fails());
      await network.until(() => handled.length === 3);
      await network.turns();
      assert.ok(handled.every((error) => error instanceof MulticastJoinError));
      assert.deepEqual(reports, []);
    });

    it('is reported where a callback of it throws, or passes it on', async (network) => {
      const reports = reportsOf(network.here.reactor);
      const port = multicastPort(network.here);
      const [other, passedOn] = [new Error('of an errback'), port.joinGroup('127.0.0.1')];
      passedOn.addErrback((error) => {
        throw error;
      });
      const replaced = port.joinGroup('127.0.0.1').addErrback(() => {
        throw other;
      });
      await network.until(() => reports.length === 2);
      await network.turns();
      assert.equal(reports.length, 2);
      assert.ok(reports.find(({ source }) => source === passedOn)?.error instanceof MulticastJoinError);
      assert.equal(reports.find(({ source }) => source === replaced)?.error, other);
    });
  });
}

function multicastPort({ reactor, address }: ContractHost): MulticastPort {
  return reactor.listenMulticast(0, {}, { interface: address });
}
