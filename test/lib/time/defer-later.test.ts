import { expect } from 'chai';
import { describe, it } from 'mocha';
import sinon from 'sinon';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { CancelledError } from '../../../lib/deferred/errors.js';
import { Clock } from '../../../lib/time/clock.js';
import { deferLater } from '../../../lib/time/defer-later.js';

function resultsOf(deferred: Deferred<unknown>): unknown[] {
  const results: unknown[] = [];
  deferred.addBoth((result) => void results.push(result));
  return results;
}

describe('deferLater', () => {
  it('fires after the delay, not before, with what the function returns', () => {
    const clock = new Clock();
    const f = sinon.stub().returns('value');
    const results = resultsOf(deferLater(clock, 3, f));
    clock.advance(2);
    sinon.assert.notCalled(f);
    expect(results).to.deep.equal([]);
    clock.advance(1);
    sinon.assert.calledOnce(f);
    expect(results).to.deep.equal(['value']);
  });

  it('fires with undefined where there is no function', () => {
    const clock = new Clock();
    const results = resultsOf(deferLater(clock, 3));
    clock.advance(3);
    expect(results).to.deep.equal([undefined]);
  });

  it('fails with what the function throws', () => {
    const clock = new Clock();
    const error = new Error('f');
    const results = resultsOf(deferLater(clock, 1, sinon.stub().throws(error)));
    clock.advance(1);
    expect(results).to.have.ordered.members([error]);
  });

  it('waits for a Deferred that the function returns', () => {
    const clock = new Clock();
    const inner = new Deferred<string>();
    const results = resultsOf(deferLater(clock, 1, () => inner));
    clock.advance(1);
    expect(results).to.deep.equal([]);
    inner.callback('inner');
    expect(results).to.deep.equal(['inner']);
  });

  it('can be awaited, and so can an async function', async () => {
    const clock = new Clock();
    const waiting = deferLater(clock, 1, async () => 'async');
    clock.advance(1);
    expect(await waiting).to.equal('async');
  });

  it('refuses a delay as callLater does', () => {
    const clock = new Clock();
    expect(() => deferLater(clock, -1)).to.throw(RangeError);
    expect(() => deferLater(clock, NaN)).to.throw(RangeError);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  describe('cancel', () => {
    it('fails with CancelledError, the function is not called, and no call is left', () => {
      const clock = new Clock();
      const f = sinon.spy();
      const deferred = deferLater(clock, 1, f);
      const results = resultsOf(deferred);
      deferred.cancel();
      expect(results[0]).to.be.an.instanceOf(CancelledError);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
      clock.advance(2);
      sinon.assert.notCalled(f);
    });

    it('works also where others cancelled the call', () => {
      const clock = new Clock();
      const deferred = deferLater(clock, 1);
      const results = resultsOf(deferred);
      clock.getDelayedCalls()[0]!.cancel();
      deferred.cancel();
      expect(results[0]).to.be.an.instanceOf(CancelledError);
    });

    it('cancels what the function returned, when that is pending', () => {
      const clock = new Clock();
      const canceller = sinon.spy();
      const deferred = deferLater(clock, 1, () => new Deferred<void>(canceller));
      const results = resultsOf(deferred);
      clock.advance(1);
      deferred.cancel();
      sinon.assert.calledOnce(canceller);
      expect(results[0]).to.be.an.instanceOf(CancelledError);
    });
  });

  describe('signal', () => {
    it('cancels the call and fails the Deferred with its reason', () => {
      const clock = new Clock();
      const controller = new AbortController();
      const f = sinon.spy();
      const results = resultsOf(deferLater(clock, 1, f, { signal: controller.signal }));
      const reason = new Error('enough');
      controller.abort(reason);
      expect(results).to.have.ordered.members([reason]);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
      sinon.assert.notCalled(f);
    });

    it('that is aborted already leaves no call', () => {
      const clock = new Clock();
      const reason = new Error('enough');
      const results = resultsOf(deferLater(clock, 1, undefined, { signal: AbortSignal.abort(reason) }));
      expect(results).to.have.ordered.members([reason]);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    it('is not listened to any more once there is a result', () => {
      const clock = new Clock();
      const { signal } = new AbortController();
      const [add, remove] = [sinon.spy(signal, 'addEventListener'), sinon.spy(signal, 'removeEventListener')];
      const first = resultsOf(deferLater(clock, 1, () => 'value', { signal }));
      const second = deferLater(clock, 2, undefined, { signal });
      const secondResults = resultsOf(second);
      clock.advance(1);
      expect(first).to.deep.equal(['value']);
      second.cancel();
      expect(secondResults[0]).to.be.an.instanceOf(CancelledError);
      expect(remove.args.map(([, listener]) => listener)).to.deep.equal(add.args.map(([, listener]) => listener));
      expect(add.args).to.have.lengthOf(2);
    });

    it('leaves an error of the function as it is', () => {
      const clock = new Clock();
      const controller = new AbortController();
      const error = new Error('f');
      const f = (): never => {
        controller.abort();
        throw error;
      };
      const results = resultsOf(deferLater(clock, 1, f, { signal: controller.signal }));
      clock.advance(1);
      expect(results).to.have.ordered.members([error]);
    });
  });
});
