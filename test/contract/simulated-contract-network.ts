/**
 * A simulated network as the contract suites want it: two hosts, a millisecond apart.
 */
import { Reactor } from '../../index.js';
import { SimulatedNetwork } from '../../testing.js';
import type { ContractNetwork } from '../../testing/contract/contract.js';

/** Simulated seconds until a wait is given up. */
const PATIENCE = 60;

export function simulatedContractNetwork(): ContractNetwork {
  const network = new SimulatedNetwork();
  const here = network.host('here');
  const there = network.host('there');
  const reactors = [here.reactor, there.reactor];
  return {
    here: { reactor: here.reactor, address: here.address, address6: here.addresses[1], interfaceName: 'eth0' },
    there: { reactor: there.reactor, address: there.address, address6: there.addresses[1], interfaceName: 'eth0' },
    broadcast: '10.255.255.255',
    another() {
      const reactor = new Reactor({ network: here.network });
      reactors.push(reactor);
      return reactor;
    },
    until: (condition) => network.runUntilAsync(condition, { timeout: PATIENCE }),
    turns: () => network.settle(),
    async close() {
      let closed = false;
      const closing = Promise.all(reactors.map((reactor) => reactor.close())).then(() => {
        closed = true;
      });
      await network.runUntilAsync(() => closed, { timeout: PATIENCE });
      await closing;
    },
  };
}
