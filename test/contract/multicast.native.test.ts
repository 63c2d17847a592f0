import { describe, it } from 'mocha';
import { multicastContract } from '../../testing/contract/multicast.js';
import { describeNative, nativeContractNetwork } from './native-contract-network.js';

// As for the node network, whose machine it shares; between Ethernet interfaces it is shown beside that one.
describeNative('the native network', () => {
  multicastContract(() => nativeContractNetwork(), { describe, it }, { noMulticast6: true, noMulticastLoopback: true });
});
