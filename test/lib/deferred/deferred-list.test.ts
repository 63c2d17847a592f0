import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { DeferredList, gatherResults } from '../../../lib/deferred/deferred-list.js';
import { CancelledError, FirstError } from '../../../lib/deferred/errors.js';
import { fail, succeed } from '../../../lib/deferred/wrap.js';
import { errorOf, outcomeOf, raise, stackDepth, unhandledRejections, valueOf } from './helpers.js';

const error = new Error('member');

function three(): [Deferred<number>, Deferred<number>, Deferred<number>] {
  return [new Deferred<number>(), new Deferred<number>(), new Deferred<number>()];
}

describe('DeferredList', () => {
  it('fires with the outcomes in the order of the list, when the last is there', () => {
    const [a, b, c] = three();
    const list = new DeferredList([a, b, c]);
    c.callback(3);
    b.errback(error);
    expect(list.called).to.equal(false);
    a.callback(1);
    expect(valueOf(list)).to.deep.equal([
      [true, 1],
      [false, error],
      [true, 3],
    ]);
  });

  it('fires at once when all have a result', () => {
    expect(valueOf(new DeferredList([succeed(1), fail(error)]))).to.deep.equal([
      [true, 1],
      [false, error],
    ]);
  });

  it('fires at once when it is empty, but never with fireOnOneCallback', () => {
    expect(valueOf(new DeferredList([]))).to.deep.equal([]);
    expect(valueOf(new DeferredList([], { fireOnOneErrback: true }))).to.deep.equal([]);
    expect(new DeferredList([], { fireOnOneCallback: true }).called).to.equal(false);
  });

  it('waits for promises, and takes other values as they are', async () => {
    const list = new DeferredList([Promise.resolve('promised'), 'plain', succeed('deferred')]);
    expect(list.called).to.equal(false);
    expect(await list).to.deep.equal([
      [true, 'promised'],
      [true, 'plain'],
      [true, 'deferred'],
    ]);
  });

  describe('with fireOnOneCallback', () => {
    it('fires with the value and index of the first that succeeds', () => {
      const [a, b, c] = three();
      const list = new DeferredList([a, b, c], { fireOnOneCallback: true });
      a.errback(error);
      expect(list.called).to.equal(false);
      c.callback(3);
      b.callback(2);
      expect(valueOf(list)).to.deep.equal([3, 2]);
    });

    it('fires with all outcomes when none succeeds', () => {
      expect(valueOf(new DeferredList([fail(error)], { fireOnOneCallback: true }))).to.deep.equal([[false, error]]);
    });
  });

  describe('with fireOnOneErrback', () => {
    it('fails with a FirstError that knows index and cause, as soon as one fails', () => {
      const [a, b, c] = three();
      const list = new DeferredList([a, b, c], { fireOnOneErrback: true });
      a.callback(1);
      expect(list.called).to.equal(false);
      b.errback(error);
      c.errback(new Error('later'));
      expect(errorOf(list)).to.be.instanceOf(FirstError).and.to.include({ index: 1, cause: error });
    });

    it('fires with the outcomes when none fails', () => {
      expect(valueOf(new DeferredList([succeed(1)], { fireOnOneErrback: true }))).to.deep.equal([[true, 1]]);
    });
  });

  describe('and its members', () => {
    it('leaves them their values and errors', () => {
      const members = [succeed(1), fail(error)];
      void new DeferredList(members);
      expect(members.map((member) => outcomeOf(member))).to.deep.equal([
        ['value', 1],
        ['error', error],
      ]);
    });

    it('takes their errors away with consumeErrors', () => {
      const member = new Deferred<number>();
      const list = new DeferredList([member, succeed(2)], { consumeErrors: true });
      member.errback(error);
      expect(valueOf(member)).to.equal(undefined);
      expect(valueOf(list)).to.deep.equal([
        [false, error],
        [true, 2],
      ]);
    });

    it('counts as who handles their errors, with or without consumeErrors: Twisted reports those not consumed', async () => {
      const reasons = await unhandledRejections(() => {
        void new DeferredList([fail(error)]);
        void new DeferredList([fail(error)], { consumeErrors: true });
        gatherResults([fail(error), fail(error)]).addErrback(() => 0);
      });
      expect(reasons).to.deep.equal([]);
    });

    it('sees what they come to at the place where it was made, not later', () => {
      const member = new Deferred<number>();
      const list = new DeferredList([member.addCallback((n) => n + 1)]);
      member.addCallback(() => raise(error));
      member.callback(1);
      expect(valueOf(list)).to.deep.equal([[true, 2]]);
      expect(errorOf(member)).to.equal(error);
    });
  });

  describe('cancelled', () => {
    it('cancels its members, and fires with their CancelledErrors', () => {
      const [a, b, c] = three();
      const list = new DeferredList([a, b, c]);
      b.callback(2);
      list.cancel();
      expect([errorOf(a).name, valueOf(b), errorOf(c).name]).to.deep.equal(['CancelledError', 2, 'CancelledError']);
      expect(valueOf(list).map(([success]) => success)).to.deep.equal([false, true, false]);
    });

    it('does nothing to the others once it has fired for one', () => {
      const [a, b] = three();
      const list = new DeferredList([a, b], { fireOnOneCallback: true });
      a.callback(1);
      list.cancel();
      expect(b.called).to.equal(false);
      expect(valueOf(list)).to.deep.equal([1, 0]);
      const [c, d] = three();
      const failing = new DeferredList([c, d], { fireOnOneErrback: true });
      c.errback(error);
      failing.cancel();
      expect(d.called).to.equal(false);
      errorOf(failing);
    });

    it('cancels what its own callback waits for', () => {
      const inner = new Deferred<number>();
      const list = new DeferredList([succeed(1)]).addCallback(() => inner);
      list.cancel();
      expect(inner.called).to.equal(true);
      expect(errorOf(list)).to.be.instanceOf(CancelledError);
    });

    it('cancels all, whatever cancellers throw, and throws that then', () => {
      const last = new Deferred<number>();
      const bad = (): Deferred<number> => new Deferred<number>(() => raise(error));
      expect(() => new DeferredList([bad(), last]).cancel()).to.throw(error);
      expect(errorOf(last)).to.be.instanceOf(CancelledError);
      expect(() => new DeferredList([bad(), bad()]).cancel()).to.throw(AggregateError, '2 cancellers threw');
    });
  });

  it('goes through lists of lists without growing the stack', () => {
    const depths = new Set<number>();
    const innermost = new Deferred<unknown>();
    let outermost: Deferred<unknown> = innermost;
    for (let i = 0; i < 10_000; i++) outermost = gatherResults([outermost]).addCallback(([value]) => value);
    outermost.addCallback(() => depths.add(stackDepth()));
    innermost.addCallback(() => depths.add(stackDepth()));
    innermost.callback(0);
    expect(outermost.called).to.equal(true);
    expect(depths.size).to.equal(1);
  });
});

describe('gatherResults', () => {
  it('fires with the values in the order of the list', () => {
    const [a, b, c] = three();
    const gathered = gatherResults([a, b, c]);
    c.callback(3);
    a.callback(1);
    b.callback(2);
    expect(valueOf(gathered)).to.deep.equal([1, 2, 3]);
    expect(valueOf(gatherResults([]))).to.deep.equal([]);
  });

  it('fails with a FirstError as soon as one fails', () => {
    const [a, b] = three();
    const gathered = gatherResults([a, b]);
    b.errback(error);
    expect(errorOf(gathered)).to.be.instanceOf(FirstError).and.to.include({ index: 1, cause: error });
    expect(errorOf(b)).to.equal(error);
  });

  it('takes the errors of members away with consumeErrors', () => {
    const [a, b] = three();
    const gathered = gatherResults([a, b], { consumeErrors: true });
    a.errback(error);
    b.errback(error);
    expect([valueOf(a), valueOf(b)]).to.deep.equal([undefined, undefined]);
    errorOf(gathered);
  });

  it('cancels all members when it is cancelled, and fails with a FirstError for the first', () => {
    const [a, b] = three();
    const gathered = gatherResults([a, b]);
    gathered.cancel();
    expect(errorOf(gathered).cause).to.be.instanceOf(CancelledError);
    expect([errorOf(a).name, errorOf(b).name]).to.deep.equal(['CancelledError', 'CancelledError']);
  });

  it('takes promises among its members', async () => {
    expect(await gatherResults([succeed(1), Promise.resolve('two'), 3])).to.deep.equal([1, 'two', 3]);
  });
});
