/// <reference types="node" preserve="true" />
/**
 * Discovery by multicast: a client asks a group without knowing anybody's address, and each server in it answers to
 * the client alone. Listen with `reactor.listenMulticast`.
 */
import type { Address } from '../lib/address.js';
import type { HookResult, MulticastTransport } from '../lib/interfaces.js';
import { DatagramProtocol } from '../lib/protocol.js';

/** What servers and clients of one discovery have in common. */
export interface MulticastOptions {
  /** What is asked. Only this is answered: a group hears many things. `Client: Ping` when left out. */
  request?: string;
  /** How many routers a datagram may pass, plus one, 0…255; 1 when left out: the own network only. */
  ttl?: number;
  /** The network interface, an address or a name; the system's choice when left out. */
  interface?: string;
}

/** Options of a MulticastServer. */
export interface MulticastServerOptions extends MulticastOptions {
  /** The answer; `Server: Pong` when left out. */
  reply?: string;
}

/** Joins a group and answers the request, to the asker alone. */
export class MulticastServer extends DatagramProtocol<MulticastTransport> {
  readonly group: string;
  readonly #request: string;
  readonly #reply: string;
  readonly #options: MulticastOptions;

  constructor(group: string, options: MulticastServerOptions = {}) {
    super();
    this.group = group;
    this.#request = options.request ?? 'Client: Ping';
    this.#reply = options.reply ?? 'Server: Pong';
    this.#options = options;
  }

  override startProtocol(): HookResult {
    this.transport.setTTL(this.#options.ttl ?? 1);
    return this.transport.joinGroup(this.group, this.#options.interface);
  }

  override datagramReceived(data: Buffer, address: Address): void {
    if (data.toString() === this.#request) this.transport.write(this.#reply, address);
  }
}

/** Asks a group. Override `datagramReceived` to hear the answers, one from each server. */
export class MulticastClient extends DatagramProtocol<MulticastTransport> {
  readonly group: string;
  /** The port the servers listen on, 1…65535. */
  readonly port: number;
  readonly #request: string;
  readonly #options: MulticastOptions;

  constructor(group: string, port: number, options: MulticastOptions = {}) {
    super();
    this.group = group;
    this.port = port;
    this.#request = options.request ?? 'Client: Ping';
    this.#options = options;
  }

  override startProtocol(): HookResult {
    this.transport.setTTL(this.#options.ttl ?? 1);
    if (this.#options.interface === undefined) return this.ask();
    return this.transport.setOutgoingInterface(this.#options.interface).addCallback(() => this.ask());
  }

  /** Asks once more. */
  ask(): void {
    this.transport.write(this.#request, { host: this.group, port: this.port });
  }
}
