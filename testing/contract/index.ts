/**
 * Suites for those who write a network driver: what plait promises on every network, to be run under any test runner.
 */
export type { ContractHost, ContractLimits, ContractNetwork, MakeNetwork, TestRunner } from './contract.js';
export { lifecycleContract } from './lifecycle.js';
export { multicastContract } from './multicast.js';
export { type ContractNames, type NamingNetwork, resolveContract } from './resolve.js';
export {
  type MakeStreamNetwork,
  streamContract,
  type StreamContractLimits,
  type StreamContractNetwork,
} from './stream.js';
export { timeContract } from './time.js';
export { udpContract } from './udp.js';
