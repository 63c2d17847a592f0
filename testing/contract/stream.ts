/**
 * What plait promises of ports that take connections, of connectors, and of the connections themselves, on every network.
 */
import type { TestRunner } from './contract.js';
import { abortingTests } from './stream-aborting.js';
import { closingTests } from './stream-closing.js';
import { connectingTests } from './stream-connecting.js';
import { failingTests } from './stream-failing.js';
import { halfCloseTests } from './stream-half-close.js';
import { hookTests } from './stream-hooks.js';
import { ipv6Tests } from './stream-ipv6.js';
import { listeningTests } from './stream-listening.js';
import { pausingTests } from './stream-pausing.js';
import { producerTests } from './stream-producers.js';
import { reconnectingTests } from './stream-reconnecting.js';
import { shutdownTests } from './stream-shutdown.js';
import { type MakeStreamNetwork, type StreamContractLimits, streamTest } from './stream-stage.js';
import { stoppingTests } from './stream-stopping.js';
import { transferTests } from './stream-transfer.js';

export type { MakeStreamNetwork, StreamContractLimits, StreamContractNetwork } from './stream-stage.js';

/** Runs the suite of connections: each test on a network of its own. */
export function streamContract(
  makeNetwork: MakeStreamNetwork,
  runner: TestRunner,
  limits: StreamContractLimits = {},
): void {
  const test = streamTest(makeNetwork, runner);
  const describe = (name: string, body: () => void): void => void runner.describe(name, body);
  describe('connections', () => {
    describe('listening', () => listeningTests(test));
    describe('stopping to listen', () => stoppingTests(test));
    describe('connecting', () => connectingTests(test));
    describe('attempts that fail', () => failingTests(test, limits));
    describe('a connector used again', () => reconnectingTests(test));
    describe('transfer', () => transferTests(test));
    describe('closing', () => closingTests(test));
    describe('closing one way', () => halfCloseTests(test));
    describe('aborting', () => abortingTests(test));
    describe('pausing', () => pausingTests(test));
    describe('producers', () => producerTests(test));
    describe('errors in hooks', () => hookTests(test));
    describe('closing the reactor', () => shutdownTests(test, limits));
    if (!limits.noIPv6) describe('IPv6', () => ipv6Tests(test));
  });
}
