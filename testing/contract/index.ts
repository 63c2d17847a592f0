/**
 * Suites for those who write a network driver: what plait promises on every network, to be run under any test runner.
 */
export type { ContractHost, ContractLimits, ContractNetwork, MakeNetwork, TestRunner } from './contract.js';
export { multicastContract } from './multicast.js';
export { udpContract } from './udp.js';
