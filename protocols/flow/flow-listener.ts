/// <reference types="node" preserve="true" />
/**
 * Takes the requests for flows: every datagram that comes to the listen port is one. A new request opens a port, and the
 * application is asked; a copy of one is the flow's own business. What is not answered is met with silence: what has no
 * registered name, what is more than the limits allow, and what was rejected.
 */
import { type Address, internetAddress } from '../../lib/address.js';
import { Deferred } from '../../lib/deferred/deferred.js';
import { CancelledError } from '../../lib/deferred/errors.js';
import { isThenable } from '../../lib/deferred/thenable.js';
import { maybeDeferred } from '../../lib/deferred/wrap.js';
import { CannotListenError, ConnectError } from '../../lib/errors.js';
import type { HookResult } from '../../lib/interfaces.js';
import { DatagramProtocol } from '../../lib/protocol.js';
import { ConnectionDone } from '../../lib/stream-errors.js';
import type { CheckedOptions } from './allocator-options.js';
import { FlowTimeoutError, PeerGone } from './errors.js';
import type { FlowEndOwner } from './flow-end.js';
import type { AcceptFlow, FlowAnswer } from './flow-protocol.js';
import { FlowTable } from './flow-table.js';
import { RateLimit } from './rate-limit.js';
import { ServedFlow } from './served-flow.js';
import { decodeRequest } from './wire.js';

/** Seconds after which a request is no copy of the one that led to the flow: the client has begun anew. */
const RENEWAL = 30;

/** What became of the requests that have come so far. */
export interface FlowRequestStats {
  /** Datagrams that have come to the listen port. */
  readonly requests: number;
  /** Requests that the application has accepted. */
  readonly accepted: number;
  /** Requests that the application has rejected. */
  readonly rejected: number;
  /** Requests for a name that is not registered, or cannot be one. */
  readonly unknown: number;
  /** Requests that were more than the limits allow, or for which there was no port. */
  readonly limited: number;
  /** Flows ended, before the peer had used them, to make room for others. */
  readonly evicted: number;
  /** Flows ended because the application has not answered, or the peer has not used them, in time. */
  readonly expired: number;
}

/** What a listener has from its allocator. */
export interface FlowListenerOwner {
  readonly options: CheckedOptions;
  readonly names: ReadonlyMap<string, AcceptFlow>;
  readonly stats: { -readonly [K in keyof FlowRequestStats]: number };
  readonly ends: FlowEndOwner;
  nextPortId(): number;
  opened(flow: ServedFlow): void;
  stopped(): void;
}

export class FlowListener extends DatagramProtocol {
  readonly echo: 'immediate' | 'on-accept';
  readonly pendingTimeout: number;
  readonly #owner: FlowListenerOwner;
  readonly #table: FlowTable;
  readonly #rate: RateLimit;
  /** How many flows wait for an answer: it may be the same for several. */
  readonly #waiting = new WeakMap<Deferred<unknown>, number>();
  /** The last port for a flow could not be had, and that was reported. */
  #failing = false;

  constructor(owner: FlowListenerOwner) {
    super();
    const { echo, pendingTimeout, maxPending, maxPendingPerAddress, requestRate } = owner.options;
    this.echo = echo;
    this.pendingTimeout = pendingTimeout;
    this.#owner = owner;
    this.#table = new FlowTable(maxPending, maxPendingPerAddress);
    this.#rate = new RateLimit(requestRate);
  }

  override datagramReceived(request: Buffer, client: Address): HookResult {
    const { stats, names } = this.#owner;
    const now = this.#owner.ends.reactor.seconds();
    stats.requests++;
    if (!this.#rate.admits(client.host, now)) {
      stats.limited++;
      return;
    }
    const name = decodeRequest(request);
    const accept = name === undefined ? undefined : names.get(name);
    const known = this.#table.get(client);
    if (known !== undefined && known.age < RENEWAL) {
      known.repeated(request);
      return;
    }
    if (name === undefined || accept === undefined || client.port === 0) {
      stats.unknown++;
      return;
    }
    if (this.#table.isRejected(client, name, now)) return;
    const inTheWay = this.#table.inTheWay();
    if (inTheWay === null || !this.#table.hasRoomFor(client.host)) {
      stats.limited++;
      return;
    }
    known?.end(new PeerGone(known.name, client, 'it has begun anew'));
    if (inTheWay !== undefined) this.#evict(inTheWay);
    const flow = this.#open(name, client, request);
    if (flow !== undefined) return this.#ask(flow, accept);
  }

  override stopProtocol(): void {
    this.#owner.stopped();
  }

  /** @internal */
  proven(flow: ServedFlow): void {
    this.#table.proven(flow);
  }

  /** @internal */
  ended(flow: ServedFlow): void {
    this.#table.remove(flow);
  }

  /** @internal */
  expired(): void {
    this.#owner.stats.expired++;
  }

  #evict(flow: ServedFlow): void {
    this.#owner.stats.evicted++;
    flow.end(new FlowTimeoutError('use', flow.name, flow.client, flow.age));
  }

  /** @throws CannotListenError when there is no port, the first time in a row. */
  #open(name: string, client: Address, request: Buffer): ServedFlow | undefined {
    const { ends, stats } = this.#owner;
    const end = { portId: this.#owner.nextPortId(), name, interface: this.transport.getHost().host };
    let flow: ServedFlow;
    try {
      flow = new ServedFlow(this, ends, end, { client, request });
    } catch (error) {
      stats.limited++;
      if (error instanceof ConnectError) return undefined; // no sender has such an address
      if (error instanceof CannotListenError && this.#failing) return undefined;
      this.#failing = true;
      throw error;
    }
    this.#failing = false;
    this.#table.add(flow);
    this.#owner.opened(flow);
    return flow;
  }

  #ask(flow: ServedFlow, accept: AcceptFlow): HookResult {
    const { host, port } = flow.client;
    const { name, portId } = flow;
    let answer: ReturnType<AcceptFlow>;
    try {
      answer = accept(Object.freeze({ name, portId, peer: internetAddress('UDP', host, port) }));
    } catch (error) {
      this.#reject(flow);
      throw error;
    }
    if (!isThenable(answer)) {
      this.#answered(flow, answer);
      return;
    }
    // A promise cannot be cancelled: when it is too late, what it comes to does not matter, unless it fails.
    if (answer instanceof Deferred) this.#await(flow, answer);
    // A Deferred keeps its value: it may be the answer to other requests, too.
    const over = new Deferred<void>();
    Deferred.fromPromise<FlowAnswer>(answer).addCallbacks(
      (late) => {
        maybeDeferred(() => this.#answered(flow, late)).chainDeferred(over);
        return late;
      },
      (error) => {
        maybeDeferred(() => this.#failed(flow, error)).chainDeferred(over);
        return null;
      },
    );
    return over;
  }

  /** When no flow waits for this answer any more, it is cancelled. */
  #await(flow: ServedFlow, answer: Deferred<unknown>): void {
    this.#waiting.set(answer, (this.#waiting.get(answer) ?? 0) + 1);
    flow.awaits(() => {
      const left = this.#waiting.get(answer)! - 1;
      this.#waiting.set(answer, left);
      if (left === 0) answer.cancel();
    });
  }

  #failed(flow: ServedFlow, error: Error): void {
    if (flow.state === 'deallocated' && error instanceof CancelledError) return;
    this.#reject(flow);
    throw error;
  }

  #answered(flow: ServedFlow, answer: FlowAnswer): void {
    if (flow.state === 'deallocated') return;
    if (answer === null) {
      this.#reject(flow);
      return;
    }
    try {
      if (typeof answer !== 'object') throw new TypeError('A request for a flow is answered by a protocol, or null');
      flow.accept(answer);
    } catch (error) {
      this.#reject(flow);
      throw error;
    }
    this.#owner.stats.accepted++;
  }

  #reject(flow: ServedFlow): void {
    if (flow.state === 'deallocated') return;
    const { stats, ends } = this.#owner;
    stats.rejected++;
    this.#table.rejected(flow, ends.reactor.seconds() + this.pendingTimeout);
    flow.end(new ConnectionDone());
  }
}
