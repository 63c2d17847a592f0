/**
 * The machine's own network as the contract suites want it: two reactors on loopback.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Reactor } from 'plait';
import type { ContractNetwork } from '../../testing/contract/contract.js';

/** Turns of the loop in which what is due on loopback has happened. */
const TURNS = 10;

/** Seconds until a wait is given up. */
const PATIENCE = 4;

export function nodeContractNetwork(): ContractNetwork {
  const reactors: Reactor[] = [];
  const make = (): Reactor => {
    const reactor = new Reactor();
    reactors.push(reactor);
    return reactor;
  };
  return {
    here: { reactor: make(), address: '127.0.0.1', address6: '::1' },
    there: { reactor: make(), address: '127.0.0.1', address6: '::1' },
    another: make,
    async until(condition) {
      const start = performance.now();
      while (!condition()) {
        if (performance.now() - start > PATIENCE * 1000)
          throw new Error(`Not within ${PATIENCE} s: ${String(condition)}`);
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
