/**
 * Plain objects as protocols: an object with some of the hooks is wrapped, once, in a DatagramProtocol that calls them
 * with the transport as last argument. Protocols proper pass through.
 */
import type { Address } from '../lib/address.js';
import type { UndeliveredError } from '../lib/errors.js';
import type { DatagramHandler, DatagramTransport, HookResult } from '../lib/interfaces.js';
import { CURRENT, DatagramProtocol } from '../lib/protocol.js';

/** The protocol that stands for a handler; always the same one for the same object. @throws TypeError for no object. */
export function asProtocol<T extends DatagramTransport>(handler: DatagramHandler<T>): DatagramProtocol<T> {
  if ((typeof handler !== 'object' && typeof handler !== 'function') || handler === null) {
    throw new TypeError('A datagram protocol must be an object with hooks');
  }
  if (CURRENT in handler) return handler as unknown as DatagramProtocol<T>;
  let wrapper = wrappers.get(handler) as PlainProtocol<T> | undefined;
  if (wrapper === undefined) {
    wrapper = new PlainProtocol(handler);
    wrappers.set(handler, wrapper);
  }
  return wrapper;
}

/** A property of each plain handler, kept outside of it. */
const wrappers = new WeakMap<object, unknown>();

class PlainProtocol<T extends DatagramTransport> extends DatagramProtocol<T> {
  readonly #handler: DatagramHandler<T>;

  constructor(handler: DatagramHandler<T>) {
    super();
    this.#handler = handler;
  }

  override startProtocol(): HookResult {
    return this.#handler.startProtocol?.(this.transport);
  }

  override stopProtocol(): HookResult {
    return this.#handler.stopProtocol?.();
  }

  override datagramReceived(data: Buffer, address: Address): HookResult {
    return this.#handler.datagramReceived?.(data, address, this.transport);
  }

  override connectionRefused(): HookResult {
    return this.#handler.connectionRefused?.(this.transport);
  }

  override errorReceived(error: UndeliveredError, address: Address): HookResult {
    return this.#handler.errorReceived?.(error, address, this.transport);
  }
}
