import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Calculation } from './calculation.js';

describe('a calculation', () => {
  const calculation = new Calculation();

  it('knows the four operations', () => {
    assert.equal(calculation.add(3, 8), 11);
    assert.equal(calculation.subtract(7, 3), 4);
    assert.equal(calculation.multiply(6, 9), 54);
    assert.equal(calculation.divide(14, 4), 3);
  });

  it('divides towards zero', () => {
    assert.equal(calculation.divide(-7, 2), -3);
  });

  it('refuses what is no whole number, and what would not be exact', () => {
    assert.throws(() => calculation.add(1.5, 2), TypeError);
    assert.throws(() => calculation.multiply(2 ** 40, 2 ** 40), TypeError);
  });

  it('does not divide by zero', () => {
    assert.throws(() => calculation.divide(1, 0), RangeError);
  });
});
