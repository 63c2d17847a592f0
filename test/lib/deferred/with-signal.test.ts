import { expect } from 'chai';
import { getEventListeners } from 'node:events';
import { describe, it } from 'mocha';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { CancelledError } from '../../../lib/deferred/errors.js';
import { withSignal } from '../../../lib/deferred/with-signal.js';
import { fail, succeed } from '../../../lib/deferred/wrap.js';
import { ThrownValueError } from '../../../lib/errors.js';
import { errorOf, valueOf } from './helpers.js';

describe('withSignal', () => {
  it('cancels the Deferred when the signal is aborted: it fails with the reason of the signal', () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let cancelled = 0;
    const deferred = withSignal(new Deferred<number>(() => (cancelled += 1)), controller.signal);
    expect(deferred.called).to.equal(false);
    controller.abort(reason);
    expect(cancelled).to.equal(1);
    expect(errorOf(deferred)).to.equal(reason);
  });

  it('fails with the AbortError of the platform when no reason is given, and wraps one that is no Error', () => {
    const [plain, text] = [new AbortController(), new AbortController()];
    const [first, second] = [withSignal(new Deferred(), plain.signal), withSignal(new Deferred(), text.signal)];
    plain.abort();
    text.abort('enough');
    expect(errorOf(first).name).to.equal('AbortError');
    expect(errorOf(second)).to.be.instanceOf(ThrownValueError).and.to.include({ cause: 'enough' });
  });

  it('cancels at once when the signal is aborted already', () => {
    const reason = new Error('before');
    expect(errorOf(withSignal(new Deferred(), AbortSignal.abort(reason)))).to.equal(reason);
  });

  it('keeps a result that is there, and one that the canceller gives', () => {
    const error = new Error('there');
    const signal = AbortSignal.abort(new Error('too late'));
    expect(valueOf(withSignal(succeed(1), signal))).to.equal(1);
    expect(errorOf(withSignal(fail(error), signal))).to.equal(error);
    const salvaged = new Deferred<string>((d) => d.callback('salvaged'));
    expect(valueOf(withSignal(salvaged, signal))).to.equal('salvaged');
  });

  it('keeps the CancelledError of a cancel by somebody else', () => {
    const deferred = withSignal(new Deferred(), new AbortController().signal);
    deferred.cancel();
    expect(errorOf(deferred)).to.be.instanceOf(CancelledError);
  });

  it('listens until there is a result, and not longer', () => {
    const { signal } = new AbortController();
    const listeners = (): number => getEventListeners(signal, 'abort').length;
    const succeeding = withSignal(new Deferred<number>(), signal);
    const failing = withSignal(new Deferred<number>(), signal);
    const there = withSignal(succeed(1), signal);
    expect(listeners()).to.equal(2);
    succeeding.callback(1);
    failing.addErrback(() => 0);
    failing.errback(new Error('failed'));
    expect(listeners()).to.equal(0);
    expect(valueOf(there)).to.equal(1);
  });

  it('gives the Deferred back as it is without a signal', () => {
    const deferred = new Deferred<number>();
    expect(withSignal(deferred, undefined)).to.equal(deferred);
    expect(withSignal(deferred, new AbortController().signal)).to.equal(deferred);
  });
});
