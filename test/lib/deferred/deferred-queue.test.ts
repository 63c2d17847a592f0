import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { DeferredQueue } from '../../../lib/deferred/deferred-queue.js';
import { CancelledError, QueueOverflow, QueueUnderflow } from '../../../lib/deferred/errors.js';
import { errorOf, valueOf } from './helpers.js';

describe('DeferredQueue', () => {
  it('gives values that are there in their order', () => {
    const queue = new DeferredQueue<string>();
    queue.put('a');
    queue.put('b');
    expect(queue.pending).to.equal(2);
    expect([valueOf(queue.get()), valueOf(queue.get())]).to.deep.equal(['a', 'b']);
  });

  it('gives values that come to those who wait, in their order', () => {
    const queue = new DeferredQueue<string>();
    const waiters = [queue.get(), queue.get()];
    expect(queue.waiting).to.equal(2);
    queue.put('a');
    queue.put('b');
    expect(waiters.map((waiter) => valueOf(waiter))).to.deep.equal(['a', 'b']);
    expect([queue.pending, queue.waiting]).to.deep.equal([0, 0]);
  });

  it('keeps undefined as a value', () => {
    const queue = new DeferredQueue<undefined>();
    queue.put(undefined);
    expect(queue.pending).to.equal(1);
    expect(valueOf(queue.get())).to.equal(undefined);
    expect(queue.pending).to.equal(0);
  });

  it('refuses more values than its size, and none for which somebody waits', () => {
    const queue = new DeferredQueue<string>({ size: 1 });
    queue.put('a');
    expect(() => queue.put('b'))
      .to.throw(QueueOverflow)
      .and.to.include({ size: 1 });
    const none = new DeferredQueue<string>({ size: 0 });
    expect(() => none.put('a')).to.throw(QueueOverflow);
    const waiter = none.get();
    none.put('b');
    expect(valueOf(waiter)).to.equal('b');
  });

  it('refuses more waiters than its backlog, and none for which there is a value', () => {
    const queue = new DeferredQueue<string>({ backlog: 1 });
    void queue.get();
    expect(() => queue.get())
      .to.throw(QueueUnderflow)
      .and.to.include({ backlog: 1 });
    const none = new DeferredQueue<string>({ backlog: 0 });
    expect(() => none.get()).to.throw(QueueUnderflow);
    none.put('a');
    expect(valueOf(none.get())).to.equal('a');
  });

  it('has no limits but those given, and refuses to be made with others than 0 or more', () => {
    expect(new DeferredQueue()).to.include({ size: Infinity, backlog: Infinity });
    expect(new DeferredQueue({ size: 2 })).to.include({ size: 2, backlog: Infinity });
    for (const limit of [-1, NaN]) {
      expect(() => new DeferredQueue({ size: limit })).to.throw(RangeError, 'size');
      expect(() => new DeferredQueue({ backlog: limit })).to.throw(RangeError, 'backlog');
    }
  });

  describe('a get that is cancelled', () => {
    it('gives up its place, and the value goes to the next', () => {
      const queue = new DeferredQueue<string>();
      const [impatient, patient] = [queue.get(), queue.get()];
      impatient.cancel();
      expect(errorOf(impatient)).to.be.instanceOf(CancelledError);
      queue.put('a');
      expect(valueOf(patient)).to.equal('a');
    });

    it('loses no value when nobody else waits', () => {
      const queue = new DeferredQueue<string>();
      const impatient = queue.get();
      impatient.cancel();
      errorOf(impatient);
      queue.put('a');
      expect(valueOf(queue.get())).to.equal('a');
    });

    it('keeps its value when it has one already', () => {
      const queue = new DeferredQueue<string>();
      queue.put('a');
      const got = queue.get();
      got.cancel();
      expect(valueOf(got)).to.equal('a');
    });
  });

  it('gives each value to one get and in order, whatever is put, got and cancelled', () => {
    const step = fc.oneof(
      fc.constant({ kind: 'put' as const }),
      fc.constant({ kind: 'get' as const }),
      fc.record({ kind: fc.constant('cancel' as const), which: fc.nat({ max: 10 }) }),
    );
    fc.assert(
      fc.property(fc.nat({ max: 4 }), fc.nat({ max: 4 }), fc.array(step), (size, backlog, steps) => {
        const queue = new DeferredQueue<number>({ size, backlog });
        let waiting: { got?: number; cancel(): void }[] = [];
        const values: number[] = [];
        steps.forEach((each, n) => {
          if (each.kind === 'put') {
            const waiter = waiting.shift();
            if (waiter === undefined && values.length === size) {
              expect(() => queue.put(n)).to.throw(QueueOverflow);
              return;
            }
            queue.put(n);
            if (waiter === undefined) values.push(n);
            else expect(waiter.got).to.equal(n);
          } else if (each.kind === 'get') {
            const value = values.shift();
            if (value === undefined && waiting.length === backlog) {
              expect(() => queue.get()).to.throw(QueueUnderflow);
              return;
            }
            const deferred = queue.get();
            const waiter: (typeof waiting)[number] = { cancel: () => deferred.cancel() };
            deferred.addCallbacks(
              (got) => {
                waiter.got = got;
              },
              () => undefined,
            );
            if (value === undefined) waiting.push(waiter);
            else expect(waiter.got).to.equal(value);
          } else {
            waiting[each.which]?.cancel();
            waiting = waiting.filter((_, i) => i !== each.which);
          }
          expect([queue.pending, queue.waiting]).to.deep.equal([values.length, waiting.length]);
        });
      }),
    );
  });
});
