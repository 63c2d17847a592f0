import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { DeferredLock } from '../../../lib/deferred/deferred-lock.js';
import { CancelledError, NotAcquiredError } from '../../../lib/deferred/errors.js';
import { errorOf, outcomeOf, raise, valueOf } from './helpers.js';

describe('DeferredLock', () => {
  it('is had by one at a time, in the order of asking, and fires with itself', () => {
    const lock = new DeferredLock();
    const seen: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      lock.acquire().addCallback((held) => {
        expect(held).to.equal(lock);
        seen.push(name);
      });
    }
    expect(seen).to.deep.equal(['a']);
    expect([lock.locked, lock.waiting]).to.deep.equal([true, 2]);
    lock.release();
    expect(seen).to.deep.equal(['a', 'b']);
    lock.release();
    lock.release();
    expect(seen).to.deep.equal(['a', 'b', 'c']);
    expect([lock.locked, lock.waiting]).to.deep.equal([false, 0]);
  });

  it('refuses a release when nobody has it', () => {
    const lock = new DeferredLock();
    expect(() => lock.release()).to.throw(NotAcquiredError);
    valueOf(lock.acquire());
    lock.release();
    expect(() => lock.release()).to.throw(NotAcquiredError);
  });

  describe('run', () => {
    it('calls the function with its arguments when it is its turn, and releases when its result is there', () => {
      const lock = new DeferredLock();
      const work = new Deferred<string>();
      const first = lock.run(() => work);
      const second = lock.run((a: number, b: number) => a + b, 1, 2);
      expect([lock.locked, second.called]).to.deep.equal([true, false]);
      work.callback('worked');
      expect([valueOf(first), valueOf(second), lock.locked]).to.deep.equal(['worked', 3, false]);
    });

    it('releases when the function throws or fails, and fails with that', async () => {
      const lock = new DeferredLock();
      const error = new Error('work');
      expect(errorOf(lock.run(() => raise(error)))).to.equal(error);
      expect(await lock.run(async () => raise(error)).catch((e) => [e])).to.deep.equal([error]);
      expect(lock.locked).to.equal(false);
    });

    it('never calls the function when it is cancelled before its turn', () => {
      const lock = new DeferredLock();
      valueOf(lock.acquire());
      const run = lock.run(() => raise(new Error('called')));
      run.cancel();
      expect(errorOf(run)).to.be.instanceOf(CancelledError);
      expect(lock.waiting).to.equal(0);
    });

    it('cancels what the function returned, and releases, when it is cancelled later', () => {
      const lock = new DeferredLock();
      const work = new Deferred<string>();
      const run = lock.run(() => work);
      run.cancel();
      expect(work.called).to.equal(true);
      expect(errorOf(run)).to.be.instanceOf(CancelledError);
      expect(lock.locked).to.equal(false);
    });
  });

  describe('a waiter that is cancelled', () => {
    it('gives up its place', () => {
      const lock = new DeferredLock();
      valueOf(lock.acquire());
      const [impatient, patient] = [lock.acquire(), lock.acquire()];
      impatient.cancel();
      expect(errorOf(impatient)).to.be.instanceOf(CancelledError);
      lock.release();
      expect(valueOf(patient)).to.equal(lock);
    });

    it('still has the lock when it had it already', () => {
      const lock = new DeferredLock();
      const held = lock.acquire();
      held.cancel();
      expect(valueOf(held)).to.equal(lock);
      expect(lock.locked).to.equal(true);
    });
  });

  it('is released at the end of a block with using', async () => {
    const lock = new DeferredLock();
    {
      using held = await lock.acquire();
      expect(held.locked).to.equal(true);
    }
    expect(lock.locked).to.equal(false);
    expect(outcomeOf(lock.acquire())).to.deep.equal(['value', lock]);
  });
});
