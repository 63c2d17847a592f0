import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { CancelledError, TimeoutError } from '../../../lib/deferred/errors.js';
import { fail, succeed } from '../../../lib/deferred/wrap.js';
import { Clock } from '../../../lib/time/clock.js';
import { errorOf, outcomeOf, raise, valueOf } from './helpers.js';

describe('Deferred.addTimeout', () => {
  it('returns the same Deferred', () => {
    const deferred = new Deferred<number>();
    expect(deferred.addTimeout(1, new Clock())).to.equal(deferred);
  });

  it('fails with a TimeoutError that knows the seconds, when they are over and not before', () => {
    const clock = new Clock();
    const deferred = new Deferred<number>().addTimeout(10, clock);
    clock.advance(9.5);
    expect(deferred.called).to.equal(false);
    clock.advance(0.5);
    const error = errorOf(deferred);
    expect(error).to.be.instanceOf(TimeoutError).and.to.include({ seconds: 10, code: 'ERR_PLAIT_TIMEOUT' });
    expect(error.message).to.equal('Deferred timed out after 10 seconds');
  });

  it('leaves no timed call behind when a result comes in time, and keeps that', () => {
    const clock = new Clock();
    const error = new Error('in time');
    const succeeding = new Deferred<number>().addTimeout(10, clock);
    const failing = new Deferred<number>().addTimeout(10, clock);
    expect(clock.getDelayedCalls()).to.have.length(2);
    succeeding.callback(1);
    failing.errback(error);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
    expect(valueOf(succeeding)).to.equal(1);
    expect(errorOf(failing)).to.equal(error);
  });

  it('leaves no timed call behind when the result is there already', () => {
    const clock = new Clock();
    expect(valueOf(succeed(1).addTimeout(10, clock))).to.equal(1);
    expect(errorOf(fail(new Error('there')).addTimeout(10, clock)).message).to.equal('there');
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('lets onTimeout decide the result: it gets the CancelledError and the seconds', () => {
    const clock = new Clock();
    const seen: unknown[] = [];
    const deferred = new Deferred<string>().addTimeout(10, clock, (result, seconds) => {
      seen.push(result, seconds);
      return 'custom';
    });
    clock.advance(10);
    expect(seen[0]).to.be.instanceOf(CancelledError);
    expect(seen[1]).to.equal(10);
    expect(valueOf(deferred)).to.equal('custom');
  });

  it('fails with what onTimeout throws', () => {
    const clock = new Clock();
    const error = new Error('custom');
    const deferred = new Deferred<string>().addTimeout(10, clock, () => raise(error));
    clock.advance(10);
    expect(errorOf(deferred)).to.equal(error);
  });

  it('does not call onTimeout for a result in time', () => {
    const clock = new Clock();
    const deferred = new Deferred<string>().addTimeout(10, clock, () => raise(new Error('called')));
    deferred.callback('in time');
    expect(valueOf(deferred)).to.equal('in time');
  });

  it('keeps the value or the error that a canceller gives', () => {
    const clock = new Clock();
    const error = new Error('canceller');
    const kind = new Deferred<string>((d) => d.callback('salvaged')).addTimeout(10, clock);
    const unkind = new Deferred<string>((d) => d.errback(error)).addTimeout(10, clock);
    clock.advance(10);
    expect(valueOf(kind)).to.equal('salvaged');
    expect(errorOf(unkind)).to.equal(error);
  });

  it('hands a value that a canceller gives to onTimeout', () => {
    const clock = new Clock();
    const deferred = new Deferred<string>((d) => d.callback('salvaged')).addTimeout(1, clock, (result) => `${result}!`);
    clock.advance(1);
    expect(valueOf(deferred)).to.equal('salvaged!');
  });

  it('fails with a CancelledError when somebody else cancels in time', () => {
    const clock = new Clock();
    const deferred = new Deferred<string>().addTimeout(10, clock);
    deferred.cancel();
    expect(errorOf(deferred)).to.be.instanceOf(CancelledError).and.not.instanceOf(TimeoutError);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('shows a CancelledError to errbacks added before it, and a TimeoutError to those after it', () => {
    const clock = new Clock();
    const seen: string[] = [];
    const note = (error: Error): never => {
      seen.push(error.name);
      throw error;
    };
    const deferred = new Deferred<string>().addErrback(note).addTimeout(10, clock).addErrback(note);
    clock.advance(10);
    expect(seen).to.deep.equal(['CancelledError', 'TimeoutError']);
    errorOf(deferred);
  });

  it('limits the time that a callback before it takes, and not that of one after it', () => {
    const clock = new Clock();
    const before = succeed()
      .addCallback(() => new Deferred<string>())
      .addTimeout(10, clock);
    const after = succeed().addTimeout(10, clock);
    const waiting = after.addCallback(() => new Deferred<string>());
    clock.advance(10);
    expect(errorOf(before)).to.be.instanceOf(TimeoutError);
    expect(outcomeOf(waiting)).to.equal(undefined);
  });

  it('lets the shortest of several limits win', () => {
    const clock = new Clock();
    const deferred = new Deferred<string>().addTimeout(10, clock).addTimeout(5, clock).addTimeout(20, clock);
    clock.advance(30);
    expect(errorOf(deferred)).to.include({ seconds: 5 });
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('refuses a negative time, and adds nothing', () => {
    const deferred = new Deferred<string>();
    expect(() => deferred.addTimeout(-1, new Clock())).to.throw(RangeError);
    deferred.cancel();
    expect(errorOf(deferred)).to.be.instanceOf(CancelledError);
  });
});
