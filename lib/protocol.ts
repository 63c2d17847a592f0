/// <reference types="node" preserve="true" />
/**
 * What users subclass. A protocol is given its transport by a port and takes everything from it: bytes, time, chance.
 *
 * One protocol object may be on several ports at once: `startProtocol` runs for the first, `stopProtocol` after the
 * last, and `transport` is the port whose hook is running, otherwise the oldest open one.
 */
import type { Address } from './address.js';
import { AlreadyConnectedError, NotConnectedError, type UndeliveredError } from './errors.js';
import type { DatagramTransport, HookResult } from './interfaces.js';

/**
 * Where a port says whose hook is running, so that `transport` can answer. A property and not a method, because it is
 * set for each datagram.
 * @internal
 */
export const CURRENT: unique symbol = Symbol.for('plait.current transport');

/**
 * What a transport may have to hear of the protocol that was put on it.
 * @internal
 */
export const ATTACHED: unique symbol = Symbol.for('plait.attached');

/**
 * What a port says when it was stopped and is still there for a turn.
 * @internal
 */
export const STOPPING: unique symbol = Symbol.for('plait.stopping');

/** The base class of protocols on UDP and multicast ports. Every hook does nothing until it is overridden. */
export class DatagramProtocol<T extends DatagramTransport = DatagramTransport> {
  /** @internal */
  [CURRENT]: T | undefined = undefined;
  readonly #transports: T[] = [];

  /** The port this protocol is on. @throws NotConnectedError when it is on none. */
  get transport(): T {
    const transport = this[CURRENT] ?? this.#transports[0];
    if (transport === undefined) throw new NotConnectedError(`${this.constructor.name} is not on a port`);
    return transport;
  }

  /** Whether this protocol is on a port. */
  get connected(): boolean {
    return this.#transports.length > 0;
  }

  /** Called when the (first) port is open; `transport.getHost()` is valid. */
  startProtocol(): HookResult {}

  /** Called when the (last) port was stopped; `transport` is gone already. */
  stopProtocol(): HookResult {}

  /** Called for each datagram. `data` is this datagram's own; `address` is where it came from. */
  datagramReceived(_data: Buffer, _address: Address): HookResult {}

  /** Called on a connected port for each report that nobody listens at the peer's port. The port lives on. */
  connectionRefused(): HookResult {}

  /**
   * Called on a port opened with `reportErrors` when the network says that a datagram to `address` did not get through;
   * `error.reason` is the system's code. On a connected port refusals go to `connectionRefused`.
   */
  errorReceived(_error: UndeliveredError, _address: Address): HookResult {}

  /** Puts this protocol on a port. Called by the port, or by a test with a fake one. @throws AlreadyConnectedError */
  makeConnection(transport: T): HookResult {
    if (this.#transports.includes(transport)) throw new AlreadyConnectedError('On this port already');
    this.#transports.push(transport);
    (transport as { [ATTACHED]?: (protocol: object) => void })[ATTACHED]?.(this);
    if (this.#transports.length > 1) return;
    try {
      return this.startProtocol();
    } catch (error) {
      // Not just the last one: startProtocol may have put this protocol on others.
      this.#transports.splice(this.#transports.indexOf(transport), 1);
      throw error;
    }
  }

  /**
   * Puts a port that was stopped behind those that are open: `transport` is such a one only where there is no other.
   * @internal
   */
  [STOPPING](transport: T): void {
    const index = this.#transports.indexOf(transport);
    if (index !== -1) this.#transports.push(...this.#transports.splice(index, 1));
  }

  /** Takes this protocol off a port: the given one, otherwise the oldest. Harmless when it is on none. */
  doStop(transport: T | undefined = this.#transports[0]): HookResult {
    const index = transport === undefined ? -1 : this.#transports.indexOf(transport);
    if (index === -1) return;
    this.#transports.splice(index, 1);
    if (this[CURRENT] === transport) this[CURRENT] = undefined;
    if (this.#transports.length > 0) return;
    return this.stopProtocol();
  }
}
