/// <reference types="node" preserve="true" />
/**
 * The network of the machine, with UDP through the addon.
 */
import { NotSupportedError } from '../../lib/errors.js';
import type { Network } from '../network.js';
import { nodeNetwork } from '../node/node-network.js';
import { loadAddon } from './load-addon.js';

/** Batched UDP on Linux. @throws NotSupportedError where its binary is not there. */
export function nativeNetwork(): Network {
  if (loadAddon() === undefined) {
    throw new NotSupportedError('native network', 'its binary (@plait/linux-x64) is not there, or not for this system');
  }
  return { name: 'native', attach: (owner) => nodeNetwork().attach(owner) };
}
