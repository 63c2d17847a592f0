/**
 * What plait promises of multicast ports, on every network: in IPv4, and in IPv6 where there is any.
 */
import type { ContractLimits, MakeNetwork, TestRunner } from './contract.js';
import { deliveryTests } from './multicast-delivery.js';
import { FAMILIES } from './multicast-family.js';
import { membershipTests } from './multicast-membership.js';
import { optionTests } from './multicast-options.js';
import { sharingTests } from './multicast-sharing.js';
import { stageTest } from './stage.js';

/** Runs the suite of multicast ports: each test on a network of its own. */
export function multicastContract(makeNetwork: MakeNetwork, runner: TestRunner, limits: ContractLimits = {}): void {
  if (limits.noMulticast) return;
  const test = stageTest(makeNetwork, runner);
  const describe = (name: string, body: () => void): void => void runner.describe(name, body);
  for (const family of FAMILIES) {
    if (family.number === 6 && (limits.noIPv6 || limits.noMulticast6)) continue;
    describe(`multicast in IPv${family.number}`, () => {
      describe('delivery', () => deliveryTests(test, family, limits));
      describe('membership', () => membershipTests(test, family, limits));
      describe('TTL, loopback, outgoing interface', () => optionTests(test, family, limits));
      describe('several listeners on one port', () => sharingTests(test, family));
    });
  }
}
