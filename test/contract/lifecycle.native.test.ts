import { describe, it } from 'mocha';
import { lifecycleContract } from '../../testing/contract/lifecycle.js';
import { describeNative, nativeContractNetwork } from './native-contract-network.js';

describeNative('the native network', () => {
  lifecycleContract(() => nativeContractNetwork(), { describe, it });
});
