import { expect } from 'chai';
import { describe, it } from 'mocha';
import { AddressError, Deferred, fail, InvalidAddressError, NotConnectedError, succeed } from '../../index.js';
import { assertNoResult, failureResultOf, successResultOf, UnexpectedResultError } from '../../testing.js';
import { nextLost } from '../lost-errors.js';

/** A Deferred that has been fired and waits for another that its callback returned. */
function waiting(): Deferred<unknown> {
  return succeed(1).addCallback(() => new Deferred<number>());
}

describe('successResultOf', () => {
  it('gives the value that a Deferred has', () => {
    expect(successResultOf(succeed(7))).to.equal(7);
    expect(successResultOf(succeed(6).addCallback((value) => value + 1))).to.equal(7);
  });

  it('gives undefined where that is the value', () => {
    expect(successResultOf(succeed())).to.equal(undefined);
  });

  it('leaves the value for later callbacks', () => {
    const deferred = succeed(7);
    successResultOf(deferred);
    expect(successResultOf(deferred)).to.equal(7);
  });

  it('throws where there is no result yet, and leaves the result to come as it is', () => {
    const deferred = new Deferred<number>();
    expect(() => successResultOf(deferred)).to.throw(UnexpectedResultError, 'no result yet');
    deferred.callback(7);
    expect(successResultOf(deferred)).to.equal(7);
  });

  it('throws where a callback waits for another Deferred', () => {
    expect(() => successResultOf(waiting())).to.throw(UnexpectedResultError, 'no result yet');
  });

  it('throws where the Deferred has failed, with the failure as cause, which is handled by that', () => {
    const failure = new NotConnectedError();
    let thrown: unknown;
    const deferred = fail(failure);
    try {
      successResultOf(deferred);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).to.be.instanceOf(UnexpectedResultError).with.property('cause', failure);
    expect((thrown as Error).message).to.include(failure.message);
    expect(successResultOf(deferred as Deferred<unknown>)).to.equal(undefined);
  });
});

describe('failureResultOf', () => {
  it('gives the error with which a Deferred has failed', () => {
    const error = new NotConnectedError();
    expect(failureResultOf(fail(error))).to.equal(error);
    expect(failureResultOf(fail(error), NotConnectedError)).to.equal(error);
    expect(failureResultOf<Error>(fail(error), AddressError, NotConnectedError)).to.equal(error);
  });

  it('gives the class that was asked for as a type', () => {
    const { address } = failureResultOf(fail(new InvalidAddressError('x', 'why')), InvalidAddressError);
    expect(address).to.equal('x');
  });

  it('counts as handling, so that nothing is reported and later callbacks run with undefined', () => {
    const deferred = fail(new Error('handled')) as Deferred<unknown>;
    failureResultOf(deferred);
    expect(successResultOf(deferred)).to.equal(undefined);
  });

  it('throws where there is no result yet, and leaves the failure to come unhandled', async () => {
    const deferred = new Deferred<void>();
    expect(() => failureResultOf(deferred)).to.throw(UnexpectedResultError, 'no result yet');
    const lost = nextLost('unhandledRejection');
    deferred.errback(new Error('to come'));
    expect((await lost).message).to.include('to come');
  });

  it('throws where the Deferred has succeeded, and leaves the value', () => {
    const deferred = succeed(7);
    expect(() => failureResultOf(deferred)).to.throw(UnexpectedResultError, 'succeeded');
    expect(successResultOf(deferred)).to.equal(7);
  });

  it('throws where the error is of another class, with the error as cause', () => {
    const error = new NotConnectedError('what happened');
    const look = (): unknown => failureResultOf<Error>(fail(error), AddressError, InvalidAddressError);
    expect(look)
      .to.throw(UnexpectedResultError, /Expected AddressError or InvalidAddressError.*what happened/)
      .with.property('cause', error);
  });
});

describe('assertNoResult', () => {
  it('accepts a Deferred that was not fired, or that waits, and leaves it as it is', () => {
    const deferred = new Deferred<number>();
    assertNoResult(deferred);
    assertNoResult(waiting());
    deferred.callback(7);
    expect(successResultOf(deferred)).to.equal(7);
  });

  it('throws where there is a value, which is left', () => {
    const deferred = succeed(7);
    expect(() => assertNoResult(deferred)).to.throw(UnexpectedResultError, 'succeeded');
    expect(successResultOf(deferred)).to.equal(7);
  });

  it('throws where there is a failure, and names it', () => {
    expect(() => assertNoResult(fail(new Error('the reason')))).to.throw(UnexpectedResultError, 'the reason');
  });
});
