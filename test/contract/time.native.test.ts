import { describe, it } from 'mocha';
import { timeContract } from '../../testing/contract/time.js';
import { describeNative, nativeContractNetwork } from './native-contract-network.js';

describeNative('the native network', () => {
  timeContract(() => nativeContractNetwork(), { describe, it });
});
