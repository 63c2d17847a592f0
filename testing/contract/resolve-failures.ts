/**
 * Lookups that fail, are cancelled, or get no answer. Part of the suite about names.
 */
import assert from 'node:assert/strict';
import type { Deferred } from '../../lib/deferred/deferred.js';
import { CancelledError } from '../../lib/deferred/errors.js';
import { DNSLookupError } from '../../lib/errors.js';
import type { Driver } from '../../reactor/network.js';
import type { ContractNetwork, TestRunner } from './contract.js';
import { withReactorOn } from './network-with.js';
import { outcome, pass, ROUNDING, SHORT } from './outcome.js';
import { reportsOf } from './reports.js';
import type { NamesTest } from './resolve.js';

/** The suites about lookups that come to nothing. */
export function lookupFailureSuites(it: NamesTest, runner: TestRunner): void {
  runner.describe('a lookup that gets no answer', () => {
    it('fails with a DNSLookupError when its timeout is over, and is cancelled', async (network) => {
      const silence = new Silence();
      await withReactorOn(
        network,
        () => silence,
        async (reactor) => {
          const start = reactor.seconds();
          const error: unknown = await outcome(network, reactor.resolve('name', { timeout: SHORT })).catch(
            (reason: unknown) => reason,
          );
          assert.ok(error instanceof DNSLookupError);
          assert.equal(error.hostname, 'name');
          assert.ok(reactor.seconds() - start >= SHORT - ROUNDING);
          assert.equal(silence.cancelled, 1);
          assert.deepEqual(reactor.openHandles(), []);
        },
      );
    });

    it('has sixty seconds where nothing else is said, and all the time where that is said', async (network) => {
      const silence = new Silence();
      await withReactorOn(
        network,
        () => silence,
        async (reactor) => {
          const before = reactor.seconds();
          const usual = reactor.resolve('name');
          const due = reactor.getDelayedCalls().map((call) => call.getTime());
          assert.equal(due.length, 1);
          assert.ok(due[0]! >= before + 60 && due[0]! <= reactor.seconds() + 60);
          const endless = reactor.resolve('name', { timeout: Infinity });
          assert.equal(reactor.getDelayedCalls().length, 1);
          await cancel(network, usual, endless);
        },
      );
    });

    it('fails with a CancelledError when it is cancelled, once', async (network) => {
      const silence = new Silence();
      await withReactorOn(
        network,
        () => silence,
        async (reactor) => {
          const lookup = reactor.resolve('name');
          lookup.cancel();
          lookup.cancel();
          await assert.rejects(outcome(network, lookup), CancelledError);
          assert.equal(silence.cancelled, 1);
          assert.deepEqual(reactor.openHandles(), []);
        },
      );
    });

    it('fails with the reason of its signal when that is aborted', async (network) => {
      const silence = new Silence();
      await withReactorOn(
        network,
        () => silence,
        async (reactor) => {
          const controller = new AbortController();
          const lookup = reactor.resolve('name', { signal: controller.signal });
          const reason = new Error('changed my mind');
          controller.abort(reason);
          await assert.rejects(outcome(network, lookup), (error) => error === reason);
          assert.equal(silence.cancelled, 1);
          assert.deepEqual(reactor.openHandles(), []);
        },
      );
    });

    it('keeps its reactor from nothing: it stops, and the lookup may still be cancelled', async (network) => {
      await withReactorOn(
        network,
        () => new Silence(),
        async (reactor) => {
          const lookup = reactor.resolve('name');
          await outcome(network, reactor.close());
          await cancel(network, lookup);
        },
      );
    });
  });

  runner.describe('cancelling a lookup', () => {
    it('fails it at once; its answer is dropped without a word', async (network) => {
      const { reactor } = network.here;
      const reports = reportsOf(reactor);
      const results: unknown[] = [];
      for (const name of [network.names.known, network.names.unknown]) {
        const lookup = reactor.resolve(name).addBoth((result) => void results.push(result));
        lookup.cancel();
      }
      assert.equal(results.length, 2);
      assert.ok(results.every((result) => result instanceof CancelledError));
      // An answer to a lookup made later has come.
      await outcome(network, reactor.resolve(network.names.known));
      await pass(network, SHORT);
      assert.equal(results.length, 2);
      assert.deepEqual(reports, []);
    });

    it('by a signal that was aborted before fails it with its reason', async (network) => {
      const { reactor } = network.here;
      const reason = new Error('too late');
      const signal = AbortSignal.abort(reason);
      const { known } = network.names;
      const because = (error: unknown): boolean => error === reason;
      await assert.rejects(outcome(network, reactor.resolve(known, { signal })), because);
      await assert.rejects(outcome(network, reactor.resolveAll(known, { signal })), because);
      assert.deepEqual(reactor.openHandles(), []);
    });

    it('by a signal has no effect once the answer is there', async (network) => {
      const controller = new AbortController();
      const { known, address } = network.names;
      const lookup = network.here.reactor.resolve(known, { signal: controller.signal });
      assert.equal(await outcome(network, lookup), address);
      controller.abort();
      assert.equal(await outcome(network, lookup), address);
    });
  });

  runner.describe('a failed lookup', () => {
    it('is reported once, with its Deferred, where nobody handles it', async (network) => {
      const { reactor } = network.here;
      const reports = reportsOf(reactor);
      const lookup = reactor.resolve(network.names.unknown);
      await network.until(() => reports.length > 0);
      await network.turns();
      assert.equal(reports.length, 1);
      assert.ok(reports[0]!.error instanceof DNSLookupError);
      assert.equal(reports[0]!.hook, 'deferred');
      assert.equal(reports[0]!.source, lookup);
    });

    it('is not reported where it is handled', async (network) => {
      const { reactor } = network.here;
      const reports = reportsOf(reactor);
      const errors: unknown[] = [];
      reactor.resolve(network.names.unknown).addErrback((error) => void errors.push(error));
      await assert.rejects(outcome(network, reactor.resolve(network.names.unknown)), DNSLookupError);
      await network.until(() => errors.length === 1);
      await network.turns();
      assert.deepEqual(reports, []);
    });
  });
}

/** A driver's lookups that are never answered. */
class Silence implements Pick<Driver, 'lookup'> {
  cancelled = 0;

  readonly lookup = (): (() => void) => () => {
    this.cancelled++;
  };
}

async function cancel(network: ContractNetwork, ...lookups: Deferred<unknown>[]): Promise<void> {
  for (const lookup of lookups) {
    lookup.cancel();
    await assert.rejects(outcome(network, lookup), CancelledError);
  }
}
