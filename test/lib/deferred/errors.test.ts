import { expect } from 'chai';
import { describe, it } from 'mocha';
import * as errors from '../../../lib/deferred/errors.js';
import { trap } from '../../../lib/deferred/trap.js';
import { fail } from '../../../lib/deferred/wrap.js';
import { PlaitError } from '../../../lib/errors.js';
import { errorOf, valueOf } from './helpers.js';

describe('the errors of Deferreds', () => {
  const cause = new TypeError('the reason');
  const examples: [PlaitError, code: string, message: string, facts: object][] = [
    [new errors.AlreadyCalledError(), 'ERR_PLAIT_DEFERRED_ALREADY_CALLED', 'The Deferred has been called already', {}],
    [new errors.CancelledError(), 'ERR_PLAIT_CANCELLED', 'Cancelled', {}],
    [new errors.CancelledError('Stopped'), 'ERR_PLAIT_CANCELLED', 'Stopped', {}],
    [new errors.TimeoutError(1.5), 'ERR_PLAIT_TIMEOUT', 'Deferred timed out after 1.5 seconds', { seconds: 1.5 }],
    [new errors.TimeoutError(1, 'Lookup'), 'ERR_PLAIT_TIMEOUT', 'Lookup timed out after 1 seconds', { seconds: 1 }],
    [new errors.CircularDeferredError(), 'ERR_PLAIT_CIRCULAR_DEFERRED', 'A Deferred cannot wait for itself', {}],
    [new errors.NotPausedError(), 'ERR_PLAIT_NOT_PAUSED', 'The Deferred is not paused', {}],
    [
      new errors.FirstError(cause, 2),
      'ERR_PLAIT_FIRST_ERROR',
      'Member 2 failed first: the reason',
      { index: 2, cause },
    ],
    [
      new errors.FailureGroup([cause, new Error('another')]),
      'ERR_PLAIT_FAILURE_GROUP',
      'All 2 failed: the reason; another',
      {},
    ],
    [new errors.NotAcquiredError(), 'ERR_PLAIT_NOT_ACQUIRED', 'Released more often than acquired', {}],
    [new errors.QueueOverflow(3), 'ERR_PLAIT_QUEUE_OVERFLOW', 'The queue is full: it holds 3', { size: 3 }],
    [
      new errors.QueueUnderflow(3),
      'ERR_PLAIT_QUEUE_UNDERFLOW',
      'The queue is empty, and 3 wait for it already',
      { backlog: 3 },
    ],
  ];

  for (const [error, code, message, facts] of examples) {
    it(`say what happened: ${error.name} with "${message}"`, () => {
      expect(error).to.be.instanceOf(PlaitError).and.to.include({ code, message, name: error.constructor.name });
      expect(error).to.include(facts);
    });
  }

  it('are all shown here, with a code of their own each', () => {
    const classes = new Set(examples.map(([error]) => error.constructor));
    const codes = new Map(examples.map(([error, code]) => [code, error.constructor]));
    expect([...classes]).to.have.members(Object.values(errors));
    expect(codes.size).to.equal(classes.size);
  });
});

describe('trap', () => {
  it('gives back an error of one of the classes, subclasses included', () => {
    const error: Error = new errors.TimeoutError(1);
    expect(trap(error, errors.TimeoutError).seconds).to.equal(1);
    expect(trap(error, RangeError, errors.TimeoutError)).to.equal(error);
    expect(trap(error, PlaitError)).to.equal(error);
  });

  it('throws any other error on', () => {
    const error = new TypeError('other');
    expect(() => trap(error, RangeError)).to.throw(error);
    expect(() => trap(error)).to.throw(error);
  });

  it('chooses in an errback what that handles', () => {
    const handle = (error: Error): string => `handled ${trap(error, RangeError).message}`;
    const other = new TypeError('other');
    expect(valueOf(fail(new RangeError('far')).addErrback(handle))).to.equal('handled far');
    expect(errorOf(fail(other).addErrback(handle))).to.equal(other);
  });
});
