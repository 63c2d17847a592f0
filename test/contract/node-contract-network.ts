/**
 * The machine's own network as the contract suites want it: two reactors on one machine, by default on loopback.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { nodeNetwork, Reactor } from '../../index.js';
import type { ContractHost, ContractNetwork } from '../../testing/contract/contract.js';

/** Turns of the loop in which what is due on loopback has happened. */
const TURNS = 10;

/** Seconds until a wait is given up. */
const PATIENCE = 4;

/** Where on the machine a contract network is. */
export type NodeContractPlace = Omit<ContractHost, 'reactor'> & Pick<ContractNetwork, 'broadcast'>;

/** On Linux; elsewhere the interface has another name, and may have no broadcast address. */
export const LOOPBACK: NodeContractPlace = {
  address: '127.0.0.1',
  address6: '::1',
  interfaceName: 'lo',
  broadcast: '127.255.255.255',
};

export function nodeContractNetwork(
  place: NodeContractPlace = LOOPBACK,
  create: () => Reactor = () => new Reactor({ network: nodeNetwork() }),
): ContractNetwork {
  const { broadcast, ...host } = place;
  const reactors: Reactor[] = [];
  const make = (): Reactor => {
    const reactor = create();
    reactors.push(reactor);
    return reactor;
  };
  return {
    here: { reactor: make(), ...host },
    there: { reactor: make(), ...host },
    ...(broadcast === undefined ? {} : { broadcast }),
    another: make,
    async until(condition) {
      const start = performance.now();
      while (!condition()) {
        if (performance.now() - start > PATIENCE * 1000) {
          throw new Error(`Not within ${PATIENCE} s: ${String(condition)}`);
        }
        await nextTurn();
      }
    },
    async turns() {
      for (let i = 0; i < TURNS; i++) await nextTurn();
    },
    async close() {
      await Promise.all(reactors.map((reactor) => reactor.close()));
    },
  };
}

/** Whether the machine has IPv6 on loopback. */
export function hasIPv6(): boolean {
  const reactor = new Reactor();
  try {
    reactor.listenUDP(0, {}, { interface: '::1' });
    return true;
  } catch {
    return false;
  } finally {
    void reactor.close();
  }
}
