import { describe, it } from 'mocha';
import { udpContract } from '../../testing/contract/index.js';
import { simulatedContractNetwork } from './simulated-contract-network.js';

describe('on the simulated network', () => {
  udpContract(simulatedContractNetwork, { describe, it });
});
