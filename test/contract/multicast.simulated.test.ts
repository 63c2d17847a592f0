import { describe, it } from 'mocha';
import { multicastContract } from '../../testing/contract/index.js';
import { simulatedContractNetwork } from './simulated-contract-network.js';

describe('on the simulated network', () => {
  multicastContract(simulatedContractNetwork, { describe, it });
});
