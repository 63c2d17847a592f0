import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { backoffPolicy } from '../../../index.js';

const never = (): number => 0;

describe('the backoff policy', () => {
  it('begins with a second, and waits half as long again each time, up to a minute', () => {
    const policy = backoffPolicy();
    expect([1, 2, 3, 4].map((failures) => policy(failures, never))).to.deep.equal([1, 1.5, 2.25, 3.375]);
    expect(policy(11, never)).to.be.closeTo(57.7, 0.1);
    expect(policy(12, never)).to.equal(60);
    expect(policy(1_000_000_000, never)).to.equal(60);
  });

  it('may wait otherwise', () => {
    const policy = backoffPolicy({ initialDelay: 0.5, maxDelay: 4, factor: 2, jitter: 0 });
    expect([1, 2, 3, 4, 5].map((failures) => policy(failures, () => 0.9))).to.deep.equal([0.5, 1, 2, 4, 4]);
    expect(backoffPolicy({ initialDelay: 3, maxDelay: 3 })(1, never)).to.equal(3);
    const steady = backoffPolicy({ factor: 1, jitter: 0 });
    expect(steady(1_000_000_000, never)).to.equal(1);
    expect(backoffPolicy({ factor: Infinity })(2, never)).to.equal(60);
  });

  it('leaves half of each wait to chance, or as much as it is told', () => {
    expect(backoffPolicy()(1, () => 0.5)).to.equal(0.75);
    expect(backoffPolicy({ jitter: 1 })(1, () => 0.75)).to.equal(0.25);
  });

  it('never waits longer than the limit, nor less than nothing', () => {
    const options = fc.record({
      initialDelay: fc.double({ min: 0.001, max: 10, noNaN: true }),
      maxDelay: fc.double({ min: 10, max: 1e6, noNaN: true }),
      factor: fc.double({ min: 1, max: 1e6, noNaN: true }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 1000 }), chance, (given, failures, random) => {
        const policy = backoffPolicy(given);
        const [delay, longest, next] = [random, 0, 0].map((r, i) => policy(failures + (i === 2 ? 1 : 0), () => r));
        expect(delay).to.be.within(longest! * (1 - given.jitter) - 1e-9, longest!);
        expect(longest).to.be.within(Math.min(given.initialDelay, given.maxDelay), given.maxDelay);
        expect(next).to.be.at.least(longest!);
      }),
    );
  });

  for (const options of [
    { initialDelay: 0 },
    { initialDelay: -1 },
    { initialDelay: Number.NaN },
    { initialDelay: Infinity },
    { maxDelay: 0.5 },
    { maxDelay: Infinity },
    { initialDelay: 100 },
    { factor: 0.5 },
    { factor: Number.NaN },
    { jitter: -0.1 },
    { jitter: 1.1 },
  ]) {
    it(`refuses ${JSON.stringify(options, (_, value: unknown) => (typeof value === 'number' ? String(value) : value))}`, () => {
      expect(() => backoffPolicy(options)).to.throw(RangeError);
    });
  }
});
