/// <reference types="node" preserve="true" />
/**
 * Datagrams that are sent again until they are confirmed, on the wire of gtUDP. What users subclass; the work is done by an
 * Endpoint for each port that the protocol is on.
 */
import type { Address } from '../../lib/address.js';
import { gatherResults } from '../../lib/deferred/deferred-list.js';
import { Deferred } from '../../lib/deferred/deferred.js';
import { withSignal } from '../../lib/deferred/with-signal.js';
import type { DatagramTransport, HookResult } from '../../lib/interfaces.js';
import { NotConnectedError, type UndeliveredError } from '../../lib/errors.js';
import { DatagramProtocol, STOPPING } from '../../lib/protocol.js';
import { Endpoint, type EndpointSettings, type Totals } from './endpoint.js';
import type { DeliveryReceipt } from './outgoing.js';
import { PROFILES, type ProfileName } from './profile.js';
import { type Identifiers, wireFormat } from './wire.js';

/** Options of a GuaranteedDatagramProtocol. Both ends have to agree on the first three. */
export interface GuaranteedDatagramOptions {
  /** What every packet begins with: any bytes, copied. None when left out. */
  magic?: Uint8Array;
  /** What tells the types of packet apart: three that differ, of one length, copied. 0x1D, 0x5F, 0xAE when left out. */
  identifiers?: Identifiers;
  /**
   * `interoperable` (when left out): a message is sent six times within 4.5 seconds, because gtUDP forgets what came
   * longer ago. `plait`, where both ends are: twelve times within 30 seconds.
   */
  profile?: ProfileName;
  /**
   * `unguessable` (when left out): who has not seen a message can't confirm it. `sequential`: as gtUDP numbers them, for
   * tools that rely on it.
   */
  identities?: 'unguessable' | 'sequential';
  /** Bytes of the longest message; what a datagram carries when left out. 1200 is wise beyond the local network. */
  maxPayload?: number;
  /**
   * Take a confirmation from any address, for servers that answer from another one than was asked. Then the identity
   * alone vouches for it. False when left out.
   */
  anyAddress?: boolean;
  /** How much may wait for one peer, beside what is on its way; 4096 messages and 4 MiB when left out. */
  queue?: { messages?: number; bytes?: number };
  /** How many peers are known at once, 2 or more; 32768 when left out. Half of them may be unproven. */
  maxPeers?: number;
  /** How many messages are remembered, so that copies are known as such, 2 or more; 262144 when left out. */
  maxRemembered?: number;
}

/** Options of `send`. */
export interface GuaranteedSendOptions {
  /** Seconds after which the message is given up in any case. */
  deadline?: number;
  /** Gives the message up when it is aborted. */
  signal?: AbortSignal;
}

/** What a GuaranteedDatagramProtocol holds, all ports together. */
export interface GuaranteedDatagramCounters {
  /** Messages of ours that are neither confirmed nor failed. */
  readonly pending: number;
  /** Messages that have come and whose sender has not said yet that it knows. */
  readonly unacknowledged: number;
  /** Peers of which something is known. */
  readonly peers: number;
  /** Messages that have come and are remembered. */
  readonly remembered: number;
  /** Messages of ours that wait until their peer has proved its address. */
  readonly held: number;
  /** Copies that came of messages delivered before, ever. */
  readonly duplicates: number;
  /** Messages that were not taken because there was no room to remember them, or their sender; ever. */
  readonly overflowed: number;
}

/**
 * Sends messages again until their peer has confirmed them, and delivers each once. Override `messageReceived`; whoever
 * overrides a hook of DatagramProtocol calls that of this class too.
 *
 * There is no order: a message that was lost and sent again comes after those sent later.
 */
export class GuaranteedDatagramProtocol extends DatagramProtocol {
  readonly #settings: EndpointSettings;
  readonly #drainTime: number;
  readonly #totals: Totals = { duplicates: 0, overflowed: 0 };
  readonly #endpoints = new Map<DatagramTransport, Endpoint>();

  /**
   * @throws RangeError for identifiers that are not of one length and different, and for numbers outside their range.
   * @throws TypeError for bytes that are no Uint8Array.
   */
  constructor(options: GuaranteedDatagramOptions = {}) {
    super();
    const { profile = 'interoperable', identities = 'unguessable', queue = {} } = options;
    if (!Object.hasOwn(PROFILES, profile)) throw new RangeError(`No such profile: ${String(profile)}`);
    if (identities !== 'unguessable' && identities !== 'sequential') {
      throw new RangeError(`No such identities: ${String(identities)}`);
    }
    this.#drainTime = PROFILES[profile].drainTime;
    const format = wireFormat(options.magic, options.identifiers);
    const maxPayload = atLeast('maxPayload', options.maxPayload ?? 65535, 0);
    this.#settings = {
      format,
      profile: PROFILES[profile],
      identities,
      maxPayload,
      anyAddress: options.anyAddress ?? false,
      queueLimits: {
        messages: atLeast('queue.messages', queue.messages ?? 4096, 1),
        bytes: atLeast('queue.bytes', queue.bytes ?? 4 * 1024 * 1024, 1),
        longest: Math.min(format.headerLength + maxPayload, 65535),
      },
      maxPeers: atLeast('maxPeers', options.maxPeers ?? 32768, 2),
      maxRemembered: atLeast('maxRemembered', options.maxRemembered ?? 262144, 2),
    };
  }

  /** Called for each message, once. `data` is this message's own; `address` is who sent it. It is confirmed already. */
  messageReceived(_data: Buffer, _address: Address): HookResult {}

  /** Called for each datagram that is none of this protocol's: another magic number or type, or too short. */
  foreignDatagramReceived(_data: Buffer, _address: Address): HookResult {}

  /**
   * Sends a message, again and again if need be, until the peer has confirmed it. `data` may be reused when the call
   * returns. To `cancel` the Deferred gives the message up.
   *
   * Fails with a DeliveryFailedError.
   * @throws AddressError for a wildcard, a group or a broadcast, and on a port that is connected to somebody else.
   * @throws InvalidAddressError for a hostname or an address of another family. @throws RangeError for a port outside
   *   1…65535, or a deadline below 0.
   * @throws MessageLengthError for more bytes than a datagram carries, or than `maxPayload`.
   * @throws SendQueueFullError when as much waits for this peer as may: see `whenWritable`.
   * @throws NotConnectedError when the protocol is on no port, or that was stopped.
   */
  send(data: Uint8Array | string, address: Address, options: GuaranteedSendOptions = {}): Deferred<DeliveryReceipt> {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    if (!(bytes instanceof Uint8Array)) throw new TypeError('A message is sent as a Uint8Array or a string');
    const { deadline = Infinity, signal } = options;
    if (!(deadline >= 0)) throw new RangeError(`deadline: ${String(deadline)} is no number of seconds, 0 or more`);
    if (signal?.aborted === true) return withSignal(new Deferred<DeliveryReceipt>(), signal);
    return withSignal(this.#endpoint.send(bytes, address, deadline), signal);
  }

  /** Sends a plain datagram, once. @throws as the transport's write */
  sendForeign(data: Uint8Array | string, address: Address): void {
    this.transport.write(data, address);
  }

  /**
   * Fires when the queue of that peer takes any message: at once, or, where it does not, when half of it is free.
   * Fails with a DeliveryFailedError when the port is stopped or drained. @throws as `send` does for the address.
   */
  whenWritable(address: Address, options: { signal?: AbortSignal } = {}): Deferred<void> {
    return withSignal(this.#endpoint.whenWritable(address), options.signal);
  }

  /**
   * Stops in good order: from now on sends fail, and what comes in is neither delivered nor confirmed; what has begun is
   * waited for, `timeout` seconds at most (10 when left out, 60 in the profile `plait`). Then the rest fails, the port is
   * stopped, and the Deferred fires. Harmless twice; the first timeout counts.
   * @throws RangeError when `timeout` is negative or not finite.
   */
  drain(timeout: number = this.#drainTime): Deferred<void> {
    if (!(timeout >= 0 && timeout < Infinity)) {
      throw new RangeError(`drain: ${String(timeout)} is not a finite number of seconds, 0 or more`);
    }
    return gatherResults([...this.#endpoints.values()].map((endpoint) => endpoint.drain(timeout))).addCallback(
      () => {},
    );
  }

  /** What is held at present, and how often something came that could not be taken. Made anew at each look. */
  get counters(): GuaranteedDatagramCounters {
    const counters = { pending: 0, unacknowledged: 0, peers: 0, remembered: 0, held: 0, ...this.#totals };
    for (const endpoint of this.#endpoints.values()) {
      for (const name of ['pending', 'unacknowledged', 'peers', 'remembered', 'held'] as const) {
        counters[name] += endpoint[name];
      }
    }
    return counters;
  }

  /** Takes datagrams apart. Override `messageReceived` and `foreignDatagramReceived` instead. */
  override datagramReceived(data: Buffer, address: Address): HookResult {
    return this.#endpoint.datagramReceived(data, address);
  }

  /** Fails what is on its way: on a connected port the network has said that nobody listens there. */
  override connectionRefused(): HookResult {
    this.#endpoint.refused();
  }

  /** Fails what is on its way to `address` when nobody listens there: on a port opened with `reportErrors`. */
  override errorReceived(error: UndeliveredError, address: Address): HookResult {
    if (error.reason === 'ECONNREFUSED') this.#endpoint.refused(address);
  }

  override makeConnection(transport: DatagramTransport): HookResult {
    const isNew = !this.#endpoints.has(transport);
    if (isNew) this.#endpoints.set(transport, new Endpoint(transport, this.#settings, this, this.#totals));
    try {
      return super.makeConnection(transport);
    } catch (error) {
      if (isNew) this.#close(transport);
      throw error;
    }
  }

  /** Ends all exchanges of the port. */
  override doStop(transport?: DatagramTransport): HookResult {
    const stopped = transport ?? (this.connected ? this.transport : undefined);
    try {
      return super.doStop(stopped);
    } finally {
      if (stopped !== undefined) this.#close(stopped);
    }
  }

  /** @internal */
  override [STOPPING](transport: DatagramTransport): void {
    this.#endpoints.get(transport)?.freeze();
    super[STOPPING](transport);
  }

  /** That of the port whose hook is running, otherwise of the oldest open one. */
  get #endpoint(): Endpoint {
    const endpoint = this.#endpoints.get(this.transport);
    if (endpoint === undefined) throw new NotConnectedError();
    return endpoint;
  }

  #close(transport: DatagramTransport): void {
    const endpoint = this.#endpoints.get(transport);
    this.#endpoints.delete(transport);
    endpoint?.close();
  }
}

function atLeast(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new RangeError(`${name} is an integer of ${least} or more, not ${String(value)}`);
}
