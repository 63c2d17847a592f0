import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../lib/deferred/deferred.js';
import { CancelledError, FailureGroup } from '../../../lib/deferred/errors.js';
import { race } from '../../../lib/deferred/race.js';
import { fail, succeed } from '../../../lib/deferred/wrap.js';
import { errorOf, outcomeOf, raise, unhandledRejections, valueOf } from './helpers.js';

const error = new Error('member');

describe('race', () => {
  it('fires with index and value of the first that succeeds, and cancels the others', () => {
    const [a, b, c] = [new Deferred<string>(), new Deferred<string>(), new Deferred<string>()];
    const result = race([a, b, c]);
    b.callback('won');
    expect(valueOf(result)).to.deep.equal([1, 'won']);
    expect([errorOf(a).name, valueOf(b), errorOf(c).name]).to.deep.equal(['CancelledError', 'won', 'CancelledError']);
  });

  it('goes on when one fails, and tells of no failure but its own', async () => {
    const reasons = await unhandledRejections(() => {
      const last = new Deferred<string>();
      const result = race([fail(error), last]);
      expect(result.called).to.equal(false);
      last.callback('won');
      expect(valueOf(result)).to.deep.equal([1, 'won']);
    });
    expect(reasons).to.deep.equal([]);
  });

  it('is won by the first in the list of those that have a value already', async () => {
    const reasons = await unhandledRejections(() => {
      const pending = new Deferred<string>();
      expect(valueOf(race([fail(error), succeed('b'), succeed('c'), pending]))).to.deep.equal([1, 'b']);
      expect(pending.called).to.equal(true);
    });
    expect(reasons).to.deep.equal([]);
  });

  it('fails with a FailureGroup when all fail: the errors are in the order of the list', () => {
    const [a, b] = [new Deferred<string>(), new Deferred<string>()];
    const result = race([a, b]);
    const first = new Error('a');
    b.errback(error);
    a.errback(first);
    const group = errorOf(result) as FailureGroup;
    expect(group).to.be.instanceOf(FailureGroup);
    expect(group.failures).to.deep.equal([first, error]);
  });

  it('never fires when it is empty', () => {
    expect(outcomeOf(race([]))).to.equal(undefined);
  });

  it('cancels all when it is cancelled, and fails with their CancelledErrors', () => {
    const members = [new Deferred<string>(), new Deferred<string>()];
    const result = race(members);
    result.cancel();
    expect((errorOf(result) as FailureGroup).failures.map((e) => e.name)).to.deep.equal([
      'CancelledError',
      'CancelledError',
    ]);
    for (const member of members) expect(errorOf(member)).to.be.instanceOf(CancelledError);
  });

  it('does not care for a loser that succeeds because it is cancelled', () => {
    const [winner, loser] = [new Deferred<string>(), new Deferred<string>((d) => d.callback('me too'))];
    const result = race([winner, loser]);
    winner.callback('won');
    expect(valueOf(result)).to.deep.equal([0, 'won']);
    expect(valueOf(loser)).to.equal('me too');
  });

  it('has the value of a member that succeeds because the race is cancelled', () => {
    const result = race([new Deferred<string>(), new Deferred<string>((d) => d.callback('salvaged'))]);
    result.cancel();
    expect(valueOf(result)).to.deep.equal([1, 'salvaged']);
  });

  it('fails with a CancelledError when members do not end by being cancelled, and ignores them later', () => {
    const member = succeed('later');
    member.pause();
    const result = race([member]);
    result.cancel();
    expect(errorOf(result)).to.be.instanceOf(CancelledError);
    member.unpause();
    expect(valueOf(member)).to.equal('later');
  });

  it('keeps its result when the canceller of a loser throws, and reports that by itself', async () => {
    const reasons = await unhandledRejections(() => {
      const winner = new Deferred<string>();
      const result = race([new Deferred<string>(() => raise(error)), winner]);
      winner.callback('won');
      expect(valueOf(result)).to.deep.equal([1, 'won']);
    });
    expect(reasons).to.deep.equal([error]);
  });

  it('takes promises among its members', async () => {
    expect(await race([new Deferred<string>(), Promise.resolve('promised')])).to.deep.equal([1, 'promised']);
  });
});
