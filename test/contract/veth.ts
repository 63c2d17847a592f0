/**
 * The contract suites on a pair of virtual Ethernet interfaces, `plait0` and `plait1`, in a network namespace of their
 * own: what loopback can't show, as IPv6 multicast, loopback of multicast, broadcast, and addresses with a scope.
 * Run by multicast.node.test.ts, not by itself.
 */
import { describe, it } from 'mocha';
import { multicastContract, udpContract } from '../../testing/contract/index.js';
import { describeNative, nativeContractNetwork } from './native-contract-network.js';
import { nodeContractNetwork, type NodeContractPlace } from './node-contract-network.js';

const PLACE: NodeContractPlace = {
  address: '10.99.0.1',
  address6: 'fd99::1',
  interfaceName: 'plait0',
  broadcast: '10.99.0.255',
};

for (const place of [PLACE, { ...PLACE, address6: 'fe80::99%plait0' }]) {
  describe(`${place.address6} on the node network`, () => {
    udpContract(() => nodeContractNetwork(place), { describe, it }, { noReportErrors: true, noPacketInfo: true });
    multicastContract(() => nodeContractNetwork(place), { describe, it });
  });

  describeNative(`${place.address6} on the native network`, () => {
    udpContract(() => nativeContractNetwork(place), { describe, it });
    multicastContract(() => nativeContractNetwork(place), { describe, it });
  });
}
