/**
 * What plait promises of UDP ports, on every network.
 */
import type { ContractLimits, MakeNetwork, TestRunner } from './contract.js';
import { inboxTests } from './datagram-inbox.js';
import { stageTest } from './stage.js';
import { broadcastTests } from './udp-broadcast.js';
import { connectedTests } from './udp-connected.js';
import { hookTests } from './udp-hooks.js';
import { ipv6Tests } from './udp-ipv6.js';
import { listeningTests } from './udp-listening.js';
import { severalPortsTests } from './udp-several-ports.js';
import { stoppingOccasionTests } from './udp-stopping-occasions.js';
import { stoppingTests } from './udp-stopping.js';
import { transferTests } from './udp-transfer.js';
import { wordTests } from './udp-word.js';
import { writingTests } from './udp-writing.js';

/** Runs the suite of UDP ports: each test on a network of its own. */
export function udpContract(makeNetwork: MakeNetwork, runner: TestRunner, limits: ContractLimits = {}): void {
  const test = stageTest(makeNetwork, runner);
  const describe = (name: string, body: () => void): void => void runner.describe(name, body);
  describe('UDP', () => {
    describe('listening', () => listeningTests(test));
    describe('transfer', () => transferTests(test, limits));
    describe('misuse of write, and what is lost', () => writingTests(test));
    describe('broadcast', () => broadcastTests(test, limits));
    describe('connected ports', () => connectedTests(test, limits));
    describe('errors in hooks', () => hookTests(test, limits));
    describe('stopping', () => stoppingTests(test));
    describe('stopping, in hooks, with the reactor, to open again', () => stoppingOccasionTests(test, limits));
    describe('one protocol on several ports', () => severalPortsTests(test));
    if (!limits.noIPv6) describe('IPv6', () => ipv6Tests(test, limits));
    describe('word from the network', () => wordTests(test, limits));
    describe('DatagramInbox', () => inboxTests(test));
  });
}
