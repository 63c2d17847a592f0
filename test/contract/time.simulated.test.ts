import { describe, it } from 'mocha';
import { timeContract } from '../../testing/contract/time.js';
import { simulatedContractNetwork } from './simulated-contract-network.js';

describe('on the simulated network', () => {
  timeContract(() => simulatedContractNetwork(), { describe, it });
});
