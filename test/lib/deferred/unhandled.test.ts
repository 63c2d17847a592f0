import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { fail, succeed } from '../../../lib/deferred/wrap.js';
import { raise, RecordingSink, turn, unhandledRejections } from './helpers.js';

describe('A failure that nobody handles', () => {
  const error = new Error('unhandled');

  it('is an unhandled rejection after the promise jobs of the turn', async () => {
    const reasons = await unhandledRejections(() => {
      new Deferred().errback(error);
    });
    expect(reasons).to.deep.equal([error]);
  });

  it('is reported once, however many callbacks pass it on, then and later', async () => {
    const reasons = await unhandledRejections(async () => {
      const deferred = new Deferred<number>();
      deferred.addCallback(String).addCallback(String);
      deferred.errback(error);
      deferred.addCallback(String);
      await turn();
      deferred.addCallback(String);
    });
    expect(reasons).to.deep.equal([error]);
  });

  it('is not reported when an errback was there before it', async () => {
    const reasons = await unhandledRejections(() => {
      const deferred = new Deferred().addErrback(() => 0);
      deferred.errback(error);
    });
    expect(reasons).to.deep.equal([]);
  });

  it('is not reported when an errback comes in the same turn, or in one of its promise jobs', async () => {
    const reasons = await unhandledRejections(async () => {
      fail(error).addErrback(() => 0);
      const deferred = fail(error);
      await Promise.resolve();
      await Promise.resolve();
      deferred.addErrback(() => 0);
    });
    expect(reasons).to.deep.equal([]);
  });

  it('is not reported by the Deferred when it is awaited, but by the promise if nobody handles that', async () => {
    const handled = await unhandledRejections(async () => {
      const caught: unknown[] = [];
      await fail(error).catch((e) => caught.push(e));
      expect(caught).to.deep.equal([error]);
    });
    expect(handled).to.deep.equal([]);
    const unhandled = await unhandledRejections(() => {
      void fail(error).then(() => 0);
    });
    expect(unhandled).to.deep.equal([error]);
  });

  it('is reported again when an errback throws it on and nobody comes after that', async () => {
    const reasons = await unhandledRejections(() => {
      fail(error)
        .addErrback(() => 'handled')
        .addCallback(() => raise(error));
    });
    expect(reasons).to.deep.equal([error]);
  });

  it('is reported by the Deferred that waits for it, once', async () => {
    const reasons = await unhandledRejections(() => {
      const inner = new Deferred<void>();
      succeed().addCallback(() => inner);
      inner.errback(error);
    });
    expect(reasons).to.deep.equal([error]);
  });

  it('is not reported when the Deferred that waits for it handles it', async () => {
    const reasons = await unhandledRejections(() => {
      const inner = fail(error);
      const waiting = new Deferred<void>();
      succeed()
        .addCallback(() => inner)
        .addErrback(() => 0);
      succeed()
        .addCallback(() => waiting)
        .addErrback(() => 0);
      waiting.errback(error);
    });
    expect(reasons).to.deep.equal([]);
  });

  it('is not reported when chainDeferred has passed it on to one that handles it', async () => {
    const reasons = await unhandledRejections(() => {
      const target = new Deferred<never>();
      target.addErrback(() => 0);
      fail(error).chainDeferred(target);
    });
    expect(reasons).to.deep.equal([]);
  });

  it('is reported when a later callback fails after an observer has seen a value', async () => {
    const reasons = await unhandledRejections(async () => {
      const deferred = succeed(1);
      expect(await deferred).to.equal(1);
      deferred.addCallback(() => raise(error));
    });
    expect(reasons).to.deep.equal([error]);
  });

  it('is not reported while the Deferred is paused', async () => {
    const deferred = new Deferred();
    deferred.pause();
    expect(await unhandledRejections(() => deferred.errback(error))).to.deep.equal([]);
    expect(await unhandledRejections(() => deferred.unpause())).to.deep.equal([error]);
  });

  describe('of a Deferred with a sink', () => {
    it('goes to the sink, with the Deferred, when the promise jobs have run', async () => {
      const sink = new RecordingSink();
      const deferred = new Deferred<void>(undefined, sink);
      const reasons = await unhandledRejections(() => deferred.errback(error));
      expect(sink.reports).to.deep.equal([]);
      sink.runChecks();
      expect(sink.reports).to.deep.equal([[error, deferred]]);
      expect(reasons).to.deep.equal([]);
    });

    it('goes there once', () => {
      const sink = new RecordingSink();
      const deferred = new Deferred<void>(undefined, sink);
      deferred.errback(error);
      const [check] = sink.checks;
      sink.runChecks();
      check?.();
      deferred.addCallback(() => 0);
      sink.runChecks();
      expect(sink.reports).to.have.length(1);
    });

    it('does not go there when it is handled in time', () => {
      const sink = new RecordingSink();
      const deferred = new Deferred<void>(undefined, sink);
      deferred.errback(error);
      deferred.addErrback(() => 0);
      sink.runChecks();
      expect(sink.reports).to.deep.equal([]);
    });

    it('is the business of the Deferred that waits for it, and of its sink', async () => {
      const sink = new RecordingSink();
      const reasons = await unhandledRejections(() => {
        const inner = new Deferred<void>(undefined, sink);
        succeed().addCallback(() => inner);
        inner.errback(error);
        const outer = new Deferred<void>(undefined, sink);
        outer.addCallback(() => fail(error));
        outer.callback();
      });
      sink.runChecks();
      expect(reasons).to.deep.equal([error]);
      expect(sink.reports.map(([e]) => e)).to.deep.equal([error]);
    });
  });

  describe('with Deferred.debug', () => {
    afterEach(() => {
      Deferred.debug = false;
    });

    function createdHere(): Deferred<void> {
      return new Deferred<void>();
    }

    it('has the place where the Deferred was created in its stack, and stays itself', async () => {
      Deferred.debug = true;
      const failure = new TypeError('far from home');
      const stack = failure.stack ?? '';
      const reasons = await unhandledRejections(() => createdHere().errback(failure));
      expect(reasons).to.deep.equal([failure]);
      const [before, after] = (failure.stack ?? '').split('\nThe Deferred was created\n');
      expect(before).to.equal(stack);
      expect(after?.split('\n')[0]).to.match(/^ +at createdHere /);
    });

    it('says it once, and leaves a frozen error as it is', async () => {
      Deferred.debug = true;
      const failure = new Error('twice');
      const frozen = Object.freeze(new Error('frozen'));
      const reasons = await unhandledRejections(() => {
        const deferred = createdHere().addErrback((e) => raise(e));
        deferred.errback(failure);
        deferred.addErrback((e) => raise(e));
        createdHere().errback(frozen);
      });
      expect(reasons).to.deep.equal([failure, frozen]);
      expect(failure.stack?.match(/The Deferred was created/g)).to.have.length(1);
      expect(frozen.stack).not.to.include('The Deferred was created');
    });

    it('costs nothing and says nothing when it is off', async () => {
      const failure = new Error('off');
      await unhandledRejections(() => createdHere().errback(failure));
      expect(failure.stack).not.to.include('The Deferred was created');
    });
  });
});
