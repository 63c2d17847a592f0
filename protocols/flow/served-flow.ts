/// <reference types="node" preserve="true" />
/**
 * The end of a flow at the side that is asked for it. Two things have to happen, in either order: the application
 * accepts, and a datagram comes to the new port, which proves that the peer has heard of it and is where it says.
 *
 *     asked ──── accept ────▶ offered
 *       │                        │
 *      use                      use
 *       ▼                        ▼
 *     waiting ── accept ────▶ proven
 *
 * from each of which it may be deallocated. In `asked` and `waiting` the flow is pending: data are held. In `asked` and
 * `offered` the sender of the request may be forged: little is sent to it, copies of the request are echoed again, and
 * the flow does not last.
 */
import type { Address } from '../../lib/address.js';
import type { HookResult } from '../../lib/interfaces.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import { AmplificationLimit } from './amplification-limit.js';
import { FlowTimeoutError } from './errors.js';
import { FlowEnd, type FlowEndOptions, type FlowEndOwner } from './flow-end.js';
import type { FlowHandler, FlowProtocol } from './flow-protocol.js';
import { HeldData } from './held-data.js';

/** What all flows that are served have in common. */
export interface ServedFlowOwner {
  readonly echo: 'immediate' | 'on-accept';
  /** Seconds for the application to answer, and then for the peer to use the flow. */
  readonly pendingTimeout: number;
  /** The flow is accepted and used. */
  proven(flow: ServedFlow): void;
  /** The flow is over. */
  ended(flow: ServedFlow): void;
  /** The application has not answered in time, or the peer has not used the flow. */
  expired(flow: ServedFlow): void;
}

export class ServedFlow extends FlowEnd {
  readonly client: Address;
  readonly #owner: ServedFlowOwner;
  /** The request, as it has come. */
  readonly #request: Buffer;
  #stage: 'asked' | 'waiting' | 'offered' | 'proven' = 'asked';
  #allocatedAt = Infinity;
  /** What is not delivered yet; once there is nothing, data go to the application as they come. */
  #held: HeldData | undefined = new HeldData();
  /** What may be sent to somebody who may be anybody. */
  #limit: AmplificationLimit | undefined = new AmplificationLimit();
  #deadline: DelayedCall | undefined;
  /** The next hook to be called. */
  #next: DelayedCall | undefined;
  /** Gives up the application's answer, if one is awaited that can be. */
  #forgoAnswer: (() => void) | undefined;

  /** Opens the port and connects it. @throws what `listenUDP` throws. @throws ConnectError */
  constructor(
    owner: ServedFlowOwner,
    endOwner: FlowEndOwner,
    end: FlowEndOptions,
    { client, request }: { client: Address; request: Buffer },
  ) {
    super(endOwner, end);
    this.client = client;
    this.#owner = owner;
    this.#request = request;
    try {
      this.connect(client);
    } catch (error) {
      void this.port.stopListening();
      throw error;
    }
    this.#expireLater();
    this.#limit!.received(request.length);
    if (owner.echo === 'immediate') this.#echo();
  }

  /** Whether a datagram has come to the flow's port. */
  get used(): boolean {
    return this.#stage === 'waiting' || this.#stage === 'proven';
  }

  /** Seconds since the application has accepted; 0 when it has not. */
  get age(): number {
    return Math.max(this.reactor.seconds() - this.#allocatedAt, 0);
  }

  /** A request has come again from the same address. */
  repeated(request: Buffer): void {
    if (this.used || !request.equals(this.#request)) return;
    this.#limit!.received(request.length);
    if (this.#stage === 'offered') this.#deadline!.reset(this.#owner.pendingTimeout);
    else if (this.#owner.echo === 'on-accept') return;
    this.#echo();
  }

  /** The application will answer; if the flow ends before, it is given up. */
  awaits(forgoAnswer: () => void): void {
    this.#forgoAnswer = forgoAnswer;
  }

  /** asked → offered, waiting → proven. @throws what the protocol's `attach` throws. */
  accept(handler: FlowHandler): void {
    (handler as Partial<FlowProtocol>).attach?.(this);
    this.#forgoAnswer = undefined;
    this.#deadline!.cancel();
    this.#allocatedAt = this.reactor.seconds();
    this.allocate(handler);
    if (this.#stage === 'waiting') this.#proven();
    else {
      this.#stage = 'offered';
      this.#expireLater();
    }
    if (this.#owner.echo === 'on-accept') this.#echo();
    // In a turn of its own, because who answers by a Deferred does so in the middle of something else.
    const beginFlow = (): HookResult => this.#begin();
    this.#next = this.reactor.callLater(0, beginFlow);
  }

  /** @internal */
  override stopped(): HookResult {
    const result = super.stopped();
    // What its canceller throws is reported as this hook's.
    this.#forgoAnswer?.();
    return result;
  }

  protected override arrived(data: Buffer): HookResult {
    this.counts.received++;
    if (this.#stage === 'asked') {
      this.#stage = 'waiting';
    } else if (this.#stage === 'offered') {
      this.#deadline!.cancel();
      this.#proven();
    }
    if (this.#held === undefined) return this.deliver(data);
    if (!this.#held.push(data)) this.counts.dropped++;
  }

  protected override send(data: Uint8Array): void {
    if (this.#limit === undefined || this.#limit.takes(data.length)) super.send(data);
    else this.counts.dropped++;
  }

  protected override keepAlive(): void {
    if (this.used) super.keepAlive();
  }

  protected override ended(): void {
    for (const call of [this.#deadline, this.#next]) if (call?.active() === true) call.cancel();
    this.#held = undefined;
    this.#owner.ended(this);
  }

  #echo(): void {
    const request = this.#request;
    if (this.#limit?.takes(request.length) !== false) this.unlessClosing(() => this.port.write(request));
  }

  #proven(): void {
    this.#stage = 'proven';
    this.#limit = undefined;
    this.#owner.proven(this);
  }

  #begin(): HookResult {
    this.#deliverNext();
    return this.begin();
  }

  /** One held datagram each turn, so that what a hook throws is reported and the next one runs. */
  #deliverNext(): void {
    const deliverHeld = (): HookResult => this.#deliverHeld();
    if (this.#held!.size === 0) this.#held = undefined;
    else this.#next = this.reactor.callLater(0, deliverHeld);
  }

  #deliverHeld(): HookResult {
    const data = this.#held!.shift()!;
    this.#deliverNext();
    return this.deliver(data);
  }

  #expireLater(): void {
    const { pendingTimeout } = this.#owner;
    const expireFlow = (): void => {
      this.#owner.expired(this);
      this.end(new FlowTimeoutError('use', this.name, this.client, pendingTimeout));
    };
    this.#deadline = this.reactor.callLater(pendingTimeout, expireFlow);
  }
}
