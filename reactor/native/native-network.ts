/// <reference types="node" preserve="true" />
/**
 * The network of the machine with batched UDP: the addon of a platform package for datagrams, Node for all else.
 */
import { NotSupportedError } from '../../lib/errors.js';
import type { AdoptSpec, BindSpec, DatagramSink, DatagramSocket, Driver, Network, NetworkOwner } from '../network.js';
import { NodeDriver } from '../node/node-network.js';
import type { Addon } from './addon.js';
import { loadAddon } from './load-addon.js';
import { UDPEngine } from './udp-engine.js';
import { adoptNativeSocket, openNativeSocket } from './udp-socket.js';

/**
 * Linux's batched system calls for UDP: the default network of a reactor where the platform package is installed.
 * @throws NotSupportedError where there is no platform package.
 */
export function nativeNetwork(): Network {
  const addon = loadAddon();
  if (addon === undefined) {
    throw new NotSupportedError('native network', 'its binary (@plait/linux-x64) is not there, or not for this system');
  }
  return {
    name: 'native',
    attach: (owner): Driver => new NativeDriver(owner, addon),
  };
}

/**
 * UDP sockets of this thread that are open on native networks, which no list of Node's shows.
 * @internal
 */
export function openNativeSockets(): number {
  return engine?.open ?? 0;
}

class NativeDriver extends NodeDriver {
  readonly #addon: Addon;

  constructor(owner: NetworkOwner, addon: Addon) {
    super(owner);
    this.#addon = addon;
  }

  override bindUDP(spec: BindSpec, sink: DatagramSink): DatagramSocket {
    return openNativeSocket(this.#engine, spec, sink);
  }

  adoptUDP(fileDescriptor: number, spec: AdoptSpec, sink: DatagramSink): DatagramSocket {
    return adoptNativeSocket(this.#engine, fileDescriptor, spec, sink);
  }

  get #engine(): UDPEngine {
    return (engine ??= new UDPEngine(this.#addon));
  }
}

// The addon's memory is the thread's, like the loop that it works on. Made with the first socket.
let engine: UDPEngine | undefined;
