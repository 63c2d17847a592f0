import { describe, it } from 'mocha';
import { udpContract } from '../../testing/contract/udp.js';
import { describeNative, nativeContractNetwork } from './native-contract-network.js';
import { hasIPv6 } from './node-contract-network.js';

// Broadcast to 255.255.255.255, which does not pass loopback, is shown in multicast.native.test.ts.
describeNative('the native network', () => {
  udpContract(() => nativeContractNetwork(), { describe, it }, { noIPv6: !hasIPv6(), noBroadcast: true });
});
