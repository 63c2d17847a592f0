/// <reference types="node" preserve="true" />
/**
 * What users of flows see: the flow, the protocol on it, and the request for one.
 *
 * The hooks of a flow come in this order: `flowAllocated`, any number of `dataReceived`, `flowDeallocated`, after which
 * there is none. A flow that does not come about has no hooks at all.
 */
import type { InternetAddress } from '../../lib/address.js';
import { AlreadyConnectedError, NotConnectedError } from '../../lib/errors.js';
import type { HookResult, ReactorRandom, ReactorTime } from '../../lib/interfaces.js';
import type { Deferred } from '../../lib/deferred/deferred.js';

/** `pending`: asked for, and not answered yet. `deallocated` is for good. */
export type FlowState = 'pending' | 'allocated' | 'deallocated';

/** Counts of a flow. Requests and echoes are not in them. */
export interface FlowStats {
  /** Datagrams written and passed on to the network, keepalives too. */
  readonly sent: number;
  /** Datagrams that have come from the peer, keepalives too. */
  readonly received: number;
  /**
   * Datagrams lost here: written when no more may be sent to a peer that has not used the flow yet, or come when no
   * more can be held.
   */
  readonly dropped: number;
}

/** One end of a flow: datagrams to and from one peer, for one application. They may be lost, doubled, or overtaken. */
export interface Flow extends AsyncDisposable {
  /** What this side calls the flow: no other flow of the allocator has the number. Nothing of it is on the wire. */
  readonly portId: number;
  /** The name of the application. */
  readonly name: string;
  readonly state: FlowState;
  readonly stats: FlowStats;
  /** A protocol takes its time and its randomness from here. */
  readonly reactor: ReactorTime & ReactorRandom;
  /** The local end. */
  getHost(): InternetAddress;
  /** The peer's end. @throws NotConnectedError while this side waits for the echo, which tells it. */
  getPeer(): InternetAddress;
  /**
   * Sends one datagram; text goes as UTF-8. `data` may be reused as soon as the call returns.
   * @throws NotConnectedError unless the flow is allocated.
   * @throws MessageLengthError for more than 65507 bytes (IPv4) or 65527 (IPv6).
   */
  write(data: Uint8Array | string): void;
  /**
   * Ends the flow. From the call on no hook but `flowDeallocated` runs, which comes in a later turn. The peer is not told:
   * it hears a refusal when it sends the next time. The Deferred fires when the port of this end is closed. Harmless twice.
   */
  deallocate(): Deferred<void>;
}

/** What the hooks of a flow may be given as: a FlowProtocol, or any object with those it needs. */
export interface FlowHandler {
  /** Called when the flow is there. */
  flowAllocated?(flow: Flow): HookResult;
  /** Called for each datagram. `data` is this datagram's own. */
  dataReceived?(data: Buffer, flow: Flow): HookResult;
  /**
   * Called once, at the end. The reason is a ConnectionDone when this side has ended it, PeerGone when the peer's end
   * is not there any more, or a FlowTimeoutError.
   */
  flowDeallocated?(reason: Error, flow: Flow): HookResult;
}

/** A request for a flow, as the application is asked. */
export interface FlowRequest {
  /** The name it is for. */
  readonly name: string;
  /** Who asks. It may be anybody: an address is easily forged. */
  readonly peer: InternetAddress;
  /** The number that the flow has if it comes about. */
  readonly portId: number;
}

/** The application's answer: a protocol for the flow, or null to reject it. */
export type FlowAnswer = FlowHandler | null;

/** How an application is asked. The answer may come later; while it is awaited, data of the peer are held. */
export type AcceptFlow = (request: FlowRequest) => FlowAnswer | PromiseLike<FlowAnswer>;

/** The base class of protocols on flows. Every hook does nothing until it is overridden. */
export class FlowProtocol implements FlowHandler {
  #flow: Flow | undefined;

  /** The flow. It stays when the flow is deallocated. @throws NotConnectedError before there was any. */
  get flow(): Flow {
    if (this.#flow === undefined) throw new NotConnectedError(`${this.constructor.name} has no flow`);
    return this.#flow;
  }

  /** Called when the flow is there. */
  flowAllocated(): HookResult {}

  /** Called for each datagram. `data` is this datagram's own. */
  dataReceived(_data: Buffer): HookResult {}

  /**
   * Called once, at the end. The reason is a ConnectionDone when this side has ended it, PeerGone when the peer's end
   * is not there any more, or a FlowTimeoutError.
   */
  flowDeallocated(_reason: Error): HookResult {}

  /**
   * Gives the protocol its flow, and calls no hook. Called by the allocator, or by a test.
   * @throws AlreadyConnectedError when it has one that is not deallocated.
   */
  attach(flow: Flow): void {
    if (this.#flow !== undefined && this.#flow.state !== 'deallocated') {
      throw new AlreadyConnectedError(`${this.constructor.name} has a flow already`);
    }
    this.#flow = flow;
  }
}
