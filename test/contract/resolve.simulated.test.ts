import { describe, it } from 'mocha';
import { type NamingNetwork, resolveContract } from '../../testing/contract/resolve.js';
import { simulatedContractNetwork } from './simulated-contract-network.js';

/** Hosts are in the zone of a simulated network under their names. */
function withNames(): NamingNetwork {
  const network = simulatedContractNetwork();
  const { address, address6 } = network.there;
  return { ...network, names: { known: 'there', address, address6, unknown: 'nowhere' } };
}

describe('on the simulated network', () => {
  resolveContract(withNames, { describe, it });
});
