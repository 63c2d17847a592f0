import { expect } from 'chai';
import { describe, it } from 'mocha';
import { inspect } from 'node:util';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { AlreadyCalledError, NotPausedError } from '../../../lib/deferred/errors.js';
import { fail, succeed } from '../../../lib/deferred/wrap.js';
import { ThrownValueError } from '../../../lib/errors.js';
import { errorOf, outcomeOf, raise, valueOf } from './helpers.js';

describe('Deferred', () => {
  describe('callbacks', () => {
    it('calls a callback with the result alone: closures carry what Twisted passes as extra arguments', () => {
      const calls: unknown[][] = [];
      const deferred = new Deferred<string>();
      deferred.addCallback((...args) => calls.push(args));
      deferred.callback('result');
      expect(calls).to.deep.equal([['result']]);
    });

    it('hands what a callback returns to the next', () => {
      const seen: unknown[] = [];
      const deferred = new Deferred<number>();
      deferred
        .addCallback((n) => {
          seen.push(n);
          return n + 1;
        })
        .addCallback((n) => {
          seen.push(n);
          return `${n}`;
        })
        .addCallback((text) => seen.push(text));
      deferred.callback(1);
      expect(seen).to.deep.equal([1, 2, '2']);
    });

    it('is the same object after each addition', () => {
      const deferred = new Deferred<number>();
      expect(deferred.addCallback((n) => `${n}`)).to.equal(deferred);
      expect(deferred.addErrback(() => 0)).to.equal(deferred);
      expect(deferred.addCallbacks(String, String)).to.equal(deferred);
      expect(deferred.addBoth(String)).to.equal(deferred);
      expect(deferred.chainDeferred(new Deferred<number>())).to.equal(deferred);
    });

    it('lets an error pass by addCallback and a value by addErrback', () => {
      const never = (): never => raise(new Error('called'));
      const error = new Error('passes');
      expect(valueOf(succeed(1).addErrback(never))).to.equal(1);
      expect(errorOf(fail(error).addCallback(never))).to.equal(error);
    });

    it('lets an error pass by addCallbacks without an errback, or with null', () => {
      const error = new Error('passes');
      expect(errorOf(fail(error).addCallbacks(String))).to.equal(error);
      expect(errorOf(fail(error).addCallbacks(String, null))).to.equal(error);
      expect(valueOf(succeed(1).addCallbacks(String))).to.equal('1');
    });

    it('turns what a callback throws into the error of the next errback, and what an errback returns into a value', () => {
      const error = new Error('thrown');
      const deferred = succeed(1)
        .addCallback(() => raise(error))
        .addErrback((e) => [e]);
      expect(valueOf(deferred)).to.deep.equal([error]);
    });

    it('turns what an errback throws into the next error', () => {
      const second = new Error('second');
      expect(errorOf(fail(new Error('first')).addErrback(() => raise(second)))).to.equal(second);
    });

    it('keeps what a callback throws from the errback at its side', () => {
      const error = new Error('thrown');
      const beside: Error[] = [];
      const deferred = succeed(1).addCallbacks(
        () => raise(error),
        (e) => beside.push(e),
      );
      expect(errorOf(deferred)).to.equal(error);
      expect(beside).to.deep.equal([]);
    });

    it('calls addBoth for a value and for an error', () => {
      const error = new Error('both');
      expect(valueOf(succeed(1).addBoth((result) => [result]))).to.deep.equal([1]);
      expect(valueOf(fail(error).addBoth((result) => [result]))).to.deep.equal([error]);
    });

    it('calls a callback at once when the result is there', () => {
      const seen: unknown[] = [];
      succeed('there').addCallback((value) => seen.push(value));
      expect(seen).to.deep.equal(['there']);
    });

    it('calls an errback at once when the error is there', () => {
      const seen: unknown[] = [];
      const error = new Error('there');
      fail(error).addErrback((e) => seen.push(e));
      expect(seen).to.deep.equal([error]);
    });

    it('takes an Error that a callback returns as a value: only throwing fails, where Twisted has Failures', () => {
      const error = new Error('a value');
      expect(valueOf(succeed(1).addCallback(() => error))).to.equal(error);
      expect(valueOf(succeed(error))).to.equal(error);
    });

    it('fails when a callback returns a failed Deferred', () => {
      const error = new Error('returned');
      expect(errorOf(succeed(1).addCallback(() => fail(error)))).to.equal(error);
    });

    it('wraps what is thrown or failed with and is no Error, and keeps it as the cause', () => {
      for (const deferred of [succeed(1).addCallback(() => raise('text')), fail('text')]) {
        const error = errorOf(deferred);
        expect(error).to.be.instanceOf(ThrownValueError);
        expect(error.cause).to.equal('text');
      }
    });

    it('fails when reading then of what a callback returns throws', () => {
      const error = new Error('no then for you');
      const trap = {
        get then(): unknown {
          return raise(error);
        },
      };
      expect(errorOf(succeed(1).addCallback(() => trap))).to.equal(error);
    });
  });

  describe('adding callbacks from a callback', () => {
    it('runs one added by a running callback after those that are there', () => {
      const seen: string[] = [];
      const deferred = new Deferred<void>();
      deferred.addCallback(() => {
        seen.push('first');
        deferred.addCallback(() => seen.push('added'));
      });
      deferred.addCallback(() => seen.push('second'));
      deferred.callback();
      expect(seen).to.deep.equal(['first', 'second', 'added']);
    });

    it('runs one added by a running callback not before that has returned', () => {
      const seen: string[] = [];
      const deferred = succeed();
      deferred.addCallback(() => {
        seen.push('begin');
        deferred.addCallback(() => seen.push('added'));
        seen.push('end');
      });
      expect(seen).to.deep.equal(['begin', 'end', 'added']);
    });

    it('runs one added by a callback that throws with the error', () => {
      const error = new Error('thrown');
      const seen: unknown[] = [];
      const deferred = succeed();
      deferred.addCallback(() => {
        deferred.addErrback((e) => seen.push(e));
        throw error;
      });
      expect(seen).to.deep.equal([error]);
    });
  });

  describe('firing', () => {
    const error = new Error('fired');
    const fire = {
      callback: (deferred: Deferred<number>) => deferred.callback(1),
      errback: (deferred: Deferred<number>) => deferred.errback(error),
    };

    for (const first of ['callback', 'errback'] as const) {
      for (const second of ['callback', 'errback'] as const) {
        it(`refuses ${second} after ${first}, and keeps its result`, () => {
          const deferred = new Deferred<number>();
          fire[first](deferred);
          expect(() => fire[second](deferred)).to.throw(AlreadyCalledError);
          expect(outcomeOf(deferred)).to.deep.equal(first === 'callback' ? ['value', 1] : ['error', error]);
        });
      }
    }

    it('says whether it was called, also while it runs and waits', () => {
      const inner = new Deferred<void>();
      const deferred = new Deferred<void>();
      const seen: boolean[] = [deferred.called];
      deferred.addCallback(() => {
        seen.push(deferred.called);
        return inner;
      });
      deferred.callback();
      seen.push(deferred.called);
      expect(seen).to.deep.equal([false, true, true]);
      expect(inner.called).to.equal(false);
    });

    it('waits for a Deferred given to callback', () => {
      const inner = new Deferred<number>();
      const deferred = new Deferred<unknown>();
      deferred.callback(inner);
      expect(deferred.called).to.equal(true);
      inner.callback(3);
      expect(valueOf(deferred)).to.equal(3);
    });
  });

  describe('pausing', () => {
    it('runs neither callback nor errback until it is unpaused', () => {
      for (const deferred of [succeed(1), fail(new Error('paused'))]) {
        const seen: unknown[] = [];
        deferred.pause();
        deferred.addBoth((result) => seen.push(result));
        expect(seen).to.have.length(0);
        deferred.unpause();
        expect(seen).to.have.length(1);
      }
    });

    it('may be unpaused before it is fired', () => {
      const deferred = new Deferred<number>();
      deferred.pause();
      deferred.unpause();
      deferred.callback(1);
      expect(valueOf(deferred)).to.equal(1);
    });

    it('counts', () => {
      const seen: number[] = [];
      const deferred = new Deferred<number>();
      deferred.addCallback((n) => seen.push(n));
      deferred.pause();
      deferred.pause();
      deferred.callback(1);
      deferred.unpause();
      expect(seen).to.deep.equal([]);
      deferred.unpause();
      expect(seen).to.deep.equal([1]);
    });

    it('stops behind the callback that pauses it', () => {
      const seen: string[] = [];
      const deferred = new Deferred<void>();
      deferred.addCallback(() => {
        seen.push('first');
        deferred.pause();
      });
      deferred.addCallback(() => seen.push('second'));
      deferred.callback();
      expect(seen).to.deep.equal(['first']);
      deferred.unpause();
      expect(seen).to.deep.equal(['first', 'second']);
    });

    it('refuses unpause when it is not paused', () => {
      expect(() => new Deferred().unpause()).to.throw(NotPausedError);
    });
  });

  describe('as text', () => {
    it('shows its state and result', () => {
      const failed = fail(new TypeError('bad'));
      expect(String(new Deferred())).to.equal('Deferred <pending>');
      expect(String(succeed(5))).to.equal('Deferred <value: 5>');
      expect(String(failed)).to.equal('Deferred <failed: TypeError: bad>');
      failed.addErrback(() => 0);
      const paused = succeed(Object.create(null));
      paused.pause();
      expect(String(paused)).to.equal('Deferred <paused, value: object>');
      const running: string[] = [];
      const deferred = succeed();
      deferred.addCallback(() => running.push(String(deferred)));
      expect(running).to.deep.equal(['Deferred <running>']);
    });

    it('shows what it waits for', () => {
      const inner = new Deferred<void>();
      const middle = succeed().addCallback(() => inner);
      const outer = succeed().addCallback(() => middle);
      expect(String(middle)).to.equal('Deferred <waiting for Deferred <pending>>');
      expect(String(outer)).to.equal('Deferred <waiting for Deferred <waiting>>');
    });

    it('looks the same on the console', () => {
      expect(inspect({ deferred: succeed(5) })).to.equal('{ deferred: Deferred <value: 5> }');
    });
  });
});
