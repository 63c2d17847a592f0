import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import sinon from 'sinon';
import type { ReactorTime } from '../../../lib/interfaces.js';
import { Clock } from '../../../lib/time/clock.js';
import { DelayedCall } from '../../../lib/time/delayed-call.js';
import { AlreadyCalled, AlreadyCancelled, EndlessChainError, ReentrantCallError } from '../../../lib/time/errors.js';

describe('Clock', () => {
  it('is a ReactorTime', () => {
    const clock: ReactorTime = new Clock();
    expect(clock).to.respondTo('seconds');
    expect(clock).to.respondTo('callLater');
    expect(clock).to.respondTo('getDelayedCalls');
  });

  describe('seconds', () => {
    it('shows 0 at first, or the start that was given', () => {
      expect(new Clock().seconds()).to.equal(0);
      expect(new Clock(1000.5).seconds()).to.equal(1000.5);
      expect(new Clock(-3).seconds()).to.equal(-3);
    });

    it('refuses a start that is not finite', () => {
      for (const start of [NaN, Infinity, '0' as unknown as number]) {
        expect(() => new Clock(start)).to.throw(RangeError, 'Clock');
      }
    });

    it('shows what was advanced, and nothing else moves it', () => {
      const clock = new Clock(5);
      clock.callLater(1, () => {});
      clock.advance(1.25);
      expect(clock.seconds()).to.equal(6.25);
      clock.advance(0);
      expect(clock.seconds()).to.equal(6.25);
    });
  });

  describe('callLater', () => {
    it('gives a DelayedCall and runs nothing', () => {
      const clock = new Clock();
      const f = sinon.spy();
      const call = clock.callLater(0, f);
      expect(call).to.be.an.instanceOf(DelayedCall);
      expect(call.getTime()).to.equal(0);
      sinon.assert.notCalled(f);
    });

    it('gives the call just made, not the one that comes first', () => {
      const clock = new Clock();
      const first = clock.callLater(10, () => {});
      const second = clock.callLater(20, () => {});
      expect(second).not.to.equal(first);
      expect([first.getTime(), second.getTime()]).to.deep.equal([10, 20]);
    });

    it('runs a cancelled call never, and lists it no more', () => {
      const clock = new Clock();
      const f = sinon.spy();
      const call = clock.callLater(1, f);
      call.cancel();
      expect(clock.getDelayedCalls()).to.deep.equal([]);
      clock.advance(2);
      sinon.assert.notCalled(f);
    });

    it('refuses a negative delay and NaN (Twisted’s Clock takes both)', () => {
      const clock = new Clock();
      expect(() => clock.callLater(-1, () => {})).to.throw(RangeError);
      expect(() => clock.callLater(NaN, () => {})).to.throw(RangeError);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });
  });

  describe('getDelayedCalls', () => {
    it('is empty at first', () => {
      expect(new Clock().getDelayedCalls()).to.deep.equal([]);
    });

    it('lists exactly the calls to come', () => {
      const clock = new Clock();
      const [a, b, c] = [1, 2, 3].map((delay) => clock.callLater(delay, () => {})) as [
        DelayedCall,
        DelayedCall,
        DelayedCall,
      ];
      expect(clock.getDelayedCalls()).to.have.ordered.members([a, b, c]);
      b.cancel();
      expect(clock.getDelayedCalls()).to.have.ordered.members([a, c]);
      clock.advance(1);
      expect(clock.getDelayedCalls()).to.have.ordered.members([c]);
      clock.advance(2);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    it('gives a copy (in Twisted it is the live list)', () => {
      const clock = new Clock();
      clock.callLater(1, () => {});
      clock.getDelayedCalls().pop();
      expect(clock.getDelayedCalls()).to.have.lengthOf(1);
    });
  });

  describe('advance', () => {
    it('runs a call at its time, not before, and once', () => {
      const clock = new Clock();
      const f = sinon.spy();
      clock.callLater(2, f);
      clock.advance(1.9);
      sinon.assert.notCalled(f);
      clock.advance(0.1);
      sinon.assert.calledOnce(f);
      clock.advance(10);
      sinon.assert.calledOnce(f);
    });

    it('runs what is due now when asked to advance by 0', () => {
      const clock = new Clock();
      const f = sinon.spy();
      clock.callLater(0, f);
      clock.advance(0);
      sinon.assert.calledOnce(f);
    });

    it('steps from deadline to deadline: each call sees its own time (in Twisted all see the last)', () => {
      const clock = new Clock(100);
      const seen: number[] = [];
      for (const delay of [3, 1, 2.5]) clock.callLater(delay, () => seen.push(clock.seconds()));
      clock.advance(4);
      expect(seen).to.deep.equal([101, 102.5, 103]);
      expect(clock.seconds()).to.equal(104);
    });

    it('runs a call that reschedules itself each second ten times in ten seconds (in Twisted once)', () => {
      const clock = new Clock();
      const seen: number[] = [];
      const tick = (): void => {
        seen.push(clock.seconds());
        clock.callLater(1, tick);
      };
      clock.callLater(1, tick);
      clock.advance(10);
      expect(seen).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });

    it('runs calls due at one instant in the order in which they were scheduled', () => {
      const clock = new Clock();
      const seen: number[] = [];
      for (let i = 0; i < 20; i++) clock.callLater(1, () => seen.push(i));
      clock.advance(1);
      expect(seen).to.deep.equal(Array.from({ length: 20 }, (_, i) => i));
    });

    it('runs a call scheduled for now by a running call, after those that were due already', () => {
      const clock = new Clock();
      const seen: string[] = [];
      clock.callLater(1, () => {
        seen.push('a');
        clock.callLater(0, () => seen.push('child of a'));
      });
      clock.callLater(1, () => seen.push('b'));
      clock.callLater(2, () => seen.push('c'));
      clock.advance(5);
      expect(seen).to.deep.equal(['a', 'b', 'child of a', 'c']);
    });

    it('keeps the order of time among calls added by a call', () => {
      const clock = new Clock();
      const seen: number[] = [];
      const note = (): number => seen.push(clock.seconds());
      clock.callLater(3, note);
      clock.callLater(1, () => {
        clock.callLater(4, note);
        clock.callLater(1, note);
      });
      clock.advance(10);
      expect(seen).to.deep.equal([2, 3, 5]);
    });

    it('keeps the order of time after a reset from outside', () => {
      const clock = new Clock();
      const seen: string[] = [];
      const a = clock.callLater(1, () => seen.push('a'));
      clock.callLater(2, () => seen.push('b'));
      a.reset(3);
      clock.advance(5);
      expect(seen).to.deep.equal(['b', 'a']);
    });

    it('keeps the order of time after a reset of another call from inside a call', () => {
      const clock = new Clock();
      const seen: string[] = [];
      clock.callLater(1, () => a.reset(3));
      const a = clock.callLater(2, () => seen.push('a'));
      clock.callLater(3, () => seen.push('b'));
      clock.advance(5);
      expect(seen).to.deep.equal(['b', 'a']);
    });

    it('reaches, by calls that cancel the next ones, only those that are left', () => {
      const clock = new Clock();
      const seen: string[] = [];
      clock.callLater(1, () => b.cancel());
      const b = clock.callLater(1, () => seen.push('b'));
      clock.callLater(1, () => seen.push('c'));
      clock.advance(1);
      expect(seen).to.deep.equal(['c']);
    });

    it('refuses to go back, and to go nowhere', () => {
      const clock = new Clock(5);
      for (const seconds of [-1, NaN, Infinity, undefined as unknown as number]) {
        expect(() => clock.advance(seconds)).to.throw(RangeError, 'advance');
      }
      expect(clock.seconds()).to.equal(5);
    });

    it('refuses to be called by a call that it runs, with ReentrantCallError', () => {
      const clock = new Clock();
      let caught: unknown;
      clock.callLater(1, () => {
        try {
          clock.advance(1);
        } catch (error) {
          caught = error;
        }
      });
      clock.advance(1);
      expect(caught).to.be.an.instanceOf(ReentrantCallError).with.property('method', 'advance');
      expect(clock.seconds()).to.equal(1);
    });

    it('works again after a call threw', () => {
      const clock = new Clock();
      const f = sinon.spy();
      clock.callLater(1, sinon.stub().throws(new Error('a')));
      expect(() => clock.advance(1)).to.throw('a');
      clock.callLater(1, f);
      clock.advance(1);
      sinon.assert.calledOnce(f);
    });
  });

  describe('what calls throw', () => {
    it('is thrown by advance at its end, when the other calls have run (in Twisted they are left)', () => {
      const clock = new Clock();
      const error = new Error('a');
      const f = sinon.spy();
      clock.callLater(1, sinon.stub().throws(error));
      clock.callLater(1, f);
      clock.callLater(2, f);
      expect(() => clock.advance(3))
        .to.throw(Error)
        .that.equals(error);
      sinon.assert.calledTwice(f);
      expect(clock.seconds()).to.equal(3);
    });

    it('is in an AggregateError, in order, when it is more than one', () => {
      const clock = new Clock();
      const errors = [new Error('a'), new Error('b'), 'no error'];
      for (const error of errors) {
        clock.callLater(1, () => {
          throw error;
        });
      }
      expect(() => clock.advance(3))
        .to.throw(AggregateError, '3 timed calls failed')
        .with.property('errors')
        .that.deep.equals(errors);
    });

    it('is thrown as it is, even when it is no error', () => {
      const clock = new Clock();
      clock.callLater(0, () => {
        throw undefined;
      });
      let caught: unknown = 'nothing';
      try {
        clock.advance(0);
      } catch (error) {
        caught = error;
      }
      expect(caught).to.equal(undefined);
    });

    it('a promise that a call returns says by itself: advance neither waits for it nor touches it', async () => {
      const clock = new Clock();
      const then = sinon.spy();
      clock.callLater(0, () => ({ then }));
      clock.advance(0);
      await Promise.resolve();
      sinon.assert.notCalled(then);
    });

    it('a call that cancels itself throws AlreadyCalled, and nothing else breaks', () => {
      const clock = new Clock();
      const f = sinon.spy();
      const call: DelayedCall = clock.callLater(1, () => call.cancel());
      clock.callLater(1, f);
      expect(() => clock.advance(1)).to.throw(AlreadyCalled);
      sinon.assert.calledOnce(f);
    });
  });

  describe('a chain of calls at one instant', () => {
    /** A chain of so many calls, each scheduled by the one before it. */
    function chain(clock: Clock, length: number): { made: () => number } {
      let made = 0;
      const link = (): void => {
        if (++made < length) clock.callLater(0, link);
      };
      clock.callLater(1, link);
      return { made: () => made };
    }

    it('runs to its end when it has one', () => {
      const clock = new Clock();
      const { made } = chain(clock, 100_000);
      clock.advance(1);
      expect(made()).to.equal(100_000);
    });

    it('without end is stopped by an error that names the call (in Twisted it hangs), which is cancelled', () => {
      const clock = new Clock();
      let links = 0;
      const forever = (): void => {
        links++;
        clock.callLater(0, forever);
      };
      const other = sinon.spy();
      clock.callLater(1, forever);
      clock.callLater(1, other);
      clock.callLater(2, other);
      let caught: unknown;
      try {
        clock.advance(3);
      } catch (error) {
        caught = error;
      }
      expect(caught).to.be.an.instanceOf(EndlessChainError).with.property('message').that.contains('forever()');
      expect(() => (caught as EndlessChainError).call.cancel()).to.throw(AlreadyCancelled);
      expect(links).to.equal(100_000);
      sinon.assert.calledTwice(other);
      expect(clock.seconds()).to.equal(3);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    it('without end is stopped also when it lives by reset and by delay', () => {
      for (const move of [(call: DelayedCall) => call.reset(0), (call: DelayedCall) => call.delay(-9)]) {
        const clock = new Clock();
        let links = 0;
        const link = (): void => {
          links++;
          move(next);
          next = clock.callLater(9, link);
        };
        let next = clock.callLater(9, link);
        clock.callLater(1, link);
        expect(() => clock.advance(1)).to.throw(EndlessChainError);
        expect(links).to.equal(100_000);
      }
    });

    it('is not seen in a busy instant, however many calls it has', () => {
      const clock = new Clock();
      let made = 0;
      for (let i = 0; i < 150_000; i++) {
        clock.callLater(1, () => {
          made++;
          clock.callLater(0, () => made++);
        });
      }
      clock.advance(1);
      expect(made).to.equal(300_000);
    });

    it('is not seen where time moves, however little', () => {
      const clock = new Clock();
      let made = 0;
      const tick = (): void => {
        if (++made < 100_001) clock.callLater(1e-6, tick);
      };
      clock.callLater(0, tick);
      clock.advance(1);
      expect(made).to.equal(100_001);
    });

    it('is not seen where each call is scheduled from outside', () => {
      const clock = new Clock();
      let made = 0;
      for (let i = 0; i < 100_001; i++) {
        clock.callLater(0, () => made++);
        clock.advance(0);
      }
      expect(made).to.equal(100_001);
    });

    it('does not make the chains beside it longer than they are', () => {
      const clock = new Clock();
      const a = chain(clock, 60_000);
      const b = chain(clock, 60_000);
      clock.advance(1);
      expect([a.made(), b.made()]).to.deep.equal([60_000, 60_000]);
    });
  });

  describe('pump', () => {
    it('advances by each step', () => {
      const clock = new Clock();
      const f = sinon.spy(() => clock.seconds());
      clock.callLater(1, f);
      clock.callLater(3, f);
      clock.pump(new Set([0.5, 0.75, 2]));
      expect(f.returnValues).to.deep.equal([1, 3]);
      expect(clock.seconds()).to.equal(3.25);
    });

    it('refuses a bad step before time moves', () => {
      const clock = new Clock();
      expect(() => clock.pump([1, -1])).to.throw(RangeError, 'pump');
      expect(clock.seconds()).to.equal(0);
    });

    it('makes all steps, then throws what calls threw', () => {
      const clock = new Clock();
      clock.callLater(1, sinon.stub().throws(new Error('a')));
      clock.callLater(2, sinon.stub().throws(new Error('b')));
      expect(() => clock.pump([1, 1, 1]))
        .to.throw(AggregateError)
        .with.property('errors')
        .that.has.lengthOf(2);
      expect(clock.seconds()).to.equal(3);
    });

    it('refuses to be called by a call that the clock runs, with ReentrantCallError', () => {
      const clock = new Clock();
      clock.callLater(1, () => clock.pump([1]));
      expect(() => clock.advance(1))
        .to.throw(ReentrantCallError)
        .with.property('method', 'pump');
    });
  });

  describe('step', () => {
    it('runs one call, at its time', () => {
      const clock = new Clock();
      const f = sinon.spy(() => clock.seconds());
      clock.callLater(1, f);
      clock.callLater(1, f);
      expect(clock.nextTime()).to.equal(1);
      expect(clock.step(Infinity)).to.equal(true);
      sinon.assert.calledOnce(f);
      expect(clock.seconds()).to.equal(1);
      expect(clock.step(1)).to.equal(true);
      sinon.assert.calledTwice(f);
      expect(clock.nextTime()).to.equal(Infinity);
    });

    it('goes on to the limit when nothing is due by then', () => {
      const clock = new Clock();
      clock.callLater(2, () => {});
      expect(clock.step(1)).to.equal(false);
      expect(clock.seconds()).to.equal(1);
      expect(clock.step(0.5)).to.equal(false);
      expect(clock.seconds()).to.equal(1);
      expect(clock.nextTime()).to.equal(2);
    });

    it('leaves the time as it is when there is neither a call nor a limit', () => {
      const clock = new Clock(3);
      expect(clock.step(Infinity)).to.equal(false);
      expect(clock.seconds()).to.equal(3);
    });

    it('throws what the call throws, and may be called again', () => {
      const clock = new Clock();
      const f = sinon.spy();
      clock.callLater(1, sinon.stub().throws(new Error('a')));
      clock.callLater(1, f);
      expect(() => clock.step(1)).to.throw('a');
      expect(clock.step(1)).to.equal(true);
      sinon.assert.calledOnce(f);
    });

    it('refuses to be called by a call that the clock runs, as advance does then', () => {
      const clock = new Clock();
      clock.callLater(1, () => clock.step(1));
      clock.callLater(1, () => clock.advance(1));
      expect(() => clock.step(1))
        .to.throw(ReentrantCallError)
        .with.property('method', 'step');
      expect(() => clock.step(1))
        .to.throw(ReentrantCallError)
        .with.property('method', 'advance');
    });

    it('counts what is scheduled between two steps at one instant as a chain too', () => {
      const clock = new Clock();
      let made = 0;
      const f = (): void => void made++;
      expect(() => {
        clock.callLater(0, f);
        while (clock.step(0)) clock.callLater(0, f);
      }).to.throw(EndlessChainError);
      expect(made).to.equal(100_000);
    });
  });

  it('runs any calls in the order of time, each once and at its time, whatever they schedule', () => {
    fc.assert(
      fc.property(
        fc.array(tree(3)),
        fc.array(
          fc.nat(12).map((n) => n / 8),
          { minLength: 1 },
        ),
        (calls, steps) => {
          const clock = new Clock();
          const seen: number[] = [];
          const expected: number[] = [];
          const plan = (call: Call, from: number): void => {
            expected.push(from + call.delay);
            for (const child of call.inside) plan(child, from + call.delay);
          };
          const schedule = (call: Call): void => {
            clock.callLater(call.delay, () => {
              seen.push(clock.seconds());
              call.inside.forEach(schedule);
            });
          };
          for (const call of calls) plan(call, 0);
          calls.forEach(schedule);
          clock.pump(steps);
          const end = clock.seconds();
          expect(seen).to.deep.equal(expected.filter((time) => time <= end).sort((a, b) => a - b));
        },
      ),
    );
  });
});

interface Call {
  delay: number;
  inside: Call[];
}

function tree(depth: number): fc.Arbitrary<Call> {
  const inside = depth === 0 ? fc.constant<Call[]>([]) : fc.array(tree(depth - 1), { maxLength: 3 });
  return fc.record({ delay: fc.nat(20).map((n) => n / 4), inside });
}
