/// <reference types="node" preserve="true" />
/**
 * The network of a reactor that was given none: native where its binary is there, else Node's. The environment's
 * `PLAIT_NETWORK` decides otherwise.
 */
import type { Network } from '../network.js';
import { nodeNetwork } from '../node/node-network.js';
import { loadAddon } from './load-addon.js';
import { nativeNetwork } from './native-network.js';

/**
 * @throws NotSupportedError when `PLAIT_NETWORK` asks for the native network and it is not there.
 * @throws RangeError when `PLAIT_NETWORK` is neither `node` nor `native`.
 */
export function defaultNetwork(): Network {
  return chooseNetwork({
    wanted: process.env['PLAIT_NETWORK'],
    hasAddon: () => loadAddon() !== undefined,
    node: nodeNetwork,
    native: nativeNetwork,
  });
}

/** What there is to choose from. */
export interface Choice {
  /** What the environment asks for; undefined or empty for no wish. */
  readonly wanted: string | undefined;
  readonly hasAddon: () => boolean;
  readonly node: () => Network;
  readonly native: () => Network;
}

/** Chooses, and looks for the addon only where that is asked. */
export function chooseNetwork({ wanted, hasAddon, node, native }: Choice): Network {
  switch (wanted) {
    case undefined:
    case '':
      return hasAddon() ? native() : node();
    case 'node':
      return node();
    case 'native':
      return native();
    default:
      throw new RangeError(`PLAIT_NETWORK is '${wanted}'; it may be 'node' or 'native'`);
  }
}
