import { describe, it } from 'mocha';
import { type ContractNames, resolveContract } from '../../testing/contract/resolve.js';
import { nodeContractNetwork } from './node-contract-network.js';

/** Names that a machine answers for itself: a label of a name in the DNS has 63 characters at most. */
const names: ContractNames = {
  known: 'localhost',
  address: '127.0.0.1',
  address6: undefined,
  unknown: `${'x'.repeat(64)}.invalid`,
};

describe('the node network', () => {
  resolveContract(() => ({ ...nodeContractNetwork(), names }), { describe, it });
});
