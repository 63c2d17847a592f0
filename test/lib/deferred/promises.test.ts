import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { CancelledError } from '../../../lib/deferred/errors.js';
import { fail, succeed } from '../../../lib/deferred/wrap.js';
import { ThrownValueError } from '../../../lib/errors.js';
import { errorOf, outcomeOf, raise, turn, unhandledRejections, valueOf } from './helpers.js';

/** The error that a function rejects with. */
async function rejectionOf(f: () => Promise<unknown>): Promise<unknown> {
  try {
    await f();
  } catch (error) {
    return error;
  }
  throw new Error('not rejected');
}

describe('Deferreds and promises', () => {
  describe('await', () => {
    it('gives the value, fired before or after', async () => {
      const later = new Deferred<string>();
      const both = (async () => [await succeed('before'), await later])();
      await turn();
      later.callback('after');
      expect(await both).to.deep.equal(['before', 'after']);
    });

    it('throws the error', async () => {
      const error = new Error('awaited');
      expect(await rejectionOf(async () => await fail(error))).to.equal(error);
    });

    it('goes through functions that await each other, with what they throw anew', async () => {
      const error = new Error('anew');
      const inner = async (deferred: Deferred<number>): Promise<number> => (await deferred) + 1;
      const outer = async (deferred: Deferred<number>): Promise<number> => (await inner(deferred)) + 1;
      const again = async (deferred: Deferred<number>): Promise<number> => {
        try {
          return await outer(deferred);
        } catch {
          throw error;
        }
      };
      expect(await outer(succeed(1))).to.equal(3);
      expect(await rejectionOf(() => again(fail(new Error('first'))))).to.equal(error);
    });

    it('waits for a Deferred that waits for another', async () => {
      const inner = new Deferred<string>();
      const outer = succeed().addCallback(() => inner);
      inner.callback('inner');
      expect(await outer).to.equal('inner');
    });

    it('observes: later callbacks see the same value or error', async () => {
      const error = new Error('observed');
      const good = succeed('value');
      const bad = fail(error);
      expect([await good, await good]).to.deep.equal(['value', 'value']);
      expect(await rejectionOf(async () => await bad)).to.equal(error);
      expect(await rejectionOf(async () => await bad)).to.equal(error);
      expect(valueOf(good)).to.equal('value');
      expect(errorOf(bad)).to.equal(error);
    });

    it('sees the result at its place in the chain', async () => {
      const deferred = new Deferred<number>();
      const before = deferred.then((n) => n);
      const after = deferred.addCallback((n) => n + 1).then((n) => n);
      deferred.callback(1);
      expect(await Promise.all([before, after])).to.deep.equal([1, 2]);
    });
  });

  describe('then', () => {
    it('gives a native promise of what its functions return, which run later', async () => {
      const seen: string[] = [];
      const promise = succeed(1).then((n) => {
        seen.push('called');
        return n + 1;
      });
      expect(promise).to.be.instanceOf(Promise);
      expect(seen).to.deep.equal([]);
      expect(await promise).to.equal(2);
    });

    it('passes on what it has no function for', async () => {
      const error = new Error('passed');
      expect(await succeed(1).then(null, String)).to.equal(1);
      expect(await rejectionOf(() => fail(error).then(String))).to.equal(error);
    });

    it('hands the error to onRejected, as catch does', async () => {
      const error = new Error('caught');
      expect(await fail(error).then(String, (e: Error) => e.message)).to.equal('caught');
      expect(await fail(error).catch((e: Error) => e.message)).to.equal('caught');
      expect(await succeed('fine').catch(() => 'not called')).to.equal('fine');
    });

    it('works with the functions for promises', async () => {
      expect(await Promise.all([succeed(1), succeed('a')])).to.deep.equal([1, 'a']);
    });
  });

  describe('fromPromise', () => {
    it('has the value or error of the promise', async () => {
      const error = new Error('rejected');
      expect(await Deferred.fromPromise(Promise.resolve(1))).to.equal(1);
      expect(await rejectionOf(async () => await Deferred.fromPromise(Promise.reject(error)))).to.equal(error);
    });

    it('wraps a reason that is no Error', async () => {
      const reason: unknown = await rejectionOf(async () => await Deferred.fromPromise(Promise.reject('text')));
      expect(reason).to.be.instanceOf(ThrownValueError).and.to.include({ cause: 'text' });
    });

    it('gives a Deferred back as it is', () => {
      const deferred = new Deferred<number>();
      expect(Deferred.fromPromise(deferred)).to.equal(deferred);
    });

    it('fails at once when it is cancelled, and ignores the promise from then on', async () => {
      const reasons = await unhandledRejections(() => {
        const deferred = Deferred.fromPromise((async () => raise(new Error('late')))());
        deferred.cancel();
        expect(errorOf(deferred)).to.be.instanceOf(CancelledError);
      });
      expect(reasons).to.deep.equal([]);
    });

    it('aborts the controller when it is cancelled, with the CancelledError', async () => {
      const controller = new AbortController();
      const reasons = await unhandledRejections(() => {
        const work = new Promise<never>((_, reject) => {
          controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error));
        });
        const deferred = Deferred.fromPromise(work, controller);
        deferred.cancel();
        expect(errorOf(deferred)).to.be.instanceOf(CancelledError);
      });
      expect(controller.signal.reason).to.be.instanceOf(CancelledError);
      expect(reasons).to.deep.equal([]);
    });

    it('does not abort the controller once the result is there', async () => {
      const controller = new AbortController();
      const deferred = Deferred.fromPromise(Promise.resolve(1), controller);
      await turn();
      deferred.cancel();
      expect(controller.signal.aborted).to.equal(false);
      expect(outcomeOf(deferred)).to.deep.equal(['value', 1]);
    });
  });
});
