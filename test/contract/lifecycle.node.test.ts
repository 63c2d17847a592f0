import { describe, it } from 'mocha';
import { lifecycleContract } from '../../testing/contract/lifecycle.js';
import { nodeContractNetwork } from './node-contract-network.js';

describe('the node network', () => {
  lifecycleContract(() => nodeContractNetwork(), { describe, it });
});
