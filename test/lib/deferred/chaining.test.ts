import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { AlreadyCalledError, CircularDeferredError } from '../../../lib/deferred/errors.js';
import { fail, succeed } from '../../../lib/deferred/wrap.js';
import { errorOf, outcomeOf, raise, stackDepth, turn, unhandledRejections, valueOf } from './helpers.js';

const LINKS = 10_000;

/** Collects the depths of the stack at which it is called, every hundredth time, because to look at it is slow. */
class Depths {
  readonly seen: Set<number> = new Set();
  calls: number = 0;

  note(): void {
    if (this.calls++ % 100 === 0) this.seen.add(stackDepth());
  }
}

describe('Deferreds that wait for Deferreds', () => {
  it('waits for the Deferred that a callback returns', () => {
    const seen: unknown[] = [];
    const inner = new Deferred<string>();
    const outer = new Deferred<void>();
    outer.addCallback(() => inner).addCallback((value) => seen.push(value));
    outer.callback();
    expect(seen).to.deep.equal([]);
    inner.callback('inner');
    expect(seen).to.deep.equal(['inner']);
  });

  it('waits for the Deferred that an errback returns', () => {
    const inner = new Deferred<string>();
    const outer = fail(new Error('first')).addErrback(() => inner);
    inner.callback('inner');
    expect(valueOf(outer)).to.equal('inner');
  });

  it('takes the result of a Deferred that has one at once, and leaves undefined there', () => {
    const inner = succeed('inner');
    const outer = succeed().addCallback(() => inner);
    expect(valueOf(outer)).to.equal('inner');
    expect(valueOf(inner)).to.equal(undefined);
  });

  it('leaves undefined in a Deferred whose result it has waited for', () => {
    const inner = new Deferred<string>();
    const outer = succeed().addCallback(() => inner);
    inner.callback('inner');
    expect(valueOf(inner)).to.equal(undefined);
    expect(valueOf(outer)).to.equal('inner');
  });

  it('takes an error at once, or waits for it, and leaves none behind to be reported', async () => {
    const reasons = await unhandledRejections(() => {
      const error = new Error('inner');
      expect(errorOf(succeed().addCallback(() => fail(error)))).to.equal(error);
      const inner = new Deferred<void>();
      const outer = succeed().addCallback(() => inner);
      inner.errback(error);
      expect(errorOf(outer)).to.equal(error);
      expect(valueOf(inner)).to.equal(undefined);
    });
    expect(reasons).to.deep.equal([]);
  });

  it('does not wait less because the inner one is paused', () => {
    const seen: unknown[] = [];
    const inner = succeed('inner');
    inner.pause();
    const outer = succeed().addCallback(() => inner);
    outer.addCallback((value) => seen.push(value));
    expect(seen).to.deep.equal([]);
    inner.unpause();
    expect(seen).to.deep.equal(['inner']);
  });

  it('does not keep the inner one from running when the outer one is paused', () => {
    const seen: unknown[] = [];
    const inner = new Deferred<string>();
    const outer = succeed().addCallback(() => inner);
    outer.addCallback((value) => seen.push(['outer', value]));
    outer.pause();
    inner.addCallback((value) => seen.push(['inner', value]));
    inner.callback('result');
    inner.addCallback((value) => seen.push(['later', value]));
    expect(seen).to.deep.equal([
      ['inner', undefined],
      ['later', 1],
    ]);
    outer.unpause();
    expect(seen.at(-1)).to.deep.equal(['outer', 'result']);
  });

  it('keeps the order of callbacks that the inner one has before and after', () => {
    const seen: string[] = [];
    const inner = new Deferred<string>();
    inner.addCallback((value) => {
      seen.push('before');
      return value;
    });
    const outer = succeed().addCallback(() => inner);
    outer.addCallback(() => seen.push('outer'));
    inner.addCallback(() => seen.push('after'));
    inner.callback('result');
    expect(seen).to.deep.equal(['before', 'outer', 'after']);
  });

  it('runs a callback added while it waits after the Deferred waited for', () => {
    const seen: string[] = [];
    const inner = new Deferred<void>();
    const outer = succeed().addCallback(() => inner.addCallback(() => seen.push('inner')));
    outer.addCallback(() => seen.push('outer'));
    expect(seen).to.deep.equal([]);
    inner.callback();
    expect(seen).to.deep.equal(['inner', 'outer']);
  });

  it('waits in turn for a Deferred that the inner one waits for', () => {
    const first = new Deferred<string>();
    const second = new Deferred<string>();
    const third = new Deferred<string>();
    third.addCallback((value) => `${value}, third`);
    second.addCallback(() => third);
    first.addCallback(() => second);
    first.callback('first');
    second.callback('second');
    expect(String(first)).to.equal('Deferred <waiting for Deferred <waiting>>');
    third.callback('fired');
    expect(valueOf(first)).to.equal('fired, third');
  });

  it('runs nested ones from the inside to the outside', () => {
    const seen: string[] = [];
    const deferreds = Array.from({ length: 4 }, () => new Deferred<void>());
    deferreds.forEach((deferred, i) => {
      const inner = deferreds[i + 1];
      if (inner !== undefined) deferred.addCallback(() => inner);
      deferred.addCallback(() => {
        seen.push(`callback of ${i}`);
      });
    });
    for (const deferred of deferreds) deferred.callback();
    expect(seen).to.deep.equal(['callback of 3', 'callback of 2', 'callback of 1', 'callback of 0']);
  });

  it('gives the result of one that is running to one that it sets going, when it has run', () => {
    const inner = new Deferred<string>();
    let outer: Deferred<string> | undefined;
    inner.addCallback((value) => {
      outer = succeed().addCallback(() => inner);
      return `${value}!`;
    });
    inner.callback('result');
    expect(outer && valueOf(outer)).to.equal('result!');
  });

  it('gives undefined to one that comes for a result while the first receiver runs', () => {
    const inner = new Deferred<string>();
    const first = succeed().addCallback(() => inner);
    const seen: unknown[] = [];
    first.addCallback((value) => {
      seen.push(value);
      succeed()
        .addCallback(() => inner)
        .addCallback((late) => seen.push(late));
    });
    inner.addCallback(() => {
      seen.push('own');
    });
    inner.callback('result');
    expect(seen).to.deep.equal(['result', 'own', undefined]);
  });

  describe('in a circle', () => {
    it('fails with a CircularDeferredError when its own callback returns it', () => {
      const deferred = new Deferred<unknown>();
      const same: Deferred<unknown> = deferred.addCallback(() => deferred);
      same.callback(undefined);
      expect(errorOf(deferred)).to.be.instanceOf(CircularDeferredError);
    });

    it('fails with a CircularDeferredError when it would wait for one that waits for it', () => {
      const first = new Deferred<unknown>();
      const second = new Deferred<unknown>();
      const third = new Deferred<unknown>();
      first.addCallback(() => second);
      second.addCallback(() => third);
      third.addCallback(() => first);
      first.callback(1);
      second.callback(2);
      third.callback(3);
      expect(errorOf(first)).to.be.instanceOf(CircularDeferredError);
      expect([valueOf(second), valueOf(third)]).to.deep.equal([undefined, undefined]);
    });
  });

  describe('chainDeferred', () => {
    it('fires another with the value or error, and goes on with undefined', () => {
      const error = new Error('chained');
      for (const source of [succeed<unknown>(1), fail(error)]) {
        const target = new Deferred<unknown>();
        source.chainDeferred(target);
        expect(outcomeOf(target)?.[1]).to.be.oneOf([1, error]);
        expect(valueOf(source)).to.equal(undefined);
      }
    });

    it('runs the callbacks of the other before its own next one', () => {
      const seen: string[] = [];
      const source = new Deferred<void>();
      const target = new Deferred<void>();
      source.chainDeferred(target).addCallback(() => seen.push('source'));
      target.addCallback(() => seen.push('target'));
      source.callback();
      expect(seen).to.deep.equal(['target', 'source']);
    });

    it('fails with AlreadyCalledError when the other was fired before', () => {
      expect(errorOf(succeed(1).chainDeferred(succeed(2)))).to.be.instanceOf(AlreadyCalledError);
    });

    it('drops the result when the other was cancelled', () => {
      const target = new Deferred<number>();
      const source = new Deferred<number>().chainDeferred(target);
      target.cancel();
      source.callback(1);
      expect(errorOf(target).name).to.equal('CancelledError');
      expect(valueOf(source)).to.equal(undefined);
    });
  });

  describe('in great numbers', () => {
    it('runs ten thousand callbacks at one depth of the stack', () => {
      const deferred = new Deferred<number>();
      const depths = new Depths();
      for (let i = 0; i < LINKS; i++) {
        deferred.addCallback((n) => {
          depths.note();
          return n + 1;
        });
      }
      deferred.callback(0);
      expect(valueOf(deferred)).to.equal(LINKS);
      expect(depths).to.deep.include({ calls: LINKS });
      expect(depths.seen.size).to.equal(1);
    });

    it('passes a result through ten thousand Deferreds, each waiting for the next, at one depth of the stack', () => {
      const depths = new Depths();
      const innermost = new Deferred<number>();
      let outermost = innermost;
      for (let i = 0; i < LINKS; i++) {
        const inner = outermost;
        outermost = new Deferred<number>();
        outermost
          .addCallback(() => inner)
          .addCallback((n) => {
            depths.note();
            return n + 1;
          });
        outermost.callback(0);
      }
      innermost.callback(0);
      expect(valueOf(outermost)).to.equal(LINKS);
      expect(depths).to.deep.include({ calls: LINKS });
      expect(depths.seen.size).to.equal(1);
    });

    it('fires ten thousand Deferreds, each waiting for the one before, from the inside at one depth of the stack', () => {
      const depths = new Depths();
      const deferreds = Array.from({ length: LINKS }, () => new Deferred<unknown>());
      deferreds.forEach((deferred, i) => {
        deferred.addCallback(() => deferreds[i + 1]).addCallback(() => depths.note());
        deferred.callback(i);
      });
      expect(depths).to.deep.include({ calls: LINKS });
      expect(depths.seen.size).to.equal(1);
    });

    it('fires ten thousand Deferreds chained by chainDeferred at one depth of the stack', () => {
      const depths = new Depths();
      const deferreds = Array.from({ length: LINKS }, () => new Deferred<number>());
      deferreds.forEach((deferred, i) => {
        deferred.addCallback((n) => {
          depths.note();
          return n + 1;
        });
        const next = deferreds[i + 1];
        if (next !== undefined) deferred.chainDeferred(next);
      });
      deferreds[0]?.callback(0);
      expect(valueOf(deferreds.at(-1) as Deferred<number>)).to.equal(LINKS);
      expect(depths).to.deep.include({ calls: LINKS });
      expect(depths.seen.size).to.equal(1);
    });

    it('cancels ten thousand Deferreds, each waiting for the next, without growing the stack', () => {
      let outermost = new Deferred<number>();
      for (let i = 0; i < LINKS; i++) {
        const inner = outermost;
        outermost = succeed(i).addCallback(() => inner);
      }
      outermost.cancel();
      expect(errorOf(outermost).name).to.equal('CancelledError');
    });
  });

  describe('promises returned by callbacks', () => {
    it('waits for a promise, which never answers at once', async () => {
      const seen: unknown[] = [];
      const deferred = succeed().addCallback(() => Promise.resolve('promised'));
      deferred.addCallback((value) => seen.push(value));
      expect(seen).to.deep.equal([]);
      await turn();
      expect(seen).to.deep.equal(['promised']);
    });

    it('fails with what a promise rejects with', async () => {
      const error = new Error('rejected');
      const seen: unknown[] = [];
      succeed()
        .addCallback(async () => raise(error))
        .addErrback((e) => seen.push(e));
      await turn();
      expect(seen).to.deep.equal([error]);
    });

    it('takes one answer from a thenable that answers twice and then throws', async () => {
      const thenable = {
        then(onFulfilled: (value: string) => void): void {
          onFulfilled('first');
          onFulfilled('second');
          throw new Error('after all');
        },
      };
      const deferred = succeed().addCallback(() => thenable as unknown as PromiseLike<string>);
      await turn();
      expect(valueOf(deferred)).to.equal('first');
    });
  });

  it('comes to the same as a plain evaluation, whatever waits for what and fires in whichever order', () => {
    // A Deferred that is fired with its number, and a list of steps: what each callback does with the result.
    interface Plan {
      steps: ('add' | 'throw' | 'recover' | Plan)[];
    }
    const plans = fc.letrec<{ plan: Plan; step: Plan['steps'][number] }>((tie) => ({
      plan: fc.record({ steps: fc.array(tie('step'), { maxLength: 4 }) }),
      step: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('add' as const, 'throw' as const, 'recover' as const),
        tie('plan'),
      ),
    })).plan;

    const expected = (plan: Plan): string => {
      let failed = false;
      let text = 'fired';
      for (const step of plan.steps) {
        if (step === 'recover') {
          if (failed) text = `recovered from ${text}`;
          failed = false;
        } else if (!failed) {
          if (step === 'add') text += '+';
          else if (step === 'throw') [failed, text] = [true, `error after ${text}`];
          else {
            const inner = expected(step);
            failed = inner.startsWith('failed: ');
            text = failed ? inner.slice('failed: '.length) : inner;
          }
        }
      }
      return failed ? `failed: ${text}` : text;
    };

    const build = (plan: Plan, all: Deferred<string>[]): Deferred<string> => {
      const deferred = new Deferred<string>();
      all.push(deferred);
      for (const step of plan.steps) {
        if (step === 'add') deferred.addCallback((text) => `${text}+`);
        else if (step === 'throw') deferred.addCallback((text) => raise(new Error(`error after ${text}`)));
        else if (step === 'recover') deferred.addErrback((error) => `recovered from ${error.message}`);
        else {
          const inner = build(step, all);
          deferred.addCallbacks(
            () => inner,
            (error) => {
              // Nobody waits for the inner one now; its failure is not of interest.
              inner.addErrback(() => 'dropped');
              throw error;
            },
          );
        }
      }
      return deferred;
    };

    fc.assert(
      fc.property(plans, fc.infiniteStream(fc.nat()), (plan, random) => {
        const all: Deferred<string>[] = [];
        const outermost = build(plan, all);
        while (all.length > 0) {
          const [deferred] = all.splice((random.next().value as number) % all.length, 1);
          deferred?.callback('fired');
        }
        const [kind, result] = outcomeOf(outermost) ?? raise(new Error('hangs'));
        expect(kind === 'error' ? `failed: ${(result as Error).message}` : result).to.equal(expected(plan));
      }),
    );
  });
});
