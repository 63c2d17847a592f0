/// <reference types="node" preserve="true" />
/**
 * The end of a flow at the side that asks for it.
 *
 *     resolving ──▶ requesting ── echo ──▶ allocated
 *
 * from each of which it may be deallocated. `resolving` waits for the server's address. `requesting` sends the request,
 * again and again with growing pauses, from one and the same port, which stays unconnected: the echo comes from a port
 * that nobody knows before, and a port can be connected only once. The first echo decides; the port is connected to
 * where it came from, and so the echoes of other ports are not heard any more. Those of the same port are: each copy of
 * the request may have one, and as many are swallowed.
 */
import { type Address, canonicalHost, isWildcard } from '../../lib/address.js';
import { Deferred } from '../../lib/deferred/deferred.js';
import { CancelledError } from '../../lib/deferred/errors.js';
import { withSignal } from '../../lib/deferred/with-signal.js';
import { toError } from '../../lib/errors.js';
import type { HookResult } from '../../lib/interfaces.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import { FlowTimeoutError } from './errors.js';
import { FlowEnd, type FlowEndOptions, type FlowEndOwner } from './flow-end.js';
import type { Flow, FlowHandler } from './flow-protocol.js';
import { retryPause } from './retry-pause.js';
import { isEcho } from './wire.js';

/** How a flow is asked for. */
export interface RequestOptions {
  /** The name's bytes. */
  readonly request: Buffer;
  /** The server: a name or an address, of the family of the flow's interface. */
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** Seconds; Infinity for no limit. */
  readonly timeout: number;
  /** Requests that are sent at most. */
  readonly attempts: number;
  readonly anyAddress: boolean;
  readonly announce: boolean;
  readonly signal: AbortSignal | undefined;
}

export class RequestedFlow extends FlowEnd {
  readonly #options: RequestOptions;
  readonly #handler: FlowHandler;
  #stage: 'resolving' | 'requesting' | 'allocated' = 'resolving';
  /** What `ask` has given. */
  #allocation: Deferred<Flow> | undefined;
  #lookup: Deferred<void> | undefined;
  /** Where requests go. */
  #server: Address | undefined;
  /** Requests sent. */
  #sent = 0;
  #again: DelayedCall | undefined;
  #deadline: DelayedCall | undefined;
  /** Echoes that may still come and are no data. */
  #echoes = 0;

  /** Opens the port. @throws what `listenUDP` throws. */
  constructor(owner: FlowEndOwner, end: FlowEndOptions, options: RequestOptions, handler: FlowHandler) {
    super(owner, end);
    this.#options = options;
    this.#handler = handler;
  }

  /** Begins. The Deferred fires when there is a flow; to cancel it is to give up. */
  ask(): Deferred<Flow> {
    const { host, family, timeout, signal } = this.#options;
    const allocation = new Deferred<Flow>(() => void this.deallocate());
    this.#allocation = allocation;
    withSignal(allocation, signal);
    if (this.state === 'deallocated') {
      // By the signal, which has failed it; or by the protocol, when it was given the flow.
      if (!allocation.called) allocation.errback(new CancelledError());
      return allocation;
    }
    const giveUp = (): void => this.#timedOut();
    if (timeout !== Infinity) this.#deadline = this.reactor.callLater(timeout, giveUp);
    this.#lookup = this.reactor.resolve(host, { family, timeout: Infinity }).addCallbacks(
      (address) => this.#request(address),
      (error) => this.end(error),
    );
    return allocation;
  }

  protected override arrived(data: Buffer, from: Address): HookResult {
    const { request } = this.#options;
    switch (this.#stage) {
      case 'resolving':
        return;
      case 'requesting':
        if (isEcho(data, request) && this.#mayAnswer(from)) return this.#echoed(from);
        return;
      case 'allocated':
        if (this.#echoes > 0 && isEcho(data, request)) {
          this.#echoes--;
          return;
        }
        this.counts.received++;
        return this.deliver(data);
    }
  }

  protected override ended(reason: Error): void {
    this.#stopAsking();
    this.#lookup?.cancel();
    // Ended by `flowAllocated`, it was allocated all the same.
    if (this.#stage !== 'allocated' && this.#allocation?.called === false) this.#allocation.errback(reason);
  }

  /** resolving → requesting. */
  #request(address: string): void {
    if (this.state === 'deallocated') return;
    this.#stage = 'requesting';
    // "Any address", as a destination, is the own host, and that is where the echo comes from.
    const host = !isWildcard(address) ? address : this.#options.family === 4 ? '127.0.0.1' : '::1';
    this.#server = { host, port: this.#options.port };
    this.#send();
  }

  #send(): void {
    const { request, attempts } = this.#options;
    try {
      this.unlessClosing(() => this.port.write(request, this.#server));
    } catch (error) {
      this.end(toError(error));
      return;
    }
    this.#sent++;
    if (this.#sent === attempts) return;
    const repeatRequest = (): void => this.#send();
    this.#again = this.reactor.callLater(retryPause(this.#sent, this.reactor.random()), repeatRequest);
  }

  /** Whether an echo from there can be the server's: from its address, but not from the port that was asked. */
  #mayAnswer({ host, port }: Address): boolean {
    const server = this.#server!;
    const sameHost = host === server.host || canonicalHost(host) === canonicalHost(server.host);
    return sameHost ? port !== server.port : this.#options.anyAddress;
  }

  /** requesting → allocated. */
  #echoed(from: Address): HookResult {
    this.#stopAsking();
    try {
      this.connect(from);
    } catch (error) {
      this.end(toError(error));
      return;
    }
    this.#stage = 'allocated';
    this.#echoes = this.#sent - 1;
    this.allocate(this.#handler);
    if (this.#options.announce) this.send(NOTHING);
    try {
      return this.begin();
    } finally {
      if (this.#allocation?.called === false) this.#allocation.callback(this);
    }
  }

  #timedOut(): void {
    const { host, port, timeout } = this.#options;
    this.end(new FlowTimeoutError('echo', this.name, { host, port }, timeout, this.#sent));
  }

  #stopAsking(): void {
    for (const call of [this.#again, this.#deadline]) if (call?.active() === true) call.cancel();
  }
}

const NOTHING = new Uint8Array(0);
