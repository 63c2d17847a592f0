/// <reference types="node" preserve="true" />
/**
 * One end of a flow, whichever side asked for it: a port of its own, tied to the peer's.
 *
 *     pending ── allocate ──▶ allocated ── end ──▶ deallocated
 *        └───────────────── end ──────────────────────▲
 *
 * What happens while it is pending is told by the two kinds of ends, which see each datagram first. An end is for good:
 * the port is stopped, and so the last hook comes in a later turn, as its `stopProtocol`. That is also how an end learns
 * that its reactor closes.
 */
import { type Address, type InternetAddress, internetAddress, ipFamily } from '../../lib/address.js';
import type { Deferred } from '../../lib/deferred/deferred.js';
import { CancelledError } from '../../lib/deferred/errors.js';
import { MessageLengthError, NotConnectedError } from '../../lib/errors.js';
import type { HookResult, ReactorCore, ReactorRandom, ReactorTime, ReactorUDP, UDPPort } from '../../lib/interfaces.js';
import { DatagramProtocol } from '../../lib/protocol.js';
import { ConnectionDone } from '../../lib/stream-errors.js';
import { FlowTimeoutError, PeerGone } from './errors.js';
import type { Flow, FlowHandler, FlowState, FlowStats } from './flow-protocol.js';
import { Liveness, type LivenessTimes } from './liveness.js';

/** What flows need of a reactor. */
export type FlowReactor = ReactorTime & ReactorRandom & ReactorUDP & Pick<ReactorCore, 'resolve'>;

/** What all ends of an allocator have in common. */
export interface FlowEndOwner {
  readonly reactor: FlowReactor;
  readonly times: LivenessTimes;
  /** The end's port is closed: it holds nothing any more. */
  closed(flow: FlowEnd): void;
}

/** What an end is made with. */
export interface FlowEndOptions {
  readonly portId: number;
  readonly name: string;
  /** The local address, an IP literal. */
  readonly interface: string;
}

export abstract class FlowEnd implements Flow {
  readonly portId: number;
  readonly name: string;
  protected readonly port: UDPPort;
  /** Counts, for the ends to add to. */
  protected readonly counts: { -readonly [K in keyof FlowStats]: number } = { sent: 0, received: 0, dropped: 0 };
  readonly #owner: FlowEndOwner;
  #state: FlowState = 'pending';
  #handler: FlowHandler | undefined;
  #peer: InternetAddress | undefined;
  #liveness: Liveness | undefined;
  /** Why it has ended. */
  #reason: Error | undefined;
  /** Whether `flowAllocated` was called, so that `flowDeallocated` must be. */
  #begun = false;

  /** Opens the port. @throws what `listenUDP` throws. */
  constructor(owner: FlowEndOwner, options: FlowEndOptions) {
    this.#owner = owner;
    this.portId = options.portId;
    this.name = options.name;
    this.port = owner.reactor.listenUDP(0, new FlowPort(this), { interface: options.interface });
  }

  get reactor(): FlowReactor {
    return this.#owner.reactor;
  }

  get state(): FlowState {
    return this.#state;
  }

  get stats(): FlowStats {
    return this.counts;
  }

  getHost(): InternetAddress {
    return this.port.getHost();
  }

  getPeer(): InternetAddress {
    if (this.#peer === undefined) throw new NotConnectedError('The flow has no peer yet');
    return this.#peer;
  }

  write(data: Uint8Array | string): void {
    if (this.#state !== 'allocated') throw new NotConnectedError(`The flow is ${this.#state}`);
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    if (!(bytes instanceof Uint8Array)) throw new TypeError('A datagram is written as a Uint8Array or a string');
    if (bytes.length > LONGEST[4]) checkLength(bytes.length, this.#peer!);
    this.send(bytes);
  }

  deallocate(): Deferred<void> {
    this.#endHere();
    return this.port.stopListening();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.deallocate();
  }

  toString(): string {
    return `<flow ${this.portId} to ${JSON.stringify(this.name)}, ${this.#state}>`;
  }

  /**
   * pending, allocated → deallocated. Otherwise nothing.
   * @internal
   */
  end(reason: Error): void {
    if (this.#state === 'deallocated') return;
    this.#state = 'deallocated';
    this.#reason = reason;
    this.#liveness?.stop();
    void this.port.stopListening();
    this.ended(reason);
  }

  /** @internal */
  datagram(data: Buffer, from: Address): HookResult {
    this.#liveness?.heard();
    return this.arrived(data, from);
  }

  /** @internal */
  refused(): void {
    this.end(new PeerGone(this.name, this.getPeer()));
  }

  /**
   * The port is closing. If nobody here has ended the flow, the reactor has.
   * @internal
   */
  stopped(): HookResult {
    this.#endHere();
    this.#owner.closed(this);
    if (this.#begun) return this.#handler?.flowDeallocated?.(this.#reason!, this);
  }

  /** A datagram has come, while the end is pending or allocated. */
  protected abstract arrived(data: Buffer, from: Address): HookResult;

  /** The end is over. */
  protected abstract ended(reason: Error): void;

  /** Ties the port to the peer. @throws ConnectError */
  protected connect(peer: Address): void {
    this.port.connect(peer.host, peer.port);
    this.#peer = internetAddress('UDP', peer.host, peer.port);
  }

  /** pending → allocated. */
  protected allocate(handler: FlowHandler): void {
    this.#state = 'allocated';
    this.#handler = handler;
    const { idleTimeout, keepalive } = this.#owner.times;
    if (idleTimeout === undefined && keepalive === undefined) return;
    this.#liveness = new Liveness(this.reactor, this.#owner.times, {
      silent: () => this.end(new FlowTimeoutError('data', this.name, this.getPeer(), idleTimeout!)),
      speak: () => this.keepAlive(),
    });
  }

  /** Calls the first hook. */
  protected begin(): HookResult {
    this.#begun = true;
    return this.#handler?.flowAllocated?.(this);
  }

  /** Hands a datagram to the application, unless it is there to keep the flow alive. */
  protected deliver(data: Buffer): HookResult {
    if (data.length === 0 && this.#owner.times.keepalive !== undefined) return;
    return this.#handler?.dataReceived?.(data, this);
  }

  /** Sends to the peer. */
  protected send(data: Uint8Array): void {
    this.port.write(data);
    this.counts.sent++;
    this.#liveness?.said();
  }

  /** Nothing was sent for some time. */
  protected keepAlive(): void {
    this.unlessClosing(() => this.send(NOTHING));
  }

  /** Sends something of our own, where the reactor may be closing already, and the port with it. */
  protected unlessClosing(send: () => void): void {
    try {
      send();
    } catch (error) {
      if (!(error instanceof NotConnectedError)) throw error;
    }
  }

  /** This side ends it: what was asked for is given up. */
  #endHere(): void {
    this.end(this.#state === 'pending' ? new CancelledError() : new ConnectionDone());
  }
}

/** The port of a flow. */
class FlowPort extends DatagramProtocol {
  readonly #flow: FlowEnd;

  constructor(flow: FlowEnd) {
    super();
    this.#flow = flow;
  }

  override datagramReceived(data: Buffer, from: Address): HookResult {
    return this.#flow.datagram(data, from);
  }

  override connectionRefused(): void {
    this.#flow.refused();
  }

  override stopProtocol(): HookResult {
    return this.#flow.stopped();
  }
}

/** The most bytes a datagram carries. */
const LONGEST = { 4: 65507, 6: 65527 } as const;

const NOTHING = new Uint8Array(0);

/** @throws MessageLengthError */
function checkLength(length: number, peer: Address): void {
  const family = ipFamily(peer.host) === 4 || peer.host.startsWith('::ffff:') ? 4 : 6;
  if (length > LONGEST[family]) throw new MessageLengthError(length, LONGEST[family]);
}
