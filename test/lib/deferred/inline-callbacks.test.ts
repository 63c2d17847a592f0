import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { AlreadyCalledError, CancelledError, CircularDeferredError } from '../../../lib/deferred/errors.js';
import { inlineCallbacks } from '../../../lib/deferred/inline-callbacks.js';
import { fail, succeed } from '../../../lib/deferred/wrap.js';
import { errorOf, outcomeOf, raise, stackDepth, unhandledRejections, valueOf } from './helpers.js';

const error = new Error('yielded');

describe('inlineCallbacks', () => {
  it('gives a yield the value, and throws the error there', () => {
    const f = inlineCallbacks(function* (deferred: Deferred<unknown>) {
      try {
        return ['value', yield deferred];
      } catch (e) {
        return ['error', e];
      }
    });
    const later = new Deferred<string>();
    const result = f(later);
    expect(result.called).to.equal(false);
    later.callback('later');
    expect(valueOf(result)).to.deep.equal(['value', 'later']);
    expect(valueOf(f(succeed('at once')))).to.deep.equal(['value', 'at once']);
    expect(valueOf(f(fail(error)))).to.deep.equal(['error', error]);
  });

  it('passes arguments and this', () => {
    const object = {
      base: 1,
      add: inlineCallbacks(function* (this: { base: number }, a: number, b: number) {
        return this.base + (yield succeed(a)) + b;
      }),
    };
    expect(valueOf(object.add(2, 3))).to.equal(6);
  });

  it('fails with what the generator throws, before or after a wait', () => {
    const later = new Deferred<void>();
    const atOnce = inlineCallbacks(function* () {
      yield raise(error);
    });
    const afterwards = inlineCallbacks(function* () {
      yield later;
      throw error;
    });
    expect(errorOf(atOnce())).to.equal(error);
    const result = afterwards();
    later.callback();
    expect(errorOf(result)).to.equal(error);
  });

  it('fails with the error of what is yielded when the generator does not catch it', () => {
    const f = inlineCallbacks(function* () {
      yield fail(error);
    });
    expect(errorOf(f())).to.equal(error);
  });

  it('runs up to the first wait at once', () => {
    const seen: string[] = [];
    const f = inlineCallbacks(function* () {
      seen.push('begin');
      yield succeed();
      seen.push('second');
      yield new Deferred();
      seen.push('never');
    });
    f();
    expect(seen).to.deep.equal(['begin', 'second']);
  });

  it('gives back any other value that is yielded', () => {
    const f = inlineCallbacks(function* () {
      return [yield 1, yield undefined, yield error];
    });
    expect(valueOf(f())).to.deep.equal([1, undefined, error]);
  });

  it('waits for promises, yielded and returned', async () => {
    const f = inlineCallbacks(function* () {
      const first: string = yield Promise.resolve('first');
      let second: unknown;
      try {
        yield Promise.reject(error);
      } catch (e) {
        second = e;
      }
      return Promise.resolve([first, second]);
    });
    expect(await f()).to.deep.equal(['first', error]);
  });

  it('waits for a Deferred that the generator returns', () => {
    const returned = new Deferred<string>();
    // oxlint-disable-next-line require-yield
    const f = inlineCallbacks(function* () {
      return returned;
    });
    const result = f();
    returned.callback('returned');
    expect(valueOf(result)).to.equal('returned');
  });

  it('observes what is yielded, as await does, where Twisted takes its result away', () => {
    const deferred = succeed('kept');
    const f = inlineCallbacks(function* () {
      return [yield deferred, yield deferred];
    });
    expect(valueOf(f())).to.deep.equal(['kept', 'kept']);
    expect(valueOf(deferred)).to.equal('kept');
  });

  it('throws what reading then of a yielded object throws', () => {
    const trap = {
      get then(): unknown {
        return raise(error);
      },
    };
    const f = inlineCallbacks(function* () {
      yield trap;
    });
    expect(errorOf(f())).to.equal(error);
  });

  it('throws a CircularDeferredError where the generator waits for itself', () => {
    const start = new Deferred<void>();
    const f = inlineCallbacks(function* () {
      yield start;
      yield own;
    });
    const own: Deferred<void> = f();
    start.callback();
    expect(errorOf(own)).to.be.instanceOf(CircularDeferredError);
  });

  it('keeps the order of generators that wait for each other', () => {
    const seen: string[] = [];
    const [a, b] = [new Deferred<string>(), new Deferred<string>()];
    const inner = inlineCallbacks(function* () {
      seen.push(`inner ${yield a}`);
      seen.push(`inner ${yield b}`);
      return 'done';
    });
    const outer = inlineCallbacks(function* () {
      seen.push(`outer ${yield inner()}`);
      seen.push(`outer again ${yield inner()}`);
    });
    outer().addCallback(() => seen.push('end'));
    a.callback('a');
    seen.push('between');
    b.callback('b');
    expect(seen).to.deep.equal([
      'inner a',
      'between',
      'inner b',
      'outer done',
      'inner a',
      'inner b',
      'outer again done',
      'end',
    ]);
  });

  it('runs ten thousand yields of what is there at one depth of the stack', () => {
    const depths = new Set<number>();
    const f = inlineCallbacks(function* () {
      let sum = 0;
      for (let i = 0; i < 10_000; i++) {
        sum += yield i % 2 === 0 ? succeed(1) : 1;
        if (i % 100 === 0) depths.add(stackDepth());
      }
      return sum;
    });
    expect(valueOf(f())).to.equal(10_000);
    expect(depths.size).to.equal(1);
  });

  it('ends ten thousand generators that wait for each other at one depth of the stack', () => {
    const depths = new Set<number>();
    let calls = 0;
    const follow = inlineCallbacks(function* (inner: Deferred<number>): Generator<unknown, number, number> {
      const value = yield inner;
      if (calls++ % 100 === 0) depths.add(stackDepth());
      return value + 1;
    });
    const innermost = new Deferred<number>();
    let outermost = innermost;
    for (let i = 0; i < 10_000; i++) outermost = follow(outermost);
    innermost.callback(0);
    expect(valueOf(outermost)).to.equal(10_000);
    expect(depths.size).to.equal(1);
  });

  it('refuses a function that is no generator function', () => {
    const f = inlineCallbacks((() => 1) as never);
    expect(() => f()).to.throw(TypeError, 'needs a generator function');
  });

  it('reports what the generator fails with when somebody else has fired its Deferred', async () => {
    const reasons = await unhandledRejections(() => {
      const [a, b] = [new Deferred<void>(), new Deferred<void>()];
      const f = inlineCallbacks(function* (deferred: Deferred<void>) {
        yield deferred;
      });
      const [first, second] = [f(a), f(b)];
      first.callback();
      second.callback();
      a.errback(error);
      b.callback();
    });
    expect(reasons[0]).to.equal(error);
    expect(reasons[1]).to.be.instanceOf(AlreadyCalledError);
    expect(reasons).to.have.length(2);
  });

  describe('cancelled', () => {
    it('cancels what the generator waits for, and fails with the CancelledError that it does not catch', () => {
      const calls: string[] = [];
      const awaited = new Deferred<void>(() => calls.push('awaited'));
      const f = inlineCallbacks(function* () {
        try {
          yield awaited;
        } finally {
          calls.push('finally');
        }
      });
      const result = f();
      result.cancel();
      expect(calls).to.deep.equal(['awaited', 'finally']);
      expect(errorOf(result)).to.be.instanceOf(CancelledError);
    });

    it('succeeds when the generator catches the CancelledError and returns', () => {
      const f = inlineCallbacks(function* () {
        try {
          yield new Deferred();
        } catch (e) {
          return (e as Error).name;
        }
        return 'not cancelled';
      });
      const result = f();
      result.cancel();
      expect(valueOf(result)).to.equal('CancelledError');
    });

    it('goes on with the value that a canceller gives', () => {
      const f = inlineCallbacks(function* () {
        return [yield new Deferred<string>((d) => d.callback('salvaged'))];
      });
      const result = f();
      result.cancel();
      expect(valueOf(result)).to.deep.equal(['salvaged']);
    });

    it('throws the own error of a canceller at the yield', () => {
      const f = inlineCallbacks(function* () {
        yield new Deferred<string>((d) => d.errback(error));
      });
      const result = f();
      result.cancel();
      expect(errorOf(result)).to.equal(error);
    });

    it('waits on when the generator catches the CancelledError and goes on, and can be cancelled again', () => {
      const second = new Deferred<string>();
      const f = inlineCallbacks(function* () {
        try {
          yield new Deferred();
        } catch {
          return yield second;
        }
      });
      const [result, other] = [f(), f()];
      result.cancel();
      expect(outcomeOf(result)).to.equal(undefined);
      expect(second.called).to.equal(false);
      result.cancel();
      expect(second.called).to.equal(true);
      other.cancel();
      expect(errorOf(other)).to.be.instanceOf(CancelledError);
    });

    it('reaches the innermost of generators that wait for each other', () => {
      const calls: string[] = [];
      const inner = inlineCallbacks(function* () {
        try {
          yield new Deferred();
        } finally {
          calls.push('inner');
        }
      });
      const outer = inlineCallbacks(function* () {
        try {
          yield inner();
        } finally {
          calls.push('outer');
        }
      });
      const result = outer();
      result.cancel();
      expect(calls).to.deep.equal(['inner', 'outer']);
      expect(errorOf(result)).to.be.instanceOf(CancelledError);
    });

    it('fails at once while it waits for a promise', async () => {
      const f = inlineCallbacks(function* () {
        yield Promise.reject(error);
      });
      const reasons = await unhandledRejections(() => {
        const result = f();
        result.cancel();
        expect(errorOf(result)).to.be.instanceOf(CancelledError);
      });
      expect(reasons).to.deep.equal([]);
    });

    it('throws what a canceller throws, and the generator still waits', () => {
      const awaited = new Deferred<string>(() => raise(error));
      const f = inlineCallbacks(function* () {
        return yield awaited;
      });
      const result = f();
      expect(() => result.cancel()).to.throw(error);
      awaited.callback('after all');
      expect(valueOf(result)).to.equal('after all');
    });

    it('cuts the next wait short when the generator cancels itself', async () => {
      const seen: string[] = [];
      const cancelItself = (awaited: Deferred<void>): Deferred<void> => {
        const start = new Deferred<void>();
        const f = inlineCallbacks(function* () {
          yield start;
          own.cancel();
          seen.push('still running');
          yield awaited;
          seen.push('never');
        });
        const own = f();
        start.callback();
        return own;
      };
      expect(errorOf(cancelItself(new Deferred()))).to.be.instanceOf(CancelledError);
      expect(seen).to.deep.equal(['still running']);
      const reasons = await unhandledRejections(() => {
        const result = cancelItself(new Deferred(() => raise(error)));
        expect(outcomeOf(result)).to.equal(undefined);
      });
      expect(reasons).to.deep.equal([error]);
    });
  });
});
