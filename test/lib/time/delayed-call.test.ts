import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { Clock } from '../../../lib/time/clock.js';
import { DelayedCall } from '../../../lib/time/delayed-call.js';
import { AlreadyCalled, AlreadyCancelled } from '../../../lib/time/errors.js';
import { TimerQueue } from '../../../lib/time/timer-queue.js';

describe('DelayedCall', () => {
  it('is due at the time of its scheduling plus the delay', () => {
    const clock = new Clock(100);
    expect(clock.callLater(1.5, () => {}).getTime()).to.equal(101.5);
  });

  it('takes its time from the clock that its queue was given, when scheduled, reset and delayed', () => {
    const seconds = sinon.stub().returns(100);
    const queue = new TimerQueue(seconds, () => {});
    const call = queue.schedule(5, () => {}, []);
    expect(call.getTime()).to.equal(105);
    seconds.returns(200);
    call.reset(5);
    expect(call.getTime()).to.equal(205);
    call.delay(1);
    expect(call.getTime()).to.equal(206);
  });

  it('is equal to itself only', () => {
    const clock = new Clock();
    const f = (): void => {};
    const [a, b] = [clock.callLater(1, f), clock.callLater(1, f)];
    expect(a).not.to.equal(b);
    expect(clock.getDelayedCalls()).to.have.ordered.members([a, b]);
  });

  it('orders before a call of a later time, whatever the order of scheduling', () => {
    const clock = new Clock();
    const later = clock.callLater(2, () => {});
    const sooner = clock.callLater(1, () => {});
    expect(clock.getDelayedCalls()).to.have.ordered.members([sooner, later]);
  });

  describe('active', () => {
    it('is true until the call is cancelled', () => {
      const call = new Clock().callLater(1, () => {});
      expect(call.active()).to.equal(true);
      call.cancel();
      expect(call.active()).to.equal(false);
    });

    it('is false while the call runs, and after', () => {
      const clock = new Clock();
      const seen: boolean[] = [];
      const call: DelayedCall = clock.callLater(1, () => seen.push(call.active()));
      clock.advance(1);
      expect(seen).to.deep.equal([false]);
      expect(call.active()).to.equal(false);
    });
  });

  describe('delay', () => {
    it('moves the call from when it is due, not from now', () => {
      const clock = new Clock();
      const f = sinon.spy();
      const call = clock.callLater(1, f);
      clock.advance(0.5);
      call.delay(1);
      expect(call.getTime()).to.equal(2);
      clock.advance(1);
      sinon.assert.notCalled(f);
      clock.advance(0.5);
      sinon.assert.calledOnce(f);
    });

    it('moves the call to sooner when negative', () => {
      const clock = new Clock();
      const f = sinon.spy();
      clock.callLater(3, () => {});
      const call = clock.callLater(5, f);
      call.delay(-3);
      expect(call.getTime()).to.equal(2);
      clock.advance(2);
      sinon.assert.calledOnce(f);
    });

    it('moves no call into the past: it is due now (in Twisted it keeps the past time)', () => {
      const clock = new Clock(10);
      const call = clock.callLater(5, () => {});
      call.delay(-100);
      expect(call.getTime()).to.equal(10);
    });

    it('refuses what is not finite, and leaves the call as it was', () => {
      const call = new Clock().callLater(5, () => {});
      for (const seconds of [NaN, Infinity, -Infinity, '1' as unknown as number]) {
        expect(() => call.delay(seconds)).to.throw(RangeError, 'delay');
      }
      expect(call.getTime()).to.equal(5);
    });
  });

  describe('reset', () => {
    it('moves the call to so many seconds from now', () => {
      const clock = new Clock();
      const f = sinon.spy();
      const call = clock.callLater(2, f);
      clock.advance(1);
      call.reset(3);
      expect(call.getTime()).to.equal(4);
      clock.advance(2);
      sinon.assert.notCalled(f);
      clock.advance(1);
      sinon.assert.calledOnce(f);
    });

    it('moves the call to sooner', () => {
      const clock = new Clock();
      const f = sinon.spy();
      const call = clock.callLater(4, f);
      call.reset(3);
      expect(call.getTime()).to.equal(3);
      clock.advance(3);
      sinon.assert.calledOnce(f);
    });

    it('refuses what is negative or not finite, and leaves the call as it was', () => {
      const call = new Clock().callLater(5, () => {});
      for (const seconds of [-1, NaN, Infinity]) expect(() => call.reset(seconds)).to.throw(RangeError, 'reset');
      expect(call.getTime()).to.equal(5);
    });
  });

  describe('misuse', () => {
    const methods = {
      cancel: (call: DelayedCall) => call.cancel(),
      delay: (call: DelayedCall) => call.delay(1),
      reset: (call: DelayedCall) => call.reset(1),
    };
    for (const [name, method] of Object.entries(methods)) {
      it(`refuses ${name} after it ran, with AlreadyCalled`, () => {
        const clock = new Clock();
        const call = clock.callLater(1, () => {});
        clock.advance(1);
        expect(() => method(call))
          .to.throw(AlreadyCalled)
          .with.property('call', call);
      });

      it(`refuses ${name} of itself while it runs, with AlreadyCalled`, () => {
        const clock = new Clock();
        const call: DelayedCall = clock.callLater(1, () => method(call));
        expect(() => clock.advance(1))
          .to.throw(AlreadyCalled)
          .with.property('call', call);
        expect(clock.getDelayedCalls()).to.deep.equal([]);
      });

      it(`refuses ${name} after cancel, with AlreadyCancelled`, () => {
        const call = new Clock().callLater(1, () => {});
        call.cancel();
        expect(() => method(call))
          .to.throw(AlreadyCancelled)
          .with.property('call', call);
      });
    }

    it('tells of the misuse before it looks at the number', () => {
      const call = new Clock().callLater(1, () => {});
      call.cancel();
      expect(() => call.reset(-1)).to.throw(AlreadyCancelled);
      expect(() => call.delay(NaN)).to.throw(AlreadyCancelled);
    });
  });

  it('calls its function with the arguments, and without a `this`', () => {
    const clock = new Clock();
    const f = sinon.spy();
    clock.callLater(1, f, 1, 'two', null);
    clock.callLater(1, f);
    clock.advance(1);
    sinon.assert.calledWithExactly(f.firstCall, 1, 'two', null);
    sinon.assert.calledWithExactly(f.secondCall);
    sinon.assert.alwaysCalledOn(f, undefined);
  });

  it('tells the reactor its function, name and arguments until it runs or is cancelled', () => {
    const clock = new Clock();
    function poll(_: string): void {}
    const call = clock.callLater(1, poll, 'a');
    expect([call.target, call.name, call.args]).to.deep.equal([poll, 'poll', ['a']]);
    expect(clock.callLater(1, () => {}).name).to.equal('<anonymous>');
    clock.advance(1);
    expect([call.target, call.name, call.args]).to.deep.equal([undefined, '', []]);
  });

  describe('lets go of its function and arguments, though it is kept itself,', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;

    /** A call with an argument and a function that nobody else holds. */
    function make(clock: Clock): { call: DelayedCall; refs: WeakRef<object>[] } {
      const argument = {};
      const f = (given: object): unknown => given;
      return { call: clock.callLater(1, f, argument), refs: [new WeakRef(f), new WeakRef(argument)] };
    }

    async function alive(refs: WeakRef<object>[]): Promise<number> {
      await setImmediate(); // a WeakRef made in this turn holds its target until the turn ends
      collectGarbage();
      return refs.filter((ref) => ref.deref() !== undefined).length;
    }

    it('when it was cancelled', async () => {
      const clock = new Clock();
      clock.callLater(0.5, () => {});
      const { call, refs } = make(clock);
      clock.callLater(2, () => {});
      expect(await alive(refs)).to.equal(2);
      call.cancel();
      expect(await alive(refs)).to.equal(0);
      expect(call.active()).to.equal(false);
    });

    it('when it has run', async () => {
      const clock = new Clock();
      const { call, refs } = make(clock);
      clock.advance(1);
      expect(await alive(refs)).to.equal(0);
      expect(call.active()).to.equal(false);
    });
  });

  describe('toString', () => {
    afterEach(() => {
      DelayedCall.debug = false;
    });

    it('tells state, remaining and due time, function and arguments while it is pending (Twisted an id, too)', () => {
      const clock = new Clock(10);
      class Thing {}
      const call = clock.callLater(
        2.5,
        function poll(..._: unknown[]) {},
        1,
        'a"b',
        'x'.repeat(50),
        undefined,
        null,
        2n,
        Symbol('s'),
        new Thing(),
        Object.create(null),
        Math.max,
        () => {},
      );
      clock.advance(1);
      expect(call.toString()).to.equal(
        '<DelayedCall [pending, in 1.5 s, at 12.5] ' +
          `poll(1, "a\\"b", "${'x'.repeat(40)}…", undefined, null, 2, Symbol(s), <Thing>, <object>, max, <anonymous>)>`,
      );
    });

    it('tells of a call that has run or was cancelled what became of it', () => {
      const clock = new Clock();
      const [called, cancelled] = [clock.callLater(1, () => {}), clock.callLater(2, () => {})];
      cancelled.cancel();
      clock.advance(1);
      expect(String(called)).to.equal('<DelayedCall [called, at 1]>');
      expect(String(cancelled)).to.equal('<DelayedCall [cancelled, at 2]>');
    });

    it('does not choke on arguments that throw at a touch', () => {
      const hostile = new Proxy(
        {},
        {
          get() {
            throw new Error('touched');
          },
        },
      );
      const call = new Clock().callLater(0, (_: object) => {}, hostile);
      expect(call.toString()).to.contain('(<object>)');
    });

    it('tells where the call was made when made in debug mode', () => {
      const clock = new Clock();
      const before = clock.callLater(1, () => {});
      DelayedCall.debug = true;
      const call = (function maker() {
        return clock.callLater(1, () => {});
      })();
      DelayedCall.debug = false;
      expect(call.toString()).to.match(/^<DelayedCall .*>\n +made\n(.*\n)* +at maker .*delayed-call\.test/);
      call.cancel();
      expect(call.toString()).to.contain('at maker');
      expect(before.toString()).not.to.contain('made');
    });

    it('is what the console shows', async () => {
      const { inspect } = await import('node:util');
      const call = new Clock().callLater(1, () => {});
      expect(inspect([call])).to.equal(`[ ${call.toString()} ]`);
    });
  });
});
