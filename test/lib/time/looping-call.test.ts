import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import sinon from 'sinon';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { CancelledError } from '../../../lib/deferred/errors.js';
import { fail, succeed } from '../../../lib/deferred/wrap.js';
import type { ReactorTime } from '../../../lib/interfaces.js';
import { Clock } from '../../../lib/time/clock.js';
import { EndlessChainError, LoopingCallAlreadyRunning, LoopingCallNotRunning } from '../../../lib/time/errors.js';
import { LoopingCall } from '../../../lib/time/looping-call.js';
import { LateClock } from './late-clock.js';

/** What a Deferred has come to so far, in a list that grows by it. Errors are handled. */
function resultsOf(deferred: Deferred<unknown>): unknown[] {
  const results: unknown[] = [];
  deferred.addBoth((result) => void results.push(result));
  return results;
}

/** A loop that notes the time of each call. */
function noting(clock: ReactorTime): { loop: LoopingCall; times: number[] } {
  const times: number[] = [];
  return { loop: new LoopingCall<unknown>(clock, () => void times.push(clock.seconds())), times };
}

describe('LoopingCall', () => {
  describe('start', () => {
    it('calls at once, and then every interval', () => {
      const clock = new Clock(100);
      const { loop, times } = noting(clock);
      loop.start(0.5);
      expect(times).to.deep.equal([100]);
      clock.advance(1.75);
      expect(times).to.deep.equal([100, 100.5, 101, 101.5]);
    });

    it('calls for the first time after one interval when not to do so now', () => {
      const clock = new Clock();
      const { loop, times } = noting(clock);
      loop.start(1, false);
      expect(times).to.deep.equal([]);
      clock.advance(2.5);
      expect(times).to.deep.equal([1, 2]);
    });

    it('calls the function without arguments', () => {
      const clock = new Clock();
      const f = sinon.spy();
      new LoopingCall(clock, f).start(1);
      clock.advance(1);
      sinon.assert.alwaysCalledWithExactly(f);
      sinon.assert.calledTwice(f);
    });

    it('tells by running and interval what it does', () => {
      const clock = new Clock();
      const { loop } = noting(clock);
      expect([loop.running, loop.interval]).to.deep.equal([false, 0]);
      loop.start(2);
      expect([loop.running, loop.interval]).to.deep.equal([true, 2]);
      loop.stop();
      expect([loop.running, loop.interval]).to.deep.equal([false, 2]);
    });

    it('refuses an interval that is negative or not finite, and does not run then', () => {
      const { loop, times } = noting(new Clock());
      for (const interval of [-1, NaN, Infinity]) expect(() => loop.start(interval)).to.throw(RangeError, 'start');
      expect(loop.running).to.equal(false);
      expect(times).to.deep.equal([]);
    });

    it('refuses a second start while it runs', () => {
      const { loop } = noting(new Clock());
      loop.start(1);
      expect(() => loop.start(1))
        .to.throw(LoopingCallAlreadyRunning, 'is running already')
        .with.property('loop', loop);
    });

    it('begins a new loop after stop, with a grid, an interval and a Deferred of its own', () => {
      const clock = new Clock();
      const { loop, times } = noting(clock);
      const first = loop.start(1);
      clock.advance(0.5);
      loop.stop();
      const second = loop.start(2);
      expect(second).not.to.equal(first);
      clock.advance(4);
      expect(times).to.deep.equal([0, 0.5, 2.5, 4.5]);
    });

    it('needs a clock (Twisted takes the global reactor) and a function', () => {
      const f = undefined as unknown as () => void;
      expect(() => new LoopingCall(new Clock(), f)).to.throw(TypeError, 'LoopingCall');
      expect(LoopingCall).to.have.lengthOf(2);
    });
  });

  describe('stop', () => {
    it('fires the Deferred with the loop, and nothing is left to come', () => {
      const clock = new Clock();
      const { loop } = noting(clock);
      const results = resultsOf(loop.start(1));
      clock.advance(2);
      expect(results).to.deep.equal([]);
      loop.stop();
      expect(results).to.have.ordered.members([loop]);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    for (const interval of [0, 10]) {
      it(`before the first call, at interval ${interval}, fires the Deferred, and nothing has run`, () => {
        const clock = new Clock();
        const { loop, times } = noting(clock);
        const results = resultsOf(loop.start(interval, false));
        loop.stop();
        clock.advance(20);
        expect(times).to.deep.equal([]);
        expect(results).to.have.ordered.members([loop]);
      });
    }

    it('inside the first call, there is no other', () => {
      const clock = new Clock();
      const f = sinon.spy(() => loop.stop());
      const loop: LoopingCall<void> = new LoopingCall(clock, f);
      const results = resultsOf(loop.start(1));
      expect(results).to.have.ordered.members([loop]);
      clock.advance(5);
      sinon.assert.calledOnce(f);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    it('from another timed call, before the first call, prevents it', () => {
      const clock = new Clock();
      const { loop, times } = noting(clock);
      const results = resultsOf(loop.start(1, false));
      clock.callLater(1, () => {});
      clock.callLater(0, () => loop.stop());
      clock.advance(5);
      expect(times).to.deep.equal([]);
      expect(results).to.have.ordered.members([loop]);
    });

    it('is refused when the loop does not run: before, after, and while it is stopping', () => {
      const clock = new Clock();
      const loop = new LoopingCall(clock, () => new Deferred<void>());
      expect(() => loop.stop())
        .to.throw(LoopingCallNotRunning)
        .with.property('loop', loop);
      loop.start(1);
      loop.stop();
      expect(() => loop.stop()).to.throw(LoopingCallNotRunning);
    });

    it('does its work also where others cancelled the call that it waits for', () => {
      const clock = new Clock();
      const { loop, times } = noting(clock);
      const results = resultsOf(loop.start(1));
      clock.getDelayedCalls()[0]!.cancel();
      clock.advance(3);
      expect(times).to.deep.equal([0]);
      loop.stop();
      expect(results).to.have.ordered.members([loop]);
    });
  });

  describe('a failing function', () => {
    it('fails the Deferred with what it throws, and ends the loop', () => {
      const clock = new Clock();
      const error = new Error('f');
      const f = sinon.stub();
      f.onThirdCall().throws(error);
      const loop = new LoopingCall(clock, f);
      const results = resultsOf(loop.start(1));
      clock.advance(5);
      expect(results).to.have.ordered.members([error]);
      expect(loop.running).to.equal(false);
      sinon.assert.calledThrice(f);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    it('fails the Deferred also from inside start', () => {
      const loop = new LoopingCall(new Clock(), sinon.stub().throws(new Error('f')));
      const results = resultsOf(loop.start(1));
      expect(results).to.have.lengthOf(1);
      expect(results[0]).to.have.property('message', 'f');
      expect(loop.running).to.equal(false);
    });

    it('that has stopped the loop before it throws fails the Deferred nevertheless', () => {
      const error = new Error('f');
      const loop: LoopingCall<never> = new LoopingCall(new Clock(), () => {
        loop.stop();
        throw error;
      });
      expect(resultsOf(loop.start(1))).to.have.ordered.members([error]);
    });

    it('fails the Deferred with the failure of what it returned, and ends the loop', () => {
      const clock = new Clock();
      const error = new Error('inner');
      const loop = new LoopingCall(clock, () => {
        const inner = new Deferred<void>();
        clock.callLater(0.3, () => inner.errback(error));
        return inner;
      });
      const results = resultsOf(loop.start(1));
      clock.advance(0.2);
      expect(results).to.deep.equal([]);
      clock.advance(0.1);
      expect(results).to.have.ordered.members([error]);
      expect(loop.running).to.equal(false);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    it('that returns something whose `then` cannot be read fails the Deferred', () => {
      const loop = new LoopingCall(new Clock(), () => ({
        get then(): never {
          throw new Error('then');
        },
      }));
      expect(resultsOf(loop.start(1))[0]).to.have.property('message', 'then');
    });

    it('may be started again', () => {
      const clock = new Clock();
      const f = sinon.stub().onFirstCall().throws(new Error('f'));
      const loop = new LoopingCall(clock, f);
      resultsOf(loop.start(1));
      loop.start(1);
      clock.advance(1);
      sinon.assert.calledThrice(f);
    });

    it('or a clock that refuses the next call fails the Deferred', () => {
      const clock = new Clock();
      const { loop } = noting(clock);
      const results = resultsOf(loop.start(1));
      const error = new Error('closed');
      sinon.stub(clock, 'callLater').throws(error);
      clock.advance(1);
      expect(results).to.have.ordered.members([error]);
      expect(loop.running).to.equal(false);
    });
  });

  describe('the grid', () => {
    it('is kept when the reactor comes late: missed points are skipped, not made up for', () => {
      const clock = new LateClock();
      const { loop, times } = noting(clock);
      loop.start(1);
      clock.jump(3.5);
      clock.jump(0.25);
      expect(times).to.deep.equal([0, 3.5]);
      clock.jump(0.25);
      clock.jump(0);
      clock.jump(1);
      expect(times).to.deep.equal([0, 3.5, 4, 5]);
    });

    it('is kept when the function takes long: missed points are skipped', () => {
      const clock = new LateClock();
      const times: number[] = [];
      const loop = new LoopingCall(clock, () => {
        times.push(clock.seconds());
        clock.pass(1.25);
      });
      loop.start(0.5);
      expect(clock.getDelayedCalls()[0]!.getTime()).to.equal(1.5);
      clock.jump(0.125);
      expect(times).to.deep.equal([0]);
      clock.jump(0.125);
      expect(times).to.deep.equal([0, 1.5]);
    });

    it('has each point once also on a clock that makes calls too early', () => {
      const clock = new Clock();
      const callLater = sinon.spy(clock, 'callLater');
      const counts: number[] = [];
      const loop = LoopingCall.withCount(clock, (count) => counts.push(count));
      const makeNow = (): void => {
        clock.getDelayedCalls()[0]!.reset(0);
        clock.advance(0);
      };
      loop.start(1, false);
      clock.advance(0.75);
      makeNow();
      expect(counts).to.deep.equal([1]);
      expect(callLater.lastCall.args[0]).to.equal(1.25);
      loop.reset();
      makeNow();
      expect(counts).to.deep.equal([1, 1]);
    });

    it('does not drift: after a million intervals of 0.1 the calls are where they belong', () => {
      const clock = new LateClock();
      const { loop, times } = noting(clock);
      loop.start(0.1, false);
      clock.jump(99_999.95);
      clock.jump(0.05);
      clock.jump(0.1);
      expect(clock.getDelayedCalls()[0]!.getTime()).to.be.closeTo(100_000.2, 1e-9);
      expect(times).to.have.lengthOf(3);
    });

    it('has each point once, whatever the start and the interval and however late the reactor', () => {
      const late = fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { maxLength: 40 });
      fc.assert(
        fc.property(
          fc.double({ min: -1e9, max: 1e9, noNaN: true }),
          fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
          fc.boolean(),
          late,
          (start, interval, now, delays) => {
            const clock = new LateClock(start);
            const counts: number[] = [];
            const loop = LoopingCall.withCount(clock, (count) => counts.push(count));
            loop.start(interval, now);
            for (const delay of delays) {
              const due = clock.getDelayedCalls()[0]!.getTime();
              clock.jump(Math.max(due - clock.seconds(), 0) + (delay < 1 ? 0 : delay - 1) * interval);
              if (clock.seconds() < due) clock.jump(interval * 1e-6); // adding up rounded it down
              const next = clock.getDelayedCalls()[0]!.getTime();
              expect(next).to.be.greaterThan(clock.seconds());
              expect(next - clock.seconds()).to.be.at.most(interval * (1 + 1e-9) + Math.abs(start) * 1e-15);
            }
            expect(counts.every((count) => count >= 1)).to.equal(true);
            const passed = (clock.getDelayedCalls()[0]!.getTime() - start) / interval - 1 + (now ? 1 : 0);
            expect(counts.reduce((sum, count) => sum + count, 0)).to.be.closeTo(passed, 0.01);
          },
        ),
        { numRuns: 300 },
      );
    });
  });

  describe('interval 0', () => {
    it('calls once in each turn of a reactor', () => {
      const clock = new LateClock();
      let calls = 0;
      const f = sinon.spy(() => {
        if (++calls > 5) loop.stop();
      });
      const loop: LoopingCall = new LoopingCall<unknown>(clock, f);
      const results = resultsOf(loop.start(0));
      for (let turn = 1; turn <= 6; turn++) {
        sinon.assert.callCount(f, turn);
        clock.jump(0.01);
      }
      sinon.assert.callCount(f, 6);
      expect(results).to.have.ordered.members([loop]);
    });

    it('holds the time of a Clock until it is stopped, and is an endless chain when it is not', () => {
      const clock = new Clock();
      const { loop } = noting(clock);
      loop.start(0);
      expect(() => clock.advance(1)).to.throw(EndlessChainError);
    });

    it('stays 0 after reset', () => {
      const clock = new LateClock();
      const { loop, times } = noting(clock);
      loop.start(0);
      loop.reset();
      clock.jump(1);
      expect(times).to.deep.equal([0, 1]);
    });
  });

  describe('a function that returns a Deferred or promise', () => {
    it('is not called again while that is pending; then the loop goes on, on the grid', () => {
      const clock = new Clock();
      const times: number[] = [];
      const loop = new LoopingCall(clock, () => {
        times.push(clock.seconds());
        const inner = new Deferred<void>();
        clock.callLater(2.5, () => inner.callback());
        return inner;
      });
      loop.start(1);
      clock.advance(7);
      expect(times).to.deep.equal([0, 3, 6]);
    });

    it('goes on at once with a Deferred that has fired', () => {
      const clock = new Clock();
      const f = sinon.spy(() => succeed());
      new LoopingCall(clock, f).start(1);
      clock.advance(3);
      sinon.assert.callCount(f, 4);
    });

    it('ends the loop at once with a Deferred that has failed', () => {
      const error = new Error('inner');
      const loop = new LoopingCall(new Clock(), () => fail(error));
      expect(resultsOf(loop.start(1))).to.have.ordered.members([error]);
    });

    it('may be an async function', async () => {
      const clock = new Clock();
      const error = new Error('third');
      let calls = 0;
      const f = sinon.spy(async () => {
        if (++calls === 3) throw error;
      });
      const loop = new LoopingCall(clock, f);
      const results = resultsOf(loop.start(1));
      while (results.length === 0) {
        for (let job = 0; job < 10; job++) await Promise.resolve();
        clock.advance(1);
      }
      expect(results).to.have.ordered.members([error]);
      sinon.assert.calledThrice(f);
    });

    it('lets stop wait: the Deferred fires when the last call is finished', () => {
      const clock = new Clock();
      const inner = new Deferred<void>();
      const loop = new LoopingCall(clock, () => inner);
      const results = resultsOf(loop.start(1));
      loop.stop();
      expect(loop.running).to.equal(false);
      expect(results).to.deep.equal([]);
      inner.callback();
      expect(results).to.have.ordered.members([loop]);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    it('may stop the loop from a callback of that Deferred', () => {
      const clock = new Clock();
      const loop: LoopingCall = new LoopingCall<unknown>(clock, () => {
        const inner = new Deferred<void>();
        clock.callLater(1, () => inner.callback());
        return inner.addCallback(() => loop.stop());
      });
      const results = resultsOf(loop.start(0.2));
      clock.pump([0.2, 0.8]);
      expect(results).to.have.ordered.members([loop]);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    it('fails a stopped loop when its last call fails', () => {
      const error = new Error('inner');
      const inner = new Deferred<void>();
      const loop = new LoopingCall(new Clock(), () => inner);
      const results = resultsOf(loop.start(1));
      loop.stop();
      inner.errback(error);
      expect(results).to.have.ordered.members([error]);
    });

    it('keeps a stopped loop from a new start until the last call is finished', () => {
      const clock = new Clock();
      const inner = new Deferred<void>();
      const loop = new LoopingCall(clock, () => inner);
      loop.start(1);
      loop.stop();
      expect(() => loop.start(1)).to.throw(LoopingCallAlreadyRunning, 'not finished');
      inner.callback();
      loop.start(1);
      expect(loop.running).to.equal(true);
    });
  });

  describe('cancelling the Deferred of start (in Twisted the loop runs on)', () => {
    it('stops the loop', () => {
      const clock = new Clock();
      const { loop, times } = noting(clock);
      const deferred = loop.start(1);
      const results = resultsOf(deferred);
      deferred.cancel();
      clock.advance(3);
      expect(results[0]).to.be.an.instanceOf(CancelledError);
      expect(loop.running).to.equal(false);
      expect(times).to.deep.equal([0]);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
      loop.start(1);
      expect(loop.running).to.equal(true);
    });

    it('cancels what the function returned', () => {
      const clock = new Clock();
      const canceller = sinon.spy();
      const loop = new LoopingCall(clock, () => new Deferred<void>(canceller));
      const deferred = loop.start(1);
      const results = resultsOf(deferred);
      deferred.cancel();
      sinon.assert.calledOnce(canceller);
      expect(results).to.have.lengthOf(1);
      expect(results[0]).to.be.an.instanceOf(CancelledError);
      expect(loop.running).to.equal(false);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    it('cancels it also when the loop is stopping', () => {
      const loop = new LoopingCall(new Clock(), () => new Deferred<void>());
      const deferred = loop.start(1);
      const results = resultsOf(deferred);
      loop.stop();
      deferred.cancel();
      expect(results[0]).to.be.an.instanceOf(CancelledError);
      loop.start(1);
      expect(loop.running).to.equal(true);
    });

    it('from inside the function ends the loop with that call', () => {
      const clock = new Clock();
      const f = sinon.spy(() => {
        if (f.callCount === 2) deferred.cancel();
      });
      const loop: LoopingCall<void> = new LoopingCall(clock, f);
      const deferred = loop.start(1);
      const results = resultsOf(deferred);
      clock.advance(5);
      sinon.assert.calledTwice(f);
      expect(results[0]).to.be.an.instanceOf(CancelledError);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
      loop.start(1);
      expect(loop.running).to.equal(true);
    });

    it('from inside the function does not lose what it throws then: the clock gets it', () => {
      const clock = new Clock();
      const error = new Error('after cancel');
      const f = sinon.spy(() => {
        if (f.callCount < 2) return;
        deferred.cancel();
        throw error;
      });
      const deferred = new LoopingCall(clock, f).start(1);
      resultsOf(deferred);
      expect(() => clock.advance(1))
        .to.throw(Error)
        .that.equals(error);
    });
  });

  describe('reset', () => {
    it('begins the grid anew: the next call is one interval from now', () => {
      const clock = new Clock();
      const { loop, times } = noting(clock);
      loop.start(2, false);
      clock.advance(1);
      loop.reset();
      clock.advance(1.5);
      expect(times).to.deep.equal([]);
      clock.advance(4);
      expect(times).to.deep.equal([3, 5]);
    });

    it('inside the function, which takes long, begins the grid where it is called', () => {
      const clock = new LateClock();
      const loop: LoopingCall = new LoopingCall<unknown>(clock, () => {
        clock.pass(0.25);
        loop.reset();
      });
      loop.start(1);
      expect(clock.getDelayedCalls().map((call) => call.getTime())).to.deep.equal([1.25]);
    });

    it('while what the function returned is pending moves the grid (in Twisted it does nothing then)', () => {
      const clock = new Clock();
      const inner = new Deferred<void>();
      const times: number[] = [];
      const loop = new LoopingCall(clock, () => {
        times.push(clock.seconds());
        return times.length === 1 ? inner : undefined;
      });
      loop.start(1);
      clock.advance(0.25);
      loop.reset();
      clock.advance(1.5);
      inner.callback();
      clock.advance(1.5);
      expect(times).to.deep.equal([0, 2.25, 3.25]);
    });

    it('is refused when the loop does not run', () => {
      const { loop } = noting(new Clock());
      expect(() => loop.reset())
        .to.throw(LoopingCallNotRunning)
        .with.property('loop', loop);
    });

    it('does its work also where others cancelled the call that it waits for', () => {
      const clock = new Clock();
      const { loop, times } = noting(clock);
      loop.start(1, false);
      clock.getDelayedCalls()[0]!.cancel();
      clock.advance(5);
      loop.reset();
      clock.advance(1);
      expect(times).to.deep.equal([6]);
    });
  });

  describe('withCount', () => {
    /** A loop that notes its counts. */
    function counting(clock: ReactorTime): { loop: LoopingCall; counts: number[] } {
      const counts: number[] = [];
      return { loop: LoopingCall.withCount(clock, (count) => void counts.push(count)), counts };
    }

    it('tells how many intervals have passed since the last call', () => {
      const clock = new LateClock();
      const { loop, counts } = counting(clock);
      loop.start(0.5);
      clock.jump(0.51);
      expect(counts).to.deep.equal([1, 1]);
      clock.jump(1.5);
      expect(counts).to.deep.equal([1, 1, 3]);
      clock.jump(0.5);
      expect(counts).to.deep.equal([1, 1, 3, 1]);
    });

    it('counts no interval twice: a call late by less than one counts 1, and so does the next, at its point', () => {
      const clock = new LateClock();
      const { loop, counts } = counting(clock);
      loop.start(0.5);
      clock.jump(0.51);
      clock.jump(0.5 * 1.75);
      clock.jump(0.5 * 0.25);
      expect(counts).to.deep.equal([1, 1, 1, 1]);
    });

    it('begins with 1, at once or after one interval', () => {
      for (const now of [true, false]) {
        const clock = new LateClock();
        const { loop, counts } = counting(clock);
        loop.start(1, now);
        clock.jump(1);
        expect(counts).to.deep.equal(now ? [1, 1] : [1]);
      }
    });

    it('never tells 0, and loses and invents none, where intervals do not add up by floating-point arithmetic', () => {
      for (const clock of [new Clock(), new LateClock()]) {
        const { loop, counts } = counting(clock);
        loop.start(0.1, false);
        const advance = (seconds: number): void =>
          clock instanceof Clock ? clock.advance(seconds) : clock.jump(seconds);
        for (let i = 0; i < 10; i++) advance(0.1);
        expect(clock.seconds()).to.be.lessThan(1);
        advance(1 - clock.seconds());
        expect(clock.seconds()).to.equal(1);
        expect(counts).not.to.include(0);
        expect(counts.reduce((sum, count) => sum + count)).to.equal(10);
      }
    });

    it('always tells 1 at interval 0', () => {
      const clock = new Clock();
      const counts: number[] = [];
      const loop = LoopingCall.withCount(clock, (count) => {
        counts.push(count);
        if (counts.length > 4) loop.stop();
      });
      const results = resultsOf(loop.start(0, false));
      clock.advance(0);
      expect(results).to.have.ordered.members([loop]);
      expect(counts).to.deep.equal([1, 1, 1, 1, 1]);
    });

    it('tells 1 at interval 0 also after a call that took its time', () => {
      const clock = new Clock();
      const inner = new Deferred<void>();
      const counts: number[] = [];
      const loop = LoopingCall.withCount(clock, (count) => {
        counts.push(count);
        if (counts.length === 2) return inner;
        if (counts.length > 4) loop.stop();
        return undefined;
      });
      loop.start(0, false);
      clock.advance(2);
      expect(counts).to.deep.equal([1, 1]);
      inner.callback();
      clock.advance(0);
      expect(counts).to.deep.equal([1, 1, 1, 1, 1]);
    });

    it('takes another interval by a new start only, which counts anew (in Twisted `interval` may be set)', () => {
      const clock = new LateClock();
      const { loop, counts } = counting(clock);
      loop.start(0, false);
      clock.jump(1);
      expect(() => Object.assign(loop, { interval: 2 })).to.throw(TypeError);
      loop.stop();
      loop.start(2, false);
      clock.jump(7);
      clock.jump(1);
      expect(counts).to.deep.equal([1, 3, 1]);
    });

    it('counts the intervals that pass while what the function returned is pending', () => {
      const clock = new Clock();
      const inner = new Deferred<void>();
      const counts: number[] = [];
      const loop = LoopingCall.withCount(clock, (count) => {
        counts.push(count);
        return counts.length === 1 ? inner : undefined;
      });
      loop.start(0.2, false);
      clock.pump([0.2, 0.4]);
      expect(counts).to.deep.equal([1]);
      inner.callback();
      clock.advance(0.2);
      expect(counts).to.deep.equal([1, 3]);
    });

    it('counts over a reset the whole intervals before it', () => {
      const clock = new Clock();
      const inner = new Deferred<void>();
      const counts: number[] = [];
      const loop = LoopingCall.withCount(clock, (count) => {
        counts.push(count);
        return counts.length === 1 ? inner : undefined;
      });
      loop.start(1);
      clock.advance(2.5);
      loop.reset();
      inner.callback();
      clock.advance(0.5);
      loop.reset();
      clock.advance(2);
      expect(counts).to.deep.equal([1, 3, 1]);
    });
  });

  it('is shown with its function, interval and state; so is the call it waits for', () => {
    const clock = new Clock();
    function poll(): void {}
    const loop = new LoopingCall(clock, poll);
    expect(String(loop)).to.equal('<LoopingCall [idle, every 0 s] poll>');
    loop.start(2);
    expect(String(loop)).to.equal('<LoopingCall [waiting, every 2 s] poll>');
    expect(String(clock.getDelayedCalls()[0])).to.contain('(poll)');
    expect(String(new LoopingCall(clock, () => {}))).to.contain('<anonymous>');
  });
});
