/** What is to be offered to others: sums, and so on, of whole numbers. */

export class Calculation {
  add(a: number, b: number): number {
    return check(check(a) + check(b));
  }

  subtract(a: number, b: number): number {
    return check(check(a) - check(b));
  }

  multiply(a: number, b: number): number {
    return check(check(a) * check(b));
  }

  divide(a: number, b: number): number {
    if (check(b) === 0) throw new RangeError('Division by zero');
    return Math.trunc(check(a) / b);
  }
}

/** @throws TypeError for what is no whole number, or too large to be exact */
function check(value: number): number {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is no whole number`);
  return value;
}
