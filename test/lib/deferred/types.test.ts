import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { DeferredList, gatherResults } from '../../../lib/deferred/deferred-list.js';
import type { Outcome } from '../../../lib/deferred/deferred-list.js';
import { DeferredLock } from '../../../lib/deferred/deferred-lock.js';
import { CancelledError, TimeoutError } from '../../../lib/deferred/errors.js';
import { inlineCallbacks } from '../../../lib/deferred/inline-callbacks.js';
import { race } from '../../../lib/deferred/race.js';
import { trap } from '../../../lib/deferred/trap.js';
import { fail, maybeDeferred, succeed } from '../../../lib/deferred/wrap.js';
import { valueOf } from './helpers.js';

type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;

/** Compiles only if the type of its argument is exactly `Expected`; gives the argument back. */
function typed<Expected>() {
  return <Actual>(actual: Actual & (Same<Actual, Expected> extends true ? unknown : never)): Actual => actual;
}

describe('the types of Deferreds', () => {
  it('follow the chain, whatever kind of function is in it', async () => {
    const chain = succeed('text')
      .addCallback((text) => typed<string>()(text).length)
      .addCallback(async (n) => [typed<number>()(n)])
      .addCallback((list) => succeed(typed<number[]>()(list)))
      .addCallback((list) => (list.length > 1 ? 'many' : Promise.resolve('one')));
    expect(await typed<Deferred<string>>()(chain)).to.equal('one');
  });

  it('add what an errback returns to what may have passed by', () => {
    const recovered = succeed(1).addErrback((error) => typed<Error>()(error).message);
    expect(valueOf(typed<Deferred<string | number>>()(recovered))).to.equal(1);
    const rethrown = succeed(1).addErrback((error) => {
      throw error;
    });
    expect(valueOf(typed<Deferred<number>>()(rethrown))).to.equal(1);
  });

  it('join both sides of addCallbacks and addBoth', () => {
    const both = succeed(1).addCallbacks(
      (n) => [n],
      async (error) => error.message,
    );
    expect(valueOf(typed<Deferred<string | number[]>>()(both))).to.deep.equal([1]);
    const one = succeed(1).addCallbacks((n) => [n]);
    expect(valueOf(typed<Deferred<number[]>>()(one))).to.deep.equal([1]);
    const any = succeed(1).addBoth((result) => typed<number | Error>()(result) === 1);
    expect(valueOf(typed<Deferred<boolean>>()(any))).to.equal(true);
  });

  it('let one that has failed stand for any, and a narrow one for a wide one', () => {
    const any: Deferred<string> = fail(new Error('any')).addErrback(() => 'recovered');
    const never: Deferred<string> = fail(new Error('any'));
    never.addErrback(() => '');
    const wide: Deferred<string | number> = succeed('narrow');
    expect([valueOf(any), valueOf(wide)]).to.deep.equal(['recovered', 'narrow']);
  });

  it('let void be fired without a value', () => {
    const deferred = new Deferred<void>();
    deferred.callback();
    expect(valueOf(typed<Deferred<void>>()(succeed()))).to.equal(valueOf(deferred));
  });

  it('tell what await gives, in a Deferred of its own too', async () => {
    expect(typed<number>()(await succeed(1))).to.equal(1);
    const asyncResult = maybeDeferred(async (n: number) => `${n}`, 1);
    expect(typed<string>()(await typed<Deferred<string>>()(asyncResult))).to.equal('1');
    expect(valueOf(typed<Deferred<number>>()(maybeDeferred(() => succeed(1))))).to.equal(1);
  });

  it('narrow what trap gives', () => {
    const error: Error = new TimeoutError(1);
    expect(typed<TimeoutError>()(trap(error, TimeoutError)).seconds).to.equal(1);
    expect(typed<TimeoutError | CancelledError>()(trap(error, TimeoutError, CancelledError))).to.equal(error);
  });

  it('know each member of a list', async () => {
    const numbers: Deferred<number>[] = [succeed(1)];
    const gathered = gatherResults([succeed(1), Promise.resolve('a'), true]);
    expect(await typed<Deferred<[number, string, true]>>()(gathered)).to.deep.equal([1, 'a', true]);
    expect(valueOf(typed<Deferred<number[]>>()(gatherResults(numbers)))).to.deep.equal([1]);
    const [first, second] = valueOf(new DeferredList([succeed(1), succeed('a')]));
    typed<Outcome<number>>()(first);
    typed<Outcome<string>>()(second);
    if (first[0]) expect(typed<number>()(first[1])).to.equal(1);
    else expect.fail(typed<Error>()(first[1]).message);
    const one = valueOf(new DeferredList(numbers, { fireOnOneCallback: true }));
    expect(typed<Outcome<number>[] | [value: number, index: number]>()(one)).to.deep.equal([1, 0]);
    const [index, value] = valueOf(race([succeed(1), succeed('a')]));
    expect([typed<number>()(index), typed<string | number>()(value)]).to.deep.equal([0, 1]);
  });

  it('tell what a generator and a lock give', async () => {
    const f = inlineCallbacks(function* (n: number) {
      const text: string = yield succeed(`${n}`);
      return succeed(text);
    });
    expect(valueOf(typed<Deferred<string>>()(f(1)))).to.equal('1');
    const lock = new DeferredLock();
    expect(await typed<Deferred<number>>()(lock.run(async (n: number) => n, 1))).to.equal(1);
  });

  it('refuse what does not fit', () => {
    const wrong = [
      // @ts-expect-error: no number
      () => new Deferred<number>().callback('text'),
      // @ts-expect-error: a value is needed
      () => new Deferred<number>().callback(),
      // @ts-expect-error: the callback gets a number
      () => succeed(1).addCallback((text: string) => text),
      // @ts-expect-error: the result has become a string
      (): Deferred<number> => succeed(1).addCallback(String),
      // @ts-expect-error: the errback may add a string
      (): Deferred<number> => succeed(1).addErrback(() => 'text'),
      // @ts-expect-error: another type of result
      () => succeed(1).chainDeferred(new Deferred<string>()),
      // @ts-expect-error: no argument of that kind
      () => maybeDeferred((n: number) => n, 'text'),
      // @ts-expect-error: no such option
      () => new DeferredList([], { fireOnOne: true }),
      // @ts-expect-error: the member may have failed
      (): number[] => valueOf(new DeferredList([succeed(1)])).map(([, value]) => value),
    ];
    expect(wrong).to.have.length(9);
  });
});
