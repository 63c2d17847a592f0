import { describe, it } from 'mocha';
import { lifecycleContract } from '../../testing/contract/lifecycle.js';
import { simulatedContractNetwork } from './simulated-contract-network.js';

describe('on the simulated network', () => {
  lifecycleContract(() => simulatedContractNetwork(), { describe, it });
});
