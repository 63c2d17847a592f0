/**
 * Waiting in a contract suite: only the network lets things happen, so a bare `await` of a reactor's work might never end.
 */
import type { Reactor } from '../../reactor/reactor.js';
import type { ContractNetwork } from './contract.js';

/** Seconds of a delay that a test waits for. */
export const SHORT: number = 0.02;

/** Seconds by which two times that are the same may differ: the last binary digits of sums. */
export const ROUNDING: number = 1e-8;

/** Lets things happen until `pending` is settled, and gives what came of it: the value, or the error thrown. */
export async function outcome<T>(network: ContractNetwork, pending: PromiseLike<T>): Promise<T> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  pending.then(settle, settle);
  await network.until(() => settled);
  return pending;
}

/** Lets `seconds` of the reactor's time pass. */
export async function pass(
  network: ContractNetwork,
  seconds: number,
  reactor: Reactor = network.here.reactor,
): Promise<void> {
  let passed = false;
  reactor.callLater(seconds, () => {
    passed = true;
  });
  await network.until(() => passed);
}
