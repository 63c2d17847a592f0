import { describe, it } from 'mocha';
import { Reactor } from '../../index.js';
import { SimulatedNetwork } from '../../testing.js';
import { streamContract, type StreamContractNetwork } from '../../testing/contract/stream.js';

describe('the simulated network', () => {
  streamContract(streamNetwork, { describe, it });
});

/** Simulated seconds until a wait is given up, and in which what is on its way arrives. */
const PATIENCE = 60;
const WHILE = 0.02;

function streamNetwork(): StreamContractNetwork {
  const network = new SimulatedNetwork();
  const here = network.host('here');
  const there = network.host('there');
  const reactors = [here.reactor, there.reactor];
  return {
    here: { reactor: here.reactor, address: here.address, address6: here.addresses[1] },
    there: { reactor: there.reactor, address: there.address, address6: there.addresses[1] },
    peerName: 'there',
    unknownName: 'nobody',
    silence: () => ({ host: '10.99.0.1', port: 9 }),
    another() {
      const reactor = new Reactor({ network: here.network });
      reactors.push(reactor);
      return reactor;
    },
    until: (condition) => network.runUntilAsync(condition, { timeout: PATIENCE }),
    turns: () => network.advanceAsync(WHILE),
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
