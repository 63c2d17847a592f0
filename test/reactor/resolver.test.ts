import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { CancelledError, Clock, Deferred, DNSLookupError } from '../../index.js';
import { Resolver } from '../../reactor/resolver.js';
import { assertNoResult, failureResultOf, successResultOf } from '../../testing.js';

/** A lookup that the driver was asked for, to be answered by the test. */
interface Lookup {
  readonly name: string;
  readonly family: 0 | 4 | 6;
  readonly done: (error: Error | null, addresses: string[]) => void;
  cancelled: number;
}

describe('Resolver', () => {
  let clock: Clock;
  let lookups: Lookup[];
  let resolver: Resolver;
  /** The lookup made last. */
  const last = (): Lookup => lookups.at(-1)!;

  beforeEach(() => {
    clock = new Clock();
    lookups = [];
    const driver = {
      lookup: (name: string, family: 0 | 4 | 6, done: Lookup['done']) => {
        const lookup = { name, family, done, cancelled: 0 };
        lookups.push(lookup);
        return () => void lookup.cancelled++;
      },
    };
    resolver = new Resolver(clock, driver, (canceller) => new Deferred(canceller));
  });

  describe('without a lookup', () => {
    it('takes literals and the empty name', () => {
      expect(successResultOf(resolver.resolve('', {}))).to.equal('0.0.0.0');
      expect(successResultOf(resolver.resolve('', { family: 6 }))).to.equal('::');
      for (const literal of ['10.0.0.1', '::', 'fe80::1%eth0', '::ffff:10.0.0.1']) {
        expect(successResultOf(resolver.resolve(literal, {}))).to.equal(literal);
        expect(successResultOf(resolver.resolveAll(literal, {}))).to.deep.equal([literal]);
      }
      expect(lookups).to.deep.equal([]);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    it('fails for a literal of the other family', () => {
      const four = failureResultOf(resolver.resolve('10.0.0.1', { family: 6 }), DNSLookupError);
      expect(four.message).to.equal('DNS lookup of "10.0.0.1" failed: not an IPv6 address');
      failureResultOf(resolver.resolve('::1', { family: 4 }), DNSLookupError);
    });

    it('fails for a name with a NUL in it', () => {
      failureResultOf(resolver.resolve('localhost\0.example', {}), DNSLookupError);
      failureResultOf(resolver.resolve('10.0.0.1\0', {}), DNSLookupError);
      expect(lookups).to.deep.equal([]);
    });

    it('throws for what is no name, family or timeout', () => {
      expect(() => resolver.resolve(undefined as never, {})).to.throw(TypeError, 'A name to resolve is a string');
      expect(() => resolver.resolve('name', { family: 5 as never })).to.throw(RangeError, 'No such family: 5');
      for (const timeout of [-1, NaN]) {
        expect(() => resolver.resolve('name', { timeout })).to.throw(RangeError, `not ${timeout}`);
      }
      expect(lookups).to.deep.equal([]);
    });
  });

  describe('an answer', () => {
    it('is asked for by name and family', () => {
      void resolver.resolve('name', {});
      void resolver.resolve('name', { family: 4 });
      void resolver.resolveAll('Other.Name', { family: 6 });
      expect(lookups.map(({ name, family }) => [name, family])).to.deep.equal([
        ['name', 0],
        ['name', 4],
        ['Other.Name', 6],
      ]);
      expect(clock.getDelayedCalls()).to.have.lengthOf(3);
    });

    for (const [addresses, preferred] of [
      [['10.0.0.1'], '10.0.0.1'],
      [['10.0.0.2', '10.0.0.1'], '10.0.0.2'],
      [['::1', '10.0.0.1'], '10.0.0.1'],
      [['::2', '::1'], '::2'],
    ] as const) {
      it(`of ${addresses.join(' and ')} gives resolve ${preferred}, and resolveAll all`, () => {
        const [one, all] = [resolver.resolve('name', {}), resolver.resolveAll('name', {})];
        for (const { done } of lookups) done(null, [...addresses]);
        expect(successResultOf(one)).to.equal(preferred);
        expect(successResultOf(all)).to.deep.equal(addresses);
      });
    }

    it('ends the deadline', () => {
      const found = resolver.resolve('name', {});
      const failed = resolver.resolve('other', {});
      lookups[0]!.done(null, ['10.0.0.1']);
      lookups[1]!.done(new Error('no such name'), []);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
      successResultOf(found);
      failureResultOf(failed);
    });

    it('that is an error is the cause of a DNSLookupError', () => {
      const pending = resolver.resolve('name', {});
      const cause = Object.assign(new Error('getaddrinfo ENOTFOUND name'), { code: 'ENOTFOUND' });
      last().done(cause, []);
      const error = failureResultOf(pending, DNSLookupError);
      expect(error.cause).to.equal(cause);
      expect(error.hostname).to.equal('name');
      expect(error.message).to.equal('DNS lookup of "name" failed: getaddrinfo ENOTFOUND name');
    });

    it('without addresses is a failure', () => {
      const [one, all] = [resolver.resolve('name', {}), resolver.resolveAll('name', {})];
      for (const { done } of lookups) done(null, []);
      for (const pending of [one, all]) failureResultOf<DNSLookupError>(pending, DNSLookupError);
    });
  });

  describe('the deadline', () => {
    for (const [timeout, options] of [
      [60, {}],
      [0, { timeout: 0 }],
      [2.5, { timeout: 2.5 }],
    ] as const) {
      it(`comes after ${timeout} seconds with the options ${JSON.stringify(options)}`, () => {
        const pending = resolver.resolve('name', options);
        if (timeout > 0) clock.advance(timeout - 0.001);
        assertNoResult(pending);
        clock.advance(0.001);
        const error = failureResultOf(pending, DNSLookupError);
        expect(error.message).to.equal(`DNS lookup of "name" failed: no answer within ${timeout} s`);
        expect(last().cancelled).to.equal(1);
        expect(clock.getDelayedCalls()).to.deep.equal([]);
      });
    }

    it('is one, whatever is looked up beside it', () => {
      const [first, second] = [resolver.resolve('a', { timeout: 1 }), resolver.resolve('b', { timeout: 2 })];
      clock.advance(1);
      failureResultOf(first, DNSLookupError);
      assertNoResult(second);
      last().done(null, ['10.0.0.1']);
      expect(successResultOf(second)).to.equal('10.0.0.1');
    });

    it('does not come with a timeout of Infinity', () => {
      const pending = resolver.resolve('name', { timeout: Infinity });
      expect(clock.getDelayedCalls()).to.deep.equal([]);
      last().done(null, ['10.0.0.1']);
      expect(successResultOf(pending)).to.equal('10.0.0.1');
    });
  });

  describe('cancelling', () => {
    it('cancels lookup and deadline, once, and fails with a CancelledError', () => {
      const pending = resolver.resolve('name', {});
      pending.cancel();
      pending.cancel();
      failureResultOf(pending, CancelledError);
      expect(last().cancelled).to.equal(1);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    it('does so for resolveAll, and without a deadline', () => {
      const pending = resolver.resolveAll('name', { timeout: Infinity });
      pending.cancel();
      failureResultOf(pending, CancelledError);
      expect(last().cancelled).to.equal(1);
    });

    it('has no effect when the answer or the deadline was first', () => {
      const [found, late] = [resolver.resolve('a', {}), resolver.resolve('b', {})];
      lookups[0]!.done(null, ['10.0.0.1']);
      found.cancel();
      expect(successResultOf(found)).to.equal('10.0.0.1');
      clock.advance(60);
      late.cancel();
      failureResultOf(late, DNSLookupError);
      expect(lookups.map(({ cancelled }) => cancelled)).to.deep.equal([0, 1]);
    });
  });

  describe('a signal', () => {
    it('that aborts cancels the lookup, which fails with its reason', () => {
      const controller = new AbortController();
      const pending = resolver.resolve('name', { signal: controller.signal });
      assertNoResult(pending);
      const reason = new Error('changed my mind');
      controller.abort(reason);
      expect(failureResultOf(pending)).to.equal(reason);
      expect(last().cancelled).to.equal(1);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    it('that aborts without a reason gives an AbortError', () => {
      const controller = new AbortController();
      const pending = resolver.resolve('name', { signal: controller.signal });
      controller.abort();
      expect(failureResultOf(pending).name).to.equal('AbortError');
    });

    it('that was aborted before leaves neither lookup nor deadline', () => {
      const reason = new Error('too late');
      const pending = resolver.resolve('name', { signal: AbortSignal.abort(reason) });
      expect(failureResultOf(pending)).to.equal(reason);
      expect(lookups.every(({ cancelled }) => cancelled === 1)).to.equal(true);
      expect(clock.getDelayedCalls()).to.deep.equal([]);
    });

    for (const [what, end] of [
      ['the answer', () => last().done(null, ['10.0.0.1'])],
      ['a failure', () => last().done(new Error('no'), [])],
      ['the deadline', () => clock.advance(60)],
    ] as const) {
      it(`is let go of after ${what}`, () => {
        const { signal } = new AbortController();
        const pending = resolver.resolve('name', { signal }).addBoth((result) => result);
        expect(getEventListeners(signal, 'abort')).to.have.lengthOf(1);
        end();
        expect(getEventListeners(signal, 'abort')).to.have.lengthOf(0);
        successResultOf(pending);
      });
    }

    it('does not rename the failure of a lookup that was cancelled otherwise', () => {
      const { signal } = new AbortController();
      const pending = resolver.resolve('name', { signal });
      pending.cancel();
      failureResultOf(pending, CancelledError);
    });
  });
});
