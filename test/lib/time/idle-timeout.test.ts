import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Clock } from '../../../index.js';
import { IdleTimeout } from '../../../lib/time/idle-timeout.js';

function start(seconds: number | undefined, at = 0): { clock: Clock; idle: IdleTimeout; calls: number[] } {
  const clock = new Clock(at);
  const calls: number[] = [];
  return { clock, idle: new IdleTimeout(clock, seconds, () => calls.push(clock.seconds())), calls };
}

describe('IdleTimeout', () => {
  it('calls its function once, when nothing was heard for so many seconds', () => {
    const { clock, idle, calls } = start(5);
    clock.advance(4.9);
    expect(calls).to.deep.equal([]);
    expect(idle.active).to.equal(true);
    clock.advance(0.1);
    expect(calls).to.deep.equal([5]);
    expect(idle.active).to.equal(false);
    clock.advance(100);
    expect(calls).to.deep.equal([5]);
  });

  it('begins anew with each reset', () => {
    const { clock, idle, calls } = start(5);
    for (let i = 0; i < 10; i++) {
      clock.advance(3);
      idle.reset();
    }
    clock.advance(4.5);
    expect(calls).to.deep.equal([]);
    clock.advance(0.5);
    expect(calls).to.deep.equal([35]);
  });

  it('makes and moves no timer for a reset', () => {
    const { clock, idle } = start(5);
    const [call] = clock.getDelayedCalls();
    clock.advance(1);
    for (let i = 0; i < 1000; i++) idle.reset();
    expect(clock.getDelayedCalls()).to.deep.equal([call]);
    expect(call!.getTime()).to.equal(5);
  });

  it('is not due before its time, and due exactly then, for any resets', () => {
    const seconds = fc.double({ min: 0.001, max: 1000, noNaN: true });
    fc.assert(
      fc.property(seconds, seconds, fc.array(seconds, { maxLength: 20 }), (at, limit, waits) => {
        const { clock, idle, calls } = start(limit, at);
        let deadline = at + limit;
        for (const wait of waits) {
          // As time passes on a clock: until then, if that is before the deadline.
          if (clock.seconds() + wait >= deadline) break;
          clock.advance(wait);
          idle.reset();
          deadline = clock.seconds() + limit;
        }
        for (let rest = deadline - clock.seconds(); rest > 1e-8; rest = deadline - clock.seconds()) {
          expect(calls).to.deep.equal([]);
          clock.advance(rest / 2);
        }
        clock.advance(2e-8);
        expect(calls).to.have.length(1);
        expect(calls[0]).to.be.closeTo(deadline, 1e-9);
      }),
    );
  });

  it('reaches a deadline whose distance is no exact sum', () => {
    const { clock, idle, calls } = start(0.7);
    clock.advance(0.1);
    idle.reset();
    clock.advance(0.7);
    expect(calls).to.have.length(1);
    expect(calls[0]).to.be.closeTo(0.8, 1e-15);
  });

  it('does not begin without a limit', () => {
    const { clock, idle } = start(undefined);
    idle.reset();
    expect(clock.getDelayedCalls()).to.deep.equal([]);
    expect([idle.seconds, idle.active]).to.deep.equal([undefined, false]);
  });

  it('gives the limit before when another is set', () => {
    const { idle } = start(5);
    expect(idle.seconds).to.equal(5);
    expect(idle.set(10)).to.equal(5);
    expect(idle.set(undefined)).to.equal(10);
    expect(idle.set(3)).to.equal(undefined);
    expect(idle.seconds).to.equal(3);
  });

  it('begins anew when another limit is set, a longer or a shorter one', () => {
    for (const seconds of [1, 10]) {
      const { clock, idle, calls } = start(5);
      clock.advance(4);
      idle.set(seconds);
      clock.advance(seconds - 0.5);
      expect(calls).to.deep.equal([]);
      clock.advance(0.5);
      expect(calls).to.deep.equal([4 + seconds]);
    }
  });

  it('is off, and keeps no timer, when the limit is taken away or it is cancelled', () => {
    for (const off of [(idle: IdleTimeout) => void idle.set(undefined), (idle: IdleTimeout) => idle.cancel()]) {
      const { clock, idle, calls } = start(5);
      off(idle);
      off(idle);
      idle.reset();
      expect(clock.getDelayedCalls()).to.deep.equal([]);
      expect(idle.active).to.equal(false);
      clock.advance(100);
      expect(calls).to.deep.equal([]);
    }
  });

  it('is not begun anew by a reset when it is over, but by a limit', () => {
    const { clock, idle, calls } = start(5);
    clock.advance(5);
    idle.reset();
    expect(clock.getDelayedCalls()).to.deep.equal([]);
    idle.set(1);
    clock.advance(1);
    expect(calls).to.deep.equal([5, 6]);
  });

  it('can be begun anew by its own function', () => {
    const clock = new Clock();
    const calls: number[] = [];
    const idle: IdleTimeout = new IdleTimeout(clock, 2, () => {
      calls.push(clock.seconds());
      idle.set(calls.length < 3 ? 2 : undefined);
    });
    clock.advance(10);
    expect(calls).to.deep.equal([2, 4, 6]);
  });

  it('hands what its function throws to the clock, and is off', () => {
    const clock = new Clock();
    const idle = new IdleTimeout(clock, 1, () => {
      throw new Error('late');
    });
    expect(() => clock.advance(1)).to.throw('late');
    expect(idle.active).to.equal(false);
  });

  it('refuses what is no number of seconds, and goes on as before', () => {
    const { idle } = start(5);
    for (const seconds of [-1, NaN, Infinity]) expect(() => idle.set(seconds)).to.throw(RangeError);
    expect([idle.seconds, idle.active]).to.deep.equal([5, true]);
  });
});
