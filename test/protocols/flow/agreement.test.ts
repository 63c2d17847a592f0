import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { explore, type ExploreError, SimulatedNetwork } from '../../../testing.js';
import { agreement, type Step, WHATS } from './agreement.js';

/** The conditions under which a flow must come about if only somebody tries long enough. */
const bad = { loss: 0.3, duplicate: 0.2, reorder: 0.2, latency: [0.005, 0.4] as [number, number] };

describe('the two ends of a flow, each sending within the idle timeout', () => {
  it('agree in the end, and never hear another flow, whatever is lost, doubled or late, on 100 seeds', async () => {
    await explore({ runs: 100, network: bad, shrinks: 50 }, (network) => {
      const chance = network.host('chance').reactor;
      const steps = Array.from({ length: 25 }, (): Step => {
        const what = chance.random() < 0.4 ? 'allocate' : WHATS[Math.floor(chance.random() * WHATS.length)]!;
        return { wait: chance.random() * 6, what };
      });
      return agreement(network, steps);
    });
  }).timeout(60_000);

  it('agree in the end, and never hear another flow, for any course of events', async () => {
    const step = fc.record({
      wait: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 40, noNaN: true })),
      what: fc.oneof({ weight: 2, arbitrary: fc.constant('allocate' as const) }, fc.constantFrom(...WHATS)),
    });
    const conditions = fc.record({
      loss: fc.constantFrom(0, 0.1, 0.5),
      duplicate: fc.constantFrom(0, 0.5),
      reorder: fc.constantFrom(0, 0.5),
      latency: fc.constantFrom(0.001, 0.3, 2),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(), conditions, fc.array(step, { maxLength: 30 }), async (seed, network, steps) => {
        await agreement(new SimulatedNetwork({ seed, trace: false, ...network }), steps);
      }),
      { numRuns: 150 },
    );
  }).timeout(60_000);

  it('may disagree for ever without idle timeouts and data, which the same search finds', async () => {
    const error = await explore({ runs: 50, network: { loss: 0.02, latency: 0.01 } }, (network) =>
      agreement(network, [...Array.from({ length: 5 }, allocation), { wait: 1, what: 'deallocate near' }], false),
    ).then(
      () => undefined,
      (reason: ExploreError) => reason,
    );
    expect(error?.message).to.match(/flows of the client/);
  });
});

function allocation(): Step {
  return { wait: 1, what: 'allocate' };
}
