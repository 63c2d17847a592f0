import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { AlreadyCalledError, CancelledError } from '../../../lib/deferred/errors.js';
import { fail, succeed } from '../../../lib/deferred/wrap.js';
import { errorOf, raise, turn, unhandledRejections, valueOf } from './helpers.js';

describe('Deferred.cancel', () => {
  describe('without a canceller', () => {
    it('fails with a CancelledError', () => {
      const deferred = new Deferred();
      deferred.cancel();
      expect(deferred.called).to.equal(true);
      expect(errorOf(deferred)).to.be.instanceOf(CancelledError);
    });

    it('drops one late callback, and refuses the second', () => {
      const deferred = new Deferred<number>();
      deferred.cancel();
      deferred.callback(1);
      expect(() => deferred.callback(2)).to.throw(AlreadyCalledError);
      expect(errorOf(deferred)).to.be.instanceOf(CancelledError);
    });

    it('drops one late errback, and refuses the second', async () => {
      const deferred = new Deferred<number>();
      const reasons = await unhandledRejections(() => {
        deferred.addErrback(() => 0);
        deferred.cancel();
        deferred.errback(new Error('late'));
        expect(() => deferred.errback(new Error('later'))).to.throw(AlreadyCalledError);
      });
      expect(valueOf(deferred)).to.equal(0);
      expect(reasons).to.deep.equal([]);
    });
  });

  describe('with a canceller', () => {
    it('calls it with the Deferred, and fails with a CancelledError when it does nothing', () => {
      const calls: unknown[] = [];
      const deferred = new Deferred((d) => calls.push(d));
      deferred.cancel();
      expect(calls).to.deep.equal([deferred]);
      expect(errorOf(deferred)).to.be.instanceOf(CancelledError);
    });

    it('refuses a late result, because the canceller should have seen to it', () => {
      const deferred = new Deferred<number>(() => {});
      deferred.cancel();
      expect(() => deferred.callback(1)).to.throw(AlreadyCalledError);
      expect(() => deferred.errback(new Error('late'))).to.throw(AlreadyCalledError);
      errorOf(deferred);
    });

    it('has the result that the canceller fires it with, value or error', () => {
      const error = new Error('my own');
      const kind = new Deferred<string>((d) => d.callback('salvaged'));
      const unkind = new Deferred<string>((d) => d.errback(error));
      kind.cancel();
      unkind.cancel();
      expect(valueOf(kind)).to.equal('salvaged');
      expect(errorOf(unkind)).to.equal(error);
    });

    it('calls it once, however often it is cancelled, even from the canceller', () => {
      let calls = 0;
      const deferred = new Deferred((d) => {
        calls += 1;
        d.cancel();
      });
      deferred.cancel();
      deferred.cancel();
      expect(calls).to.equal(1);
      errorOf(deferred);
    });

    it('throws what the canceller throws, and is not fired', () => {
      const error = new Error('canceller');
      let works = false;
      const deferred = new Deferred(() => {
        if (!works) throw error;
      });
      expect(() => deferred.cancel()).to.throw(error);
      expect(deferred.called).to.equal(false);
      works = true;
      deferred.cancel();
      expect(errorOf(deferred)).to.be.instanceOf(CancelledError);
    });

    it('is not called once there is a result', () => {
      const canceller = (): never => raise(new Error('called'));
      const succeeded = new Deferred<number>(canceller);
      const failed = new Deferred<number>(canceller);
      const error = new Error('failed');
      succeeded.callback(1);
      failed.errback(error);
      succeeded.cancel();
      failed.cancel();
      expect(valueOf(succeeded)).to.equal(1);
      expect(errorOf(failed)).to.equal(error);
    });
  });

  it('runs the callbacks that are there with the CancelledError', () => {
    const deferred = new Deferred<string>();
    deferred.addErrback((error) => `recovered from ${error.name}`);
    deferred.cancel();
    expect(valueOf(deferred)).to.equal('recovered from CancelledError');
  });

  it('does nothing while a callback is running', () => {
    const deferred = new Deferred<number>();
    deferred.addCallback((n) => {
      deferred.cancel();
      return n;
    });
    deferred.callback(1);
    expect(valueOf(deferred)).to.equal(1);
  });

  it('cancels the Deferred that it waits for, and that its innermost one', () => {
    const calls: string[] = [];
    const innermost = new Deferred<void>(() => calls.push('innermost'));
    const inner = new Deferred<void>(() => calls.push('inner')).addCallback(() => innermost);
    const outer = new Deferred<void>(() => calls.push('outer')).addCallback(() => inner);
    outer.callback();
    inner.callback();
    outer.cancel();
    expect(calls).to.deep.equal(['innermost']);
    expect(errorOf(outer)).to.be.instanceOf(CancelledError);
    expect([valueOf(inner), valueOf(innermost)]).to.deep.equal([undefined, undefined]);
  });

  it('can be cancelled again when it waits for another after the first was cancelled', () => {
    const first = new Deferred<string>();
    const second = new Deferred<string>();
    const outer = succeed()
      .addCallback(() => first)
      .addErrback(() => second);
    outer.cancel();
    expect(first.called).to.equal(true);
    expect(second.called).to.equal(false);
    outer.cancel();
    expect(second.called).to.equal(true);
    expect(errorOf(outer)).to.be.instanceOf(CancelledError);
  });

  it('fails at once with a CancelledError while it waits for a promise, whose result is then ignored', async () => {
    const reasons = await unhandledRejections(async () => {
      for (const settle of ['resolve', 'reject'] as const) {
        let settlers: Record<'resolve' | 'reject', (result: never) => void> | undefined;
        const promise = new Promise<string>((resolve, reject) => {
          settlers = { resolve, reject };
        });
        const deferred = succeed().addCallback(() => promise);
        deferred.cancel();
        expect(errorOf(deferred)).to.be.instanceOf(CancelledError);
        settlers?.[settle](new Error('late') as never);
        await turn();
        expect(valueOf(deferred)).to.equal(undefined);
      }
    });
    expect(reasons).to.deep.equal([]);
  });

  it('leaves a failure alone that nobody has handled yet', () => {
    const error = new Error('first');
    const deferred = fail(error);
    deferred.cancel();
    expect(errorOf(deferred)).to.equal(error);
  });
});
