import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred, fail, succeed } from '../../index.js';
import { whenDone } from '../../reactor/when-done.js';
import { successResultOf } from '../../testing.js';

/** What is called for `result`, as it comes. */
function watch(result: unknown): string[] {
  const events: string[] = [];
  whenDone(
    result,
    () => events.push('done'),
    (error) => events.push(`failed: ${String(error)}`),
  );
  return events;
}

const promiseJobs = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('whenDone', () => {
  for (const value of [undefined, null, 0, 'text', {}, { then: 'no function' }, () => {}]) {
    it(`is done at once with ${typeof value} ${JSON.stringify(value) ?? ''}`, () => {
      expect(watch(value)).to.deep.equal(['done']);
    });
  }

  describe('with a Deferred', () => {
    it('is done at once when it has a value', () => {
      expect(watch(succeed(7))).to.deep.equal(['done']);
    });

    it('is done in the very call that fires it', () => {
      const deferred = new Deferred<number>();
      const events = watch(deferred);
      expect(events).to.deep.equal([]);
      deferred.callback(7);
      expect(events).to.deep.equal(['done']);
    });

    it('has failed, and then is done, when it fails, and the failure counts as handled', () => {
      const deferred = fail(new Error('why')) as Deferred<unknown>;
      expect(watch(deferred)).to.deep.equal(['failed: Error: why', 'done']);
      expect(successResultOf(deferred)).to.equal(undefined);
    });
  });

  describe('with a promise', () => {
    it('is done when it is fulfilled', async () => {
      const events = watch(Promise.resolve(7));
      expect(events).to.deep.equal([]);
      await promiseJobs();
      expect(events).to.deep.equal(['done']);
    });

    it('has failed, and then is done, when it is rejected', async () => {
      const events = watch(Promise.reject(new Error('why')));
      await promiseJobs();
      expect(events).to.deep.equal(['failed: Error: why', 'done']);
    });

    it('waits', async () => {
      const events = watch(new Promise(() => {}));
      await promiseJobs();
      expect(events).to.deep.equal([]);
    });
  });

  describe('with another thenable', () => {
    const then = (f: (resolve: () => void, reject: (error: Error) => void) => void): object => ({ then: f });

    it('takes its first answer only', () => {
      expect(watch(then((resolve) => (resolve(), resolve())))).to.deep.equal(['done']);
      expect(watch(then((resolve, reject) => (resolve(), reject(new Error('late')))))).to.deep.equal(['done']);
      const both = then((resolve, reject) => (reject(new Error('why')), resolve()));
      expect(watch(both)).to.deep.equal(['failed: Error: why', 'done']);
    });

    it('has failed with what its `then` throws, unless it had answered', () => {
      const throwing = then(() => {
        throw new Error('why');
      });
      expect(watch(throwing)).to.deep.equal(['failed: Error: why', 'done']);
      const answered = then((resolve) => {
        resolve();
        throw new Error('late');
      });
      expect(watch(answered)).to.deep.equal(['done']);
    });

    it('takes a function with a `then` as one', () => {
      const events = watch(
        Object.assign(
          () => {},
          then((resolve) => resolve()),
        ),
      );
      expect(events).to.deep.equal(['done']);
    });
  });

  it('needs neither function', async () => {
    whenDone(7);
    whenDone(succeed());
    whenDone(fail(new Error('nobody wants to know')));
    whenDone(Promise.reject(new Error('nobody wants to know')));
    const events = watch(Promise.resolve());
    await promiseJobs();
    expect(events).to.deep.equal(['done']);
  });
});
