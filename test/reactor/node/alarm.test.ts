import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { Alarm } from '../../../reactor/node/alarm.js';

describe('Alarm', () => {
  // Apart from sinon's own sandbox, which would put the fake back that was spied on.
  const spies = sinon.createSandbox();
  let clock: sinon.SinonFakeTimers;
  let setTimeout: sinon.SinonSpy;
  /** What the alarm takes for the time, less that of the timers. */
  let offset: number;
  let rung: number[];
  let alarm: Alarm;
  const now = (): number => offset + clock.now / 1000;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] });
    setTimeout = spies.spy(globalThis, 'setTimeout');
    offset = 100;
    rung = [];
    alarm = new Alarm(now, () => rung.push(now()));
  });

  afterEach(() => {
    spies.restore();
    clock.restore();
  });

  /** Whether a timer is there that keeps the process alive. */
  const held = (): boolean => clock.countTimers() > 0 && (setTimeout.lastCall.returnValue as NodeJS.Timeout).hasRef();

  it('makes no timer until it is set', () => {
    expect(clock.countTimers()).to.equal(0);
  });

  it('rings once, at its time', () => {
    alarm.set(101.5);
    clock.tick(1499);
    expect(rung).to.deep.equal([]);
    clock.tick(1);
    expect(rung).to.deep.equal([101.5]);
    clock.tick(1e6);
    expect(rung).to.have.lengthOf(1);
  });

  it('rounds milliseconds up, so that it is not early without need', () => {
    alarm.set(100.0101);
    clock.tick(10);
    expect(rung).to.deep.equal([]);
    clock.tick(1);
    expect(rung).to.have.lengthOf(1);
  });

  it('does not take a last binary digit for a millisecond', () => {
    offset = 0.7;
    expect((0.8 - now()) * 1000).to.be.above(100);
    alarm.set(0.8);
    expect(setTimeout.lastCall.args[1]).to.equal(100);
  });

  for (const [what, t] of [
    ['has come', 100],
    ['is past', 7],
  ] as const) {
    it(`rings in a later turn, once, where its time ${what}: by an immediate or a timer, whichever is first`, () => {
      alarm.set(t);
      expect(rung).to.deep.equal([]);
      clock.next(); // an immediate
      expect(rung).to.deep.equal([100]);
      expect(clock.countTimers()).to.equal(0);
      alarm.set(t);
      expect(setTimeout.lastCall.args[1]).to.equal(0);
      expect(clock.countTimers()).to.equal(2);
    });
  }

  it('rings by its timer where immediates do not come', () => {
    spies.restore();
    clock.restore();
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let rings = 0;
    new Alarm(
      () => 1,
      () => rings++,
    ).set(1);
    clock.tick(0);
    expect(rings).to.equal(1);
  });

  it('set for an earlier time, rings then only', () => {
    alarm.set(105);
    alarm.set(102);
    clock.tick(2000);
    expect(rung).to.deep.equal([102]);
    clock.tick(10_000);
    expect(rung).to.have.lengthOf(1);
  });

  it('set for a later time, keeps its timer and rings early, once', () => {
    alarm.set(102);
    alarm.set(105);
    expect(setTimeout.callCount).to.equal(1);
    clock.tick(2000);
    expect(rung).to.deep.equal([102]);
    clock.tick(10_000);
    expect(rung).to.have.lengthOf(1);
  });

  it('may be set by what it calls', () => {
    const times: number[] = [];
    const repeating = new Alarm(now, () => {
      times.push(now());
      if (times.length < 3) repeating.set(now() + 1);
    });
    repeating.set(101);
    clock.tick(10_000);
    expect(times).to.deep.equal([101, 102, 103]);
  });

  it('set for what no Node timer can wait for, rings early and never at once', () => {
    alarm.set(100 + 0x80000000 / 1000);
    expect(setTimeout.lastCall.args[1]).to.equal(0x7fffffff);
    clock.tick(0x7ffffffe);
    expect(rung).to.deep.equal([]);
    clock.tick(1);
    expect(rung).to.have.lengthOf(1);
    alarm.set(1e300);
    expect(setTimeout.lastCall.args[1]).to.equal(0x7fffffff);
  });

  it('keeps the process alive while it is set, and not when it is set to Infinity', () => {
    alarm.set(102);
    expect(held()).to.equal(true);
    alarm.set(Infinity);
    expect(held()).to.equal(false);
    alarm.set(103);
    expect(held()).to.equal(true);
    alarm.set(101);
    expect(held()).to.equal(true);
    clock.tick(1000);
    expect(held()).to.equal(false);
    expect(clock.countTimers()).to.equal(0);
  });

  it('holds nothing where it was due at once and then set to Infinity', () => {
    const immediates = spies.spy(globalThis, 'setImmediate');
    const own = new Alarm(now, () => rung.push(now()));
    own.set(100);
    own.set(Infinity);
    const immediate = immediates.lastCall.returnValue as NodeJS.Immediate;
    expect(immediate.hasRef()).to.equal(false);
    expect(held()).to.equal(false);
  });

  it('is harmless when set to Infinity without having been set, and twice', () => {
    alarm.set(Infinity);
    alarm.set(101);
    alarm.set(Infinity);
    alarm.set(Infinity);
    expect(held()).to.equal(false);
    alarm.set(101);
    clock.tick(1000);
    expect(rung).to.deep.equal([101]);
  });

  it('makes one Node timer for any number of calls that are scheduled and cancelled', () => {
    for (let i = 0; i < 1000; i++) {
      alarm.set(105 + i / 1000);
      alarm.set(Infinity);
    }
    expect(setTimeout.callCount).to.equal(1);
  });

  it('takes the timers that globalThis had when it was made', () => {
    const real = sinon.spy();
    const fake = globalThis.setTimeout;
    try {
      globalThis.setTimeout = real as unknown as typeof globalThis.setTimeout;
      alarm.set(101);
    } finally {
      globalThis.setTimeout = fake;
    }
    expect(real.callCount).to.equal(0);
    clock.tick(1000);
    expect(rung).to.deep.equal([101]);
  });
});
