import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Pacer } from '../../../protocols/guaranteed/pacer.js';
import { copyInterval, PROFILES } from '../../../protocols/guaranteed/profile.js';
import { RttEstimator } from '../../../protocols/guaranteed/rtt-estimator.js';
import { SendWindow } from '../../../protocols/guaranteed/send-window.js';

describe('the time to wait for an answer', () => {
  const estimator = (): RttEstimator => new RttEstimator(0.15, 2.4);

  it('is half a second while nothing is known', () => {
    expect(estimator().timeout).to.equal(0.5);
    expect(estimator().smoothed).to.equal(undefined);
  });

  it('follows the round trips as RFC 6298 has it', () => {
    const rtt = estimator();
    rtt.sampled(0.2);
    expect(rtt.smoothed).to.equal(0.2);
    expect(rtt.timeout).to.be.closeTo(0.2 + 4 * 0.1, 1e-9);
    rtt.sampled(0.28);
    expect(rtt.smoothed).to.be.closeTo(0.21, 1e-9);
    expect(rtt.timeout).to.be.closeTo(0.21 + 4 * (0.75 * 0.1 + 0.25 * 0.08), 1e-9);
  });

  it('is never below its floor, nor above its ceiling', () => {
    const rtt = estimator();
    rtt.sampled(0.001);
    expect(rtt.timeout).to.equal(0.15);
    rtt.sampled(30);
    expect(rtt.timeout).to.equal(2.4);
  });

  it('leaves room above a steady round trip', () => {
    const rtt = estimator();
    for (let i = 0; i < 100; i++) rtt.sampled(1);
    expect(rtt.timeout).to.be.closeTo(1.05, 1e-6);
  });

  it('doubles after three exchanges in a row that took a resend, until there is a clean round trip', () => {
    const rtt = estimator();
    rtt.resent(1, 2);
    rtt.resent(2, 3);
    expect(rtt.timeout).to.equal(0.5);
    rtt.resent(3, 4);
    expect(rtt.timeout).to.equal(1);
    for (const now of [5, 6, 7]) rtt.resent(now - 1, now);
    expect(rtt.timeout).to.equal(2);
    for (let now = 8; now < 30; now++) rtt.resent(now - 1, now);
    expect(rtt.timeout).to.equal(2.4);
    rtt.sampled(1.6);
    rtt.sampled(1.6);
    for (let i = 0; i < 50; i++) rtt.sampled(1.6);
    expect(rtt.timeout).to.be.closeTo(1.65, 0.01);
  });

  it('is late, for what was overtaken, after most round trips', () => {
    const rtt = estimator();
    expect(rtt.late).to.equal(Infinity);
    rtt.sampled(0.02);
    expect(rtt.late).to.be.closeTo(0.02 + 2 * 0.01, 1e-9);
    for (let i = 0; i < 100; i++) rtt.sampled(0.02);
    expect(rtt.late).to.be.closeTo(0.02, 1e-6);
    rtt.sampled(3);
    expect(rtt.late).to.be.at.most(rtt.timeout);
  });

  it('is late no sooner than what was overtaken before, until something was lost after all', () => {
    const rtt = estimator();
    for (let i = 0; i < 100; i++) rtt.sampled(0.02);
    rtt.wasOvertaken(0.06);
    for (let i = 0; i < 100; i++) rtt.sampled(0.02);
    expect(rtt.late).to.be.closeTo(0.075, 1e-6);
    for (let i = 0; i < 20; i++) rtt.wasLost();
    expect(rtt.late).to.be.closeTo(0.02, 1e-3);
  });

  it('begins to count anew after a clean round trip', () => {
    const rtt = estimator();
    rtt.resent(1, 2);
    rtt.resent(2, 3);
    rtt.sampled(0.01);
    rtt.resent(3, 4);
    rtt.resent(4, 5);
    expect(rtt.timeout).to.equal(0.15);
  });

  it('doubles once for what was sent together', () => {
    const rtt = estimator();
    for (let i = 0; i < 32; i++) rtt.resent(0, 1.6 + i / 1000);
    expect(rtt.timeout).to.equal(1);
  });
});

describe('the copies of a message', () => {
  const times = (timeout: number, most: number, span: number, spread = 0): number[] => {
    const sent = [0];
    while (sent.length < most) {
      const last = sent.at(-1)!;
      sent.push(last + copyInterval(sent.length, most, timeout, last, span, spread));
    }
    return sent;
  };

  it('fit into the span, whatever the timeout is, with the first wait as it is', () => {
    for (const { attempts, span, timeoutFloor, timeoutCeiling } of Object.values(PROFILES)) {
      const timeout = fc.double({ min: timeoutFloor, max: timeoutCeiling, noNaN: true });
      const spread = fc.double({ min: 0, max: 1, noNaN: true });
      fc.assert(
        fc.property(timeout, spread, (wait, some) => {
          const sent = times(wait, attempts, span, some);
          expect(sent.at(-1)).to.be.at.most(span - 0.09);
          expect(sent[1]).to.be.within(wait, wait * 1.0625);
        }),
      );
    }
  });

  it('are six within 4.5 seconds in the interoperable profile', () => {
    const { attempts, span } = PROFILES.interoperable;
    expect([attempts, span]).to.deep.equal([6, 4.5]);
    expect(times(0.5, attempts, span).map((time) => Number(time.toFixed(2)))).to.deep.equal([
      0, 0.5, 1.38, 2.38, 3.39, 4.4,
    ]);
  });

  it('come soon where the peer is near, and the last one late all the same', () => {
    expect(times(0.15, 6, 4.5).map((time) => Number(time.toFixed(2)))).to.deep.equal([0, 0.15, 0.41, 0.87, 1.68, 4.4]);
  });

  it('keep a distance where time has run away', () => {
    expect(copyInterval(2, 6, 0.15, 4.39, 4.5, 0)).to.equal(0.1);
  });
});

describe('the send window', () => {
  it('begins at 32, and grows by what arrives to 256', () => {
    const window = new SendWindow();
    expect(window.size).to.equal(32);
    for (let i = 0; i < 10; i++) window.arrived(1, 32);
    expect(window.size).to.equal(42);
    for (let i = 0; i < 1000; i++) window.arrived(1, 256);
    expect(window.size).to.equal(256);
  });

  it('is cut to 0.7 by a loss, once in the time of one timeout, and never below 16', () => {
    const window = new SendWindow();
    for (let i = 0; i < 1000; i++) window.arrived(1, 256);
    window.lost(10, 0.25, true);
    expect(window.size).to.equal(179);
    window.lost(10.125, 0.25, true);
    expect(window.size).to.equal(179);
    window.lost(10.25, 0.25, true);
    expect(window.size).to.equal(125);
    for (let i = 0; i < 20; i++) window.lost(20 + i, 0.2, true);
    expect(window.size).to.equal(16);
  });

  it('is restored when what it was cut for was only overtaken', () => {
    const window = new SendWindow();
    window.lost(10, 0.25, false);
    window.lost(10.1, 0.25, false);
    expect(window.size).to.equal(22);
    window.restore();
    window.restore();
    expect(window.size).to.equal(32);
    for (let i = 0; i < 10; i++) window.arrived(1, 32);
    expect(window.size, 'slow start goes on').to.equal(42);
    window.lost(20, 0.25, false);
    window.lost(21, 0.25, true);
    window.restore();
    expect(window.size).to.equal(20);
  });

  it('grows by one for each window that got through, once it was cut', () => {
    const window = new SendWindow();
    window.lost(1, 0.2, true);
    const { size } = window;
    for (let i = 0; i < size + 1; i++) window.arrived(1, size);
    expect(window.size).to.equal(size + 1);
  });

  it('does not grow where it is not used', () => {
    const window = new SendWindow();
    for (let i = 0; i < 1000; i++) window.arrived(1, 15);
    expect(window.size).to.equal(32);
  });
});

describe('the pacer', () => {
  it('lets a few go together, and then as many as the rate says', () => {
    const pacer = new Pacer();
    const left: number[] = [];
    for (let now = 0; now < 1;) {
      const wait = pacer.wait(now, 100);
      if (wait === 0) {
        pacer.left(1);
        left.push(now);
      } else now += wait;
    }
    expect(left.filter((time) => time === 0)).to.have.lengthOf(16);
    expect(left.length).to.be.within(114, 117);
  });

  it('waits for what was too large', () => {
    const pacer = new Pacer();
    expect(pacer.wait(0, 100)).to.equal(0);
    pacer.left(45);
    expect(pacer.wait(0, 100)).to.be.closeTo(0.3, 1e-9);
    expect(pacer.wait(0.3, 100)).to.equal(0);
  });

  it('never asks for a wait that a clock cannot see', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e5, noNaN: true }), fc.array(fc.nat({ max: 60 })), (rate, weights) => {
        const pacer = new Pacer();
        let now = 1e6;
        for (const weight of weights) {
          for (let waits = 0, wait = pacer.wait(now, rate); wait > 0; wait = pacer.wait(now, rate)) {
            expect(wait).to.be.at.least(0.001);
            expect(++waits).to.be.lessThan(3);
            now += wait;
          }
          pacer.left(weight);
        }
      }),
    );
  });
});
