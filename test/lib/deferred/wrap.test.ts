import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { fail, maybeDeferred, succeed } from '../../../lib/deferred/wrap.js';
import { ThrownValueError } from '../../../lib/errors.js';
import { errorOf, raise, valueOf } from './helpers.js';

describe('succeed and fail', () => {
  it('have their result at once', () => {
    const error = new Error('failed');
    expect(valueOf(succeed(1))).to.equal(1);
    expect(valueOf(succeed())).to.equal(undefined);
    expect(errorOf(fail(error))).to.equal(error);
    expect(errorOf(fail(undefined))).to.be.instanceOf(ThrownValueError);
  });
});

describe('maybeDeferred', () => {
  it('passes its arguments, and gives what a plain function returns', () => {
    expect(valueOf(maybeDeferred((a: number, b: string) => `${a}${b}`, 1, 'x'))).to.equal('1x');
  });

  it('fails with what a plain function throws', () => {
    const error = new Error('thrown');
    expect(errorOf(maybeDeferred(() => raise(error)))).to.equal(error);
  });

  it('gives the very Deferred that the function returns', () => {
    const deferred = new Deferred<number>();
    expect(maybeDeferred(() => deferred)).to.equal(deferred);
  });

  it('gives the value of an async function, or what it throws', async () => {
    expect(await maybeDeferred(async (n: number) => n + 1, 1)).to.equal(2);
    const error = new Error('rejected');
    expect(await maybeDeferred(async () => raise(error)).catch((e) => [e])).to.deep.equal([error]);
  });
});
