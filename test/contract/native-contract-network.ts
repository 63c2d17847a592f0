/**
 * The native network as the contract suites want it, where its addon is there.
 */
import { describe, it } from 'mocha';
import { expect } from 'chai';
import { nativeNetwork, Reactor } from '../../index.js';
import { loadAddon } from '../../reactor/native/load-addon.js';
import type { ContractNetwork } from '../../testing/contract/contract.js';
import { LOOPBACK, nodeContractNetwork, type NodeContractPlace } from './node-contract-network.js';

/** A group of tests that need the addon; one that says so where it is not there. */
export function describeNative(name: string, body: () => void): void {
  describe(name, () => {
    if (loadAddon() !== undefined) body();
    else {
      it('is NOT shown here: its addon is not there (npm run build:native)', () => {
        expect(nativeNetwork).to.throw(/not installed|not there/);
      });
    }
  });
}

export function nativeContractNetwork(place: NodeContractPlace = LOOPBACK): ContractNetwork {
  return nodeContractNetwork(place, () => new Reactor({ network: nativeNetwork() }));
}
