import { expect } from 'chai';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { deferLater, type DelayedCall, LoopingCall, nodeNetwork, Reactor } from '../../../index.js';

describe("sinon's fake timers, installed before a Reactor is made", () => {
  let clock: sinon.SinonFakeTimers;
  let reactor: Reactor;
  let made: number[];
  const note = (): void => void made.push(reactor.seconds());

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    reactor = new Reactor({ network: nodeNetwork() });
    made = [];
  });

  afterEach(async () => {
    clock.restore();
    await reactor.close();
  });

  it('are its time', () => {
    const start = reactor.seconds();
    clock.tick(2500);
    expect(reactor.seconds()).to.equal(start + 2.5);
  });

  it('make its calls, each at its time', () => {
    for (const delay of [3, 1, 2, 0.5]) reactor.callLater(delay, note);
    clock.tick(499);
    expect(made).to.deep.equal([]);
    clock.tick(1);
    expect(made).to.deep.equal([0.5]);
    clock.tick(10_000);
    expect(made).to.deep.equal([0.5, 1, 2, 3]);
    expect(reactor.getDelayedCalls()).to.deep.equal([]);
  });

  it('make calls due at one instant in the order in which they were scheduled', () => {
    const order: number[] = [];
    for (let i = 0; i < 12; i++) reactor.callLater(1, () => void order.push(i));
    clock.tick(1000);
    expect(order).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('make a call without a delay when they are moved at all', () => {
    reactor.callLater(0, note);
    expect(made).to.deep.equal([]);
    clock.tick(0);
    expect(made).to.deep.equal([0]);
  });

  it('need not be moved for a call without a delay: the real loop makes it', async () => {
    reactor.callLater(0, note);
    await new Promise((resolve) => setImmediate(resolve));
    expect(made).to.deep.equal([0]);
  });

  it('make a call scheduled by a call at its own time', () => {
    reactor.callLater(1, () => reactor.callLater(1, note));
    clock.tick(1000);
    expect(made).to.deep.equal([]);
    clock.tick(1000);
    expect(made).to.deep.equal([2]);
  });

  it('make a call scheduled by a call without a delay in a later turn, though time stands still', async () => {
    reactor.callLater(1, () => {
      note();
      reactor.callLater(0, note);
    });
    clock.tick(1000);
    expect(made).to.deep.equal([1]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(made).to.deep.equal([1, 1]);
  });

  it('make a call whose delay is no whole number of milliseconds within the next', () => {
    reactor.callLater(0.0105, note);
    clock.tick(10);
    expect(made).to.deep.equal([]);
    clock.tick(1);
    expect(made).to.deep.equal([0.011]);
  });

  it('make a call of whole milliseconds neither sooner nor later, whatever the time', () => {
    const milliseconds = fc.integer({ min: 1, max: 1e9 });
    fc.assert(
      fc.property(milliseconds, milliseconds, (start, delay) => {
        clock.tick(start);
        const call = reactor.callLater(delay / 1000, () => {});
        clock.tick(delay - 1);
        expect(call.active()).to.equal(true);
        clock.tick(1);
        expect(call.active()).to.equal(false);
        // The time is not to grow out of its range.
        clock.reset();
      }),
    );
  });

  it('make a call that is due in more than 2^31 milliseconds', () => {
    const delays = [2 ** 31 / 1000, 3e6, 2 ** 33 / 1000 + 0.001];
    const calls = delays.map((delay) => reactor.callLater(delay, note));
    clock.tick(2 ** 31 - 1);
    expect(made).to.deep.equal([]);
    clock.tick(1);
    expect(made).to.deep.equal(delays.slice(0, 1));
    clock.tick(2 ** 33);
    expect(made).to.deep.equal(delays);
    expect(calls.some((call) => call.active())).to.equal(false);
  });

  it('see calls reset, delayed and cancelled', () => {
    const [a, b, c] = [1, 2, 3].map((delay) => reactor.callLater(delay, note)) as [
      DelayedCall,
      DelayedCall,
      DelayedCall,
    ];
    clock.tick(500);
    a.reset(2);
    b.delay(-1);
    c.cancel();
    clock.tick(500);
    expect(made).to.deep.equal([1]);
    clock.tick(10_000);
    expect(made).to.deep.equal([1, 2.5]);
  });

  it('drive a LoopingCall, on its grid', () => {
    const loop = new LoopingCall(reactor, note);
    loop.start(0.1);
    clock.tick(1000);
    expect(made).to.have.lengthOf(11);
    expect(made.map((time) => Math.round(time * 1000))).to.deep.equal(made.map((_, i) => 100 * i));
    loop.stop();
    clock.tick(1000);
    expect(made).to.have.lengthOf(11);
  });

  it('drive what waits: deferLater, and the timeout of a Deferred', async () => {
    const later = deferLater(reactor, 5, () => 'later');
    const late = deferLater(reactor, 50).addTimeout(6, reactor);
    const failure = late.addErrback((error) => error.message);
    clock.tick(6000);
    expect(await later).to.equal('later');
    expect(await failure).to.equal('Deferred timed out after 6 seconds');
  });

  it('leave run, stop and close to the real loop', async () => {
    const over = reactor.run();
    reactor.callLater(1, () => reactor.stop());
    clock.tick(1000);
    await over;
    expect(reactor.running).to.equal(false);
  });

  it('leave datagrams to the real loop', async () => {
    const received = new Promise<string>((resolve) => {
      const port = reactor.listenUDP(
        0,
        { datagramReceived: (data) => resolve(data.toString()) },
        { interface: '127.0.0.1' },
      );
      port.write('datagram', port.getHost());
    });
    expect(await received).to.equal('datagram');
  });
});

describe("sinon's fake timers, installed after a Reactor was made", () => {
  it('do not hold that reactor up', async () => {
    const reactor = new Reactor({ network: nodeNetwork() });
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const start = reactor.seconds();
      await deferLater(reactor, 0.002);
      expect(reactor.seconds() - start).to.be.at.least(0.002 - 1e-8);
    } finally {
      clock.restore();
      await reactor.close();
    }
  });
});
