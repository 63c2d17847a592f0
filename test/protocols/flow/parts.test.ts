/** The small bounds of which the limits of flow allocation are made. */
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Clock } from '../../../testing.js';
import { AmplificationLimit } from '../../../protocols/flow/amplification-limit.js';
import { HeldData } from '../../../protocols/flow/held-data.js';
import { Liveness } from '../../../protocols/flow/liveness.js';
import { RateLimit } from '../../../protocols/flow/rate-limit.js';
import { retryPause } from '../../../protocols/flow/retry-pause.js';

describe('RateLimit', () => {
  it('admits a second’s worth at once, and then one each time that its share of a second has passed', () => {
    const limit = new RateLimit(20);
    const admitted = (now: number): boolean => limit.admits('a', now);
    expect(Array.from({ length: 30 }, () => admitted(5)).filter(Boolean)).to.have.length(20);
    expect([admitted(5.04), admitted(5.05), admitted(5.06), admitted(5.1), admitted(5.11)]).to.deep.equal([
      false,
      true,
      false,
      true,
      false,
    ]);
  });

  it('admits one at a time where the rate is less than one a second', () => {
    const limit = new RateLimit(0.1);
    expect([0, 0, 9.9, 10, 10].map((now) => limit.admits('a', now))).to.deep.equal([true, false, false, true, false]);
  });

  it('admits everything at an infinite rate', () => {
    const limit = new RateLimit(Infinity);
    expect(Array.from({ length: 1000 }, () => limit.admits('a', 0))).to.not.include(false);
  });

  it('counts each address for itself', () => {
    const limit = new RateLimit(1);
    expect(['a', 'b', 'a', 'b'].map((address) => limit.admits(address, 0))).to.deep.equal([true, true, false, false]);
  });

  it('forgets addresses that have their whole allowance again', () => {
    const limit = new RateLimit(10);
    for (let i = 0; i < 100; i++) limit.admits(`old ${i}`, 0);
    limit.admits('new', 1);
    expect(limit.size).to.equal(1);
  });

  it('remembers no more addresses than it has room for', () => {
    const limit = new RateLimit(1, 50);
    for (let i = 0; i < 1000; i++) expect(limit.admits(`address ${i}`, 0)).to.equal(true);
    expect(limit.size).to.equal(50);
  });

  it('never admits more in any span than a burst and the rate allow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.double({ min: 0, max: 0.2, noNaN: true }), { maxLength: 200 }),
        (rate, steps) => {
          const limit = new RateLimit(rate);
          let now = 0;
          const times: number[] = [];
          for (const step of steps) {
            now += step;
            if (limit.admits('a', now)) times.push(now);
          }
          times.forEach((from, i) =>
            times.slice(i).forEach((to, j) => expect(j + 1).to.be.at.most(rate + rate * (to - from) + 0.01)),
          );
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('AmplificationLimit', () => {
  it('lets three times the bytes out that have come in, and three times the datagrams', () => {
    const limit = new AmplificationLimit();
    expect(limit.takes(0)).to.equal(false);
    limit.received(10);
    expect([10, 21, 20, 0, 0].map((length) => limit.takes(length))).to.deep.equal([true, false, true, true, false]);
  });

  it('never lets more than that out, in whatever order', () => {
    const step = fc.record({ sends: fc.boolean(), length: fc.nat(300) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const limit = new AmplificationLimit();
        const [came, went] = [
          { bytes: 0, datagrams: 0 },
          { bytes: 0, datagrams: 0 },
        ];
        for (const { sends, length } of steps) {
          if (!sends) limit.received(length);
          else if (!limit.takes(length)) continue;
          const count = sends ? went : came;
          count.bytes += length;
          count.datagrams++;
          expect(went.bytes).to.be.at.most(3 * came.bytes);
          expect(went.datagrams).to.be.at.most(3 * came.datagrams);
        }
      }),
    );
  });
});

describe('HeldData', () => {
  it('holds 64 datagrams, and gives them in their order', () => {
    const held = new HeldData();
    const taken = Array.from({ length: 70 }, (_, i) => held.push(Buffer.from([i])));
    expect(taken.filter(Boolean)).to.have.length(64);
    expect(Array.from({ length: 64 }, () => held.shift()![0])).to.deep.equal(Array.from({ length: 64 }, (_, i) => i));
    expect(held.shift()).to.equal(undefined);
  });

  it('holds 64 KiB', () => {
    const held = new HeldData();
    expect([65000, 536, 1, 0].map((length) => held.push(Buffer.alloc(length)))).to.deep.equal([
      true,
      true,
      false,
      true,
    ]);
    held.shift();
    expect(held.push(Buffer.alloc(65000))).to.equal(true);
    expect(held.size).to.equal(3);
  });
});

describe('Liveness', () => {
  function watch(idleTimeout: number | undefined, keepalive: number | undefined) {
    const clock = new Clock();
    const log: string[] = [];
    const liveness = new Liveness(
      clock,
      { idleTimeout, keepalive },
      {
        silent: () => {
          log.push(`silent at ${clock.seconds()}`);
          liveness.stop();
        },
        speak: () => log.push(`speak at ${clock.seconds()}`),
      },
    );
    return { clock, log, liveness };
  }

  it('tells when nothing was heard for the idle timeout, counted from the last datagram', () => {
    const { clock, log, liveness } = watch(10, undefined);
    clock.advance(4);
    liveness.heard();
    clock.advance(9);
    liveness.heard();
    clock.advance(9.5);
    expect(log).to.deep.equal([]);
    clock.advance(1);
    expect(log).to.deep.equal(['silent at 23']);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('asks to speak each time that nothing was said for so long', () => {
    const { clock, log, liveness } = watch(undefined, 5);
    clock.advance(3);
    liveness.said();
    clock.advance(15);
    expect(log).to.deep.equal(['speak at 8', 'speak at 13', 'speak at 18']);
    liveness.stop();
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('has one timer for each of the two, however much is heard', () => {
    const { clock, liveness } = watch(10, 5);
    for (let i = 0; i < 1000; i++) {
      liveness.heard();
      liveness.said();
      clock.advance(0.01);
    }
    expect(clock.getDelayedCalls()).to.have.length(2);
    liveness.stop();
  });

  it('does nothing where neither matters', () => {
    const { clock, liveness } = watch(undefined, undefined);
    liveness.heard();
    liveness.said();
    expect(clock.getDelayedCalls()).to.deep.equal([]);
    liveness.stop();
  });
});

describe('the pauses between requests', () => {
  it('double from half a second to eight', () => {
    const pauses = Array.from({ length: 8 }, (_, i) => retryPause(i + 1, 0.5));
    expect(pauses).to.deep.equal([0.5, 1, 2, 4, 8, 8, 8, 8]);
  });

  it('are a quarter shorter or longer, by chance', () => {
    expect(retryPause(1, 0)).to.equal(0.375);
    expect(retryPause(3, 1)).to.equal(2.5);
  });
});
