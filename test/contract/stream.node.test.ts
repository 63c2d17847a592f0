import { describe, it } from 'mocha';
import { streamContract, type StreamContractNetwork } from '../../testing/contract/stream.js';
import { hasIPv6, nodeContractNetwork } from './node-contract-network.js';
import { SilentPort } from './silent-port.js';

describe('the node network', () => {
  // How many connections wait in the queue of a port, and that the next is not answered, is so on Linux.
  const noSilence = process.platform !== 'linux';
  streamContract(streamNetwork, { describe, it }, { noIPv6: !hasIPv6(), noSilence });
});

function streamNetwork(): StreamContractNetwork {
  const network = nodeContractNetwork();
  const silent = new SilentPort();
  return {
    ...network,
    peerName: 'localhost',
    // No label of a name has more than 63 characters: the machine knows without asking.
    unknownName: `${'x'.repeat(64)}.invalid`,
    silence: () => silent.open(),
    close: async () => {
      await Promise.all([network.close(), silent.close()]);
    },
  };
}
