/** The examples of docs/deferred.md. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import sinon from 'sinon';
import {
  ask,
  askAll,
  askAny,
  askEither,
  askEitherInline,
  askInTime,
  find,
  report,
} from '../../docs/examples/deferred/cancel.js';
import { addressOf, order } from '../../docs/examples/deferred/chain.js';
import { inOrder, lookUp } from '../../docs/examples/deferred/locks.js';
import { saveEveryMinute } from '../../docs/examples/deferred/looping-call.js';
import { lengthOf, lookTwice, returned } from '../../docs/examples/deferred/promises.js';
import {
  CancelledError,
  Clock,
  Deferred,
  DNSLookupError,
  fail,
  FirstError,
  type Reactor,
  type ReactorTime,
  type ReactorUDP,
  succeed,
  TimeoutError,
} from '../../index.js';
import { failureResultOf, successResultOf } from '../../testing.js';
import { openPeer, type Peer, refusingAddress, withReactor } from './fixtures.js';

describe('examples of the Deferred guide', () => {
  it('chain: callbacks run in order, inside callback()', () => {
    expect(order()).to.deep.equal(['before', 'got 42', 'after']);
  });

  it('chain: an unknown name has the other address, other errors go on', () => {
    const failing = (error: Error): Deferred<string> => addressOf({ resolve: () => fail(error) }, 'name', '192.0.2.1');
    expect(successResultOf(failing(new DNSLookupError('name', 'unknown')))).to.equal('192.0.2.1');
    expect(failureResultOf(failing(new CancelledError()))).to.be.instanceOf(CancelledError);
  });

  it('promises: await leaves the result where it is', async () => {
    expect(await lookTwice(succeed('seen'))).to.deep.equal(['seen', 'seen']);
  });

  it('promises: a promise is waited for', async () => {
    expect(await lengthOf(Promise.resolve('four'))).to.equal(4);
  });

  it('promises: an Error that is returned is a value', () => {
    expect(successResultOf(returned())).to.equal('value: only a value');
  });

  it('cancel: gives the answer and closes its port', () =>
    withReactor(async (reactor) => {
      await using peer = openServer(reactor, 'noon');
      expect(await ask(reactor, 'time?', peer.address)).to.equal('noon');
      await peer.close();
      expect(reactor.openHandles()).to.deep.equal([]);
    }));

  it('cancel: fails where nobody listens', () =>
    withReactor(async (reactor) => {
      const failure = await ask(reactor, 'time?', refusingAddress(reactor)).addErrback((error) => error.message);
      expect(failure).to.equal('Nobody listens there');
    }));

  it('cancel: closes the port', () =>
    withReactor(async (reactor) => {
      await using peer = openServer(reactor);
      const answer = ask(reactor, 'time?', peer.address);
      await peer.next();
      answer.cancel();
      failureResultOf(answer, CancelledError);
      await peer.close();
      expect(reactor.openHandles()).to.deep.equal([]);
    }));

  it('cancel: fails after two seconds without an answer', () =>
    withReactor(async (reactor) => {
      await using peer = openServer(reactor);
      const { both, clock } = onFakeClock(reactor);
      const answer = askInTime(both, 'time?', peer.address);
      await peer.next();
      clock.advance(2);
      failureResultOf(answer, TimeoutError);
    }));

  it('cancel: fails with the reason of the signal', () =>
    withReactor(async (reactor) => {
      const controller = new AbortController();
      const found = find(reactor, 'localhost', controller.signal);
      const reason = new Error('no longer needed');
      controller.abort(reason);
      expect(await found.catch((error: unknown) => error)).to.equal(reason);
    }));

  it('cancel: gathers all answers, or the first failure', () =>
    withReactor(async (reactor) => {
      await using one = openServer(reactor, 'one');
      await using two = openServer(reactor, 'two');
      expect(await askAll(reactor, 'who?', [one.address, two.address])).to.deep.equal(['one', 'two']);
      const failure = await askAll(reactor, 'who?', [refusingAddress(reactor)]).then(null, (error: unknown) => error);
      expect(failure).to.be.instanceOf(FirstError);
    }));

  it('cancel: takes the first answer and drops the other questions', () =>
    withReactor(async (reactor) => {
      await using silent = openServer(reactor);
      await using quick = openServer(reactor, 'quick');
      expect(await askAny(reactor, 'who?', [silent.address, quick.address])).to.equal('quick');
      await silent.close();
      await quick.close();
      expect(reactor.openHandles()).to.deep.equal([]);
    }));

  it('cancel: reports what became of each name', () =>
    withReactor(async (reactor) => {
      const [good, bad] = await report(reactor, ['192.0.2.1', 'x'.repeat(64)]);
      expect(good).to.equal('192.0.2.1');
      expect(bad).to.match(/^DNS lookup of "x+" failed/);
    }));

  for (const [name, either] of [
    ['an async function', askEither],
    ['inlineCallbacks', askEitherInline],
  ] as const) {
    it(`cancel: with ${name}, asks the other one when the first does not answer`, () =>
      withReactor(async (reactor) => {
        await using silent = openServer(reactor);
        await using other = openServer(reactor, 'noon');
        const { both, clock } = onFakeClock(reactor);
        const answer = either(both, silent.address, other.address);
        await silent.next();
        clock.advance(2);
        expect(await answer).to.equal('noon');
      }));
  }

  it('cancel: an inlineCallbacks function passes cancelling on', () =>
    withReactor(async (reactor) => {
      await using silent = openServer(reactor);
      await using other = openServer(reactor);
      const { both } = onFakeClock(reactor);
      const answer = askEitherInline(both, silent.address, other.address);
      answer.cancel(); // the first question fails at once, so the second is asked
      expect((await other.next()).text).to.equal('time?');
      answer.cancel();
      failureResultOf(answer, CancelledError);
    }));

  it('looping call: does not begin to save while it saves', async () => {
    const clock = new Clock();
    const saved: ((value: void) => void)[] = [];
    const save = sinon.spy(() => new Promise<void>((resolve) => saved.push(resolve)));
    const failed = sinon.spy();
    const loop = saveEveryMinute(clock, save, failed);
    clock.advance(59);
    sinon.assert.notCalled(save);
    clock.advance(180);
    sinon.assert.calledOnce(save);
    saved[0]!();
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(60);
    sinon.assert.calledTwice(save);
    loop.stop();
    saved[1]!();
    sinon.assert.notCalled(failed);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('looping call: stops and tells when saving fails', async () => {
    const clock = new Clock();
    const failure = new Error('disk full');
    const told = new Deferred<Error>();
    const loop = saveEveryMinute(
      clock,
      () => Promise.reject(failure),
      (error) => told.callback(error),
    );
    clock.advance(60);
    // A returned Error is a value, so this Deferred has it as its result.
    expect(await told).to.equal(failure);
    expect(loop.running).to.equal(false);
  });

  it('locks: no more than three lookups at a time', async () => {
    const open: Deferred<string>[] = [];
    const resolve = (): Deferred<string> => {
      const lookup = new Deferred<string>();
      open.push(lookup);
      return lookup;
    };
    const found = lookUp({ resolve }, ['a', 'b', 'c', 'd']);
    expect(open).to.have.length(3);
    open[1]!.callback('2');
    expect(open).to.have.length(4);
    for (const [i, value] of ['1', '2', '3', '4'].entries()) if (i !== 1) open[i]!.callback(value);
    expect(await found).to.deep.equal(['1', '2', '3', '4']);
  });

  it('locks: a queue keeps the order', async () => {
    expect(await inOrder()).to.deep.equal(['a', 'b']);
  });
});

interface Server extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  next: Peer['next'];
  close(): Promise<void>;
}

/** A server that gives the same answer to everything, or none; then `next` tells what it was asked. */
function openServer(reactor: Reactor, answer?: string): Server {
  const peer = openPeer(reactor);
  const port = peer.transport;
  if (answer !== undefined) {
    peer.datagramReceived = (_data, from) => port.write(answer, from);
  }
  const close = async (): Promise<void> => {
    await port.stopListening();
  };
  return { address: port.getHost(), next: () => peer.next(), close, [Symbol.asyncDispose]: close };
}

/** The reactor's ports, on a clock that stands still. */
function onFakeClock(reactor: Reactor): { both: ReactorUDP & ReactorTime; clock: Clock } {
  const clock = new Clock();
  const both: ReactorUDP & ReactorTime = {
    listenUDP: (...args) => reactor.listenUDP(...args),
    seconds: () => clock.seconds(),
    callLater: (...args) => clock.callLater(...args),
    getDelayedCalls: () => clock.getDelayedCalls(),
  };
  return { both, clock };
}
