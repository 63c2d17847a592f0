import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Deferred } from '../../../lib/deferred/deferred.js';
import { DeferredSemaphore } from '../../../lib/deferred/deferred-semaphore.js';
import { CancelledError, NotAcquiredError } from '../../../lib/deferred/errors.js';
import { errorOf, stackDepth, valueOf } from './helpers.js';

describe('DeferredSemaphore', () => {
  it('is had by as many as it has tokens, then by who waits longest', () => {
    const semaphore = new DeferredSemaphore(2);
    const seen: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      semaphore.acquire().addCallback((held) => {
        expect(held).to.equal(semaphore);
        seen.push(name);
      });
    }
    expect(seen).to.deep.equal(['a', 'b']);
    expect([semaphore.limit, semaphore.tokens, semaphore.waiting]).to.deep.equal([2, 0, 2]);
    semaphore.release();
    expect(seen).to.deep.equal(['a', 'b', 'c']);
    semaphore.release();
    semaphore.release();
    semaphore.release();
    expect(seen).to.deep.equal(['a', 'b', 'c', 'd']);
    expect([semaphore.tokens, semaphore.waiting]).to.deep.equal([2, 0]);
  });

  it('refuses to be made with less than one token', () => {
    for (const tokens of [0, -1, 1.5, NaN, Infinity, '1' as never]) {
      expect(() => new DeferredSemaphore(tokens)).to.throw(RangeError, String(tokens));
    }
  });

  it('refuses more releases than acquires', () => {
    const semaphore = new DeferredSemaphore(2);
    valueOf(semaphore.acquire());
    semaphore.release();
    expect(() => semaphore.release()).to.throw(NotAcquiredError);
    expect(semaphore.tokens).to.equal(2);
  });

  it('refuses more releases than acquires also from inside of a turn', () => {
    const semaphore = new DeferredSemaphore(1);
    valueOf(semaphore.acquire());
    const turn = semaphore.acquire().addCallback(() => {
      semaphore.release();
      semaphore.release();
    });
    semaphore.release();
    expect(errorOf(turn)).to.be.instanceOf(NotAcquiredError);
    expect(semaphore.tokens).to.equal(1);
  });

  it('lets nobody overtake who waits, when one asks again in the turn in which it releases', () => {
    const semaphore = new DeferredSemaphore(1);
    const seen: string[] = [];
    valueOf(semaphore.acquire());
    semaphore.acquire().addCallback(() => {
      semaphore.release();
      semaphore.acquire().addCallback(() => seen.push('again'));
      seen.push('first');
    });
    semaphore.acquire().addCallback(() => {
      seen.push('second');
      semaphore.release();
    });
    semaphore.release();
    expect(seen).to.deep.equal(['first', 'second', 'again']);
  });

  it('passes over a waiter that its owner has fired', () => {
    const semaphore = new DeferredSemaphore(1);
    valueOf(semaphore.acquire());
    const [fired, next] = [semaphore.acquire(), semaphore.acquire()];
    fired.callback(semaphore);
    semaphore.release();
    expect(valueOf(next)).to.equal(semaphore);
  });

  it('gives ten thousand turns that are over at once at one depth of the stack', () => {
    const semaphore = new DeferredSemaphore(1);
    const depths = new Set<number>();
    let turns = 0;
    valueOf(semaphore.acquire());
    for (let i = 0; i < 10_000; i++) {
      void semaphore.run(() => {
        if (turns++ % 100 === 0) depths.add(stackDepth());
      });
    }
    semaphore.release();
    expect([turns, semaphore.tokens]).to.deep.equal([10_000, 1]);
    expect(depths.size).to.equal(1);
  });

  it('is released at the end of a block with using', async () => {
    const semaphore = new DeferredSemaphore(1);
    {
      using held = await semaphore.acquire();
      expect(held.tokens).to.equal(0);
    }
    expect(semaphore.tokens).to.equal(1);
  });

  it('loses no token and no waiter, and keeps their order, whatever is acquired, released and cancelled', () => {
    const step = fc.oneof(
      fc.constant({ kind: 'acquire' as const }),
      fc.constant({ kind: 'release' as const }),
      fc.record({ kind: fc.constant('cancel' as const), which: fc.nat({ max: 20 }) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
        const semaphore = new DeferredSemaphore(limit);
        const waiters: { id: number; deferred: Deferred<unknown> }[] = [];
        const expected: number[] = [];
        const turns: number[] = [];
        const cancelled: Error[] = [];
        let held = 0;
        steps.forEach((each, id) => {
          if (each.kind === 'acquire') {
            const deferred = semaphore.acquire();
            deferred.addCallbacks(
              () => turns.push(id),
              (e) => cancelled.push(e),
            );
            if (held === limit) waiters.push({ id, deferred });
            else expected.push(id);
            held = Math.min(limit, held + 1);
          } else if (each.kind === 'cancel') {
            const [waiter] = waiters.splice(each.which, 1);
            waiter?.deferred.cancel();
            expect(waiter?.deferred.called).to.be.oneOf([true, undefined]);
          } else if (held > 0) {
            const next = waiters.shift();
            if (next === undefined) held -= 1;
            else expected.push(next.id);
            semaphore.release();
          }
          expect(turns).to.deep.equal(expected);
          expect([semaphore.tokens, semaphore.waiting]).to.deep.equal([limit - held, waiters.length]);
        });
        for (const e of cancelled) expect(e).to.be.instanceOf(CancelledError);
      }),
    );
  });
});
