/// <reference types="node" preserve="true" />
/**
 * What a contract suite needs of a network and of a test runner. A suite states, once, what plait promises on every
 * network; whoever writes a driver gives it two hosts and runs it under any runner that has `describe` and `it`.
 *
 * A suite never sleeps and looks at no wall clock: it waits until something has happened, and shows that something does
 * not happen by sending a later message the same way and waiting for that.
 */
import type { Reactor } from '../../reactor/reactor.js';

/** The words of a test runner: mocha, node:test, vitest … */
export interface TestRunner {
  /** Groups tests. */
  describe(name: string, body: () => void): unknown;
  /** One test. */
  it(name: string, body: () => Promise<void>): unknown;
}

/** A host for one test. On a real machine both hosts are the machine itself. */
export interface ContractHost {
  /** A reactor of this test's own. */
  readonly reactor: Reactor;
  /** An IPv4 address by which the other host reaches this one. */
  readonly address: string;
  /** An IPv6 address by which the other host reaches this one; undefined where there is no IPv6. */
  readonly address6: string | undefined;
  /** The name of the interface that has these addresses (`eth0`); may be left out under the limit `noInterfaceNames`. */
  readonly interfaceName?: string;
}

/** A network for one test. */
export interface ContractNetwork {
  readonly here: ContractHost;
  readonly there: ContractHost;
  /** The IPv4 broadcast address of their network (`10.0.0.255`); may be left out under the limit `noDirectedBroadcast`. */
  readonly broadcast?: string;
  /** Another reactor on the host of `here`. */
  another(): Reactor;
  /** Resolves once `condition` is true, and rejects when the network is idle or some seconds have passed without that. */
  until(condition: () => boolean): Promise<void>;
  /** Lets everything happen that can happen now: a few turns of every loop, all promise jobs. */
  turns(): Promise<void>;
  /** Closes the reactors. Called at the end of each test, whatever its outcome. */
  close(): Promise<void>;
}

/** Makes the network of one test. */
export type MakeNetwork = () => ContractNetwork | Promise<ContractNetwork>;

/** What a network can't show, so that the sentences about it are left out. All false where nothing is said. */
export interface ContractLimits {
  noIPv6?: boolean;
  noMulticast?: boolean;
  /** IPv6 multicast between the hosts. */
  noMulticast6?: boolean;
  /** Turning off loopback of multicast has no effect between reactors of one host. */
  noMulticastLoopback?: boolean;
  /** `255.255.255.255` does not reach `there`. */
  noBroadcast?: boolean;
  /** The broadcast address of the network does not reach `there`, or it has none. */
  noDirectedBroadcast?: boolean;
  /** Interfaces can't be named, or their names are not known. */
  noInterfaceNames?: boolean;
  /** `0.0.0.0` (`::`) as a destination does not mean the own host. */
  noWildcardDestination?: boolean;
  /** A connected port is not told of refusals. */
  noRefusal?: boolean;
  /** There is no option `reportErrors`. */
  noReportErrors?: boolean;
  /** There is no option `packetInfo`. */
  noPacketInfo?: boolean;
}

/** `it` with a network that is made for the test and closed after it. */
export type NetworkTest = (name: string, body: (network: ContractNetwork) => Promise<void> | void) => void;

/** Binds the tests of a suite to their network. */
export function networkTest(makeNetwork: MakeNetwork, runner: TestRunner): NetworkTest {
  return (name, body) =>
    void runner.it(name, async () => {
      const network = await makeNetwork();
      try {
        await body(network);
      } finally {
        await network.close();
      }
    });
}
