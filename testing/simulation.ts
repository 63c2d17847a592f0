/**
 * A simulated network around a test: made before it, and its seed in whatever the test fails with.
 */
import { SimulatedNetwork, type SimulatedNetworkOptions } from '../reactor/simulated/simulated-network.js';

/** What a test does with its network. */
export type Scenario = (network: SimulatedNetwork) => void | Promise<void>;

/**
 * The body of a test on a simulated network: `it('…', simulation({ loss: 0.1 }, async (network) => { … }))`, under any
 * test runner. Whatever it fails with, an assertion of the test too, ends with the seed by which to repeat it. At the
 * end the network is settled, so that an error nobody has seen fails the test.
 */
export function simulation(scenario: Scenario): () => Promise<void>;
export function simulation(options: SimulatedNetworkOptions, scenario: Scenario): () => Promise<void>;
export function simulation(...args: [Scenario] | [SimulatedNetworkOptions, Scenario]): () => Promise<void> {
  const [options, scenario] = args.length === 1 ? [{}, args[0]] : args;
  return () => runScenario(new SimulatedNetwork(options), scenario);
}

/** Runs a scenario to its end on a network. Rejects with its error, which then ends with the seed. @internal */
export async function runScenario(network: SimulatedNetwork, scenario: Scenario): Promise<void> {
  try {
    await scenario(network);
    await network.settle();
  } catch (error) {
    throw network.seeded(error);
  }
}
