import { describe, it } from 'mocha';
import { timeContract } from '../../testing/contract/time.js';
import { nodeContractNetwork } from './node-contract-network.js';

describe('the node network', () => {
  timeContract(() => nodeContractNetwork(), { describe, it });
});
