/**
 * A network like another one, with some calls of its drivers replaced: to see what a reactor asks of its driver, and to
 * answer it in ways that no network can be brought to.
 */
import type { Driver, Network } from '../../reactor/network.js';
import { Reactor } from '../../reactor/reactor.js';
import type { ContractNetwork } from './contract.js';
import { outcome } from './outcome.js';

/** `change` is given each driver that is made, and answers with the calls to be used instead of the driver's own. */
export function networkWith(network: Network, change: (driver: Driver) => Partial<Driver>): Network {
  return {
    name: network.name,
    attach: (owner) => {
      const driver = network.attach(owner);
      const changed = change(driver);
      return new Proxy(driver, {
        get(target, key: keyof Driver) {
          const own = target[key] as ((...args: unknown[]) => unknown) | string | undefined;
          return changed[key] ?? (typeof own === 'function' ? own.bind(target) : own);
        },
      });
    },
  };
}

/** Runs `body` with a further reactor on the host of `here`, on such a network, and closes it. */
export async function withReactorOn(
  network: ContractNetwork,
  change: (driver: Driver) => Partial<Driver>,
  body: (reactor: Reactor) => Promise<void>,
): Promise<void> {
  const reactor = new Reactor({ network: networkWith(network.here.reactor.network, change) });
  try {
    await body(reactor);
  } finally {
    await outcome(network, reactor.close());
  }
}
