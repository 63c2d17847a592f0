/// <reference types="node" preserve="true" />
/**
 * Flow allocation: a client asks a server by name for an application, and both get a port of their own for what they
 * have to say to each other. The names are the whole address: which port an application is on nobody needs to know.
 *
 *     idle ── listen ──▶ listening ── its port stops ──▶ idle
 *
 * Flows do not depend on that: they can be asked for without listening, and outlive the listening. While `stop` is at
 * work nothing can be begun; afterwards everything can.
 */
import { ipFamily } from '../../lib/address.js';
import type { Deferred } from '../../lib/deferred/deferred.js';
import { DeferredList } from '../../lib/deferred/deferred-list.js';
import { AlreadyConnectedError, InvalidAddressError, NotConnectedError } from '../../lib/errors.js';
import type { UDPPort } from '../../lib/interfaces.js';
import {
  type FlowAllocateOptions,
  checkCount,
  checkedOptions,
  checkPositive,
  type FlowAllocatorOptions,
  type FlowListenOptions,
} from './allocator-options.js';
import { FlowNameError } from './errors.js';
import type { FlowEndOwner, FlowReactor } from './flow-end.js';
import { FlowListener, type FlowRequestStats } from './flow-listener.js';
import type { AcceptFlow, Flow, FlowHandler, FlowProtocol } from './flow-protocol.js';
import { RequestedFlow } from './requested-flow.js';
import { encodeRequest, LISTEN_PORT } from './wire.js';

/** Asks other hosts for flows, and takes the requests of others for the applications of this one. */
export class FlowAllocator implements AsyncDisposable {
  /** The port that is listened on for requests, 0x0D1F. */
  static readonly PORT: number = LISTEN_PORT;

  readonly #ends: FlowEndOwner;
  readonly #listener: FlowListener;
  readonly #names = new Map<string, AcceptFlow>();
  readonly #flows = new Set<Flow>();
  readonly #stats: { -readonly [K in keyof FlowRequestStats]: number } = {
    requests: 0,
    accepted: 0,
    rejected: 0,
    unknown: 0,
    limited: 0,
    evicted: 0,
    expired: 0,
  };
  #port: UDPPort | undefined;
  #lastPortId = 0;
  /** Calls of `stop` that are at work. */
  #stops = 0;

  /** @throws RangeError for an option outside its range. */
  constructor(reactor: FlowReactor, options: FlowAllocatorOptions = {}) {
    const checked = checkedOptions(options);
    this.#ends = { reactor, times: checked.times, closed: (flow) => this.#flows.delete(flow) };
    this.#listener = new FlowListener({
      options: checked,
      names: this.#names,
      stats: this.#stats,
      ends: this.#ends,
      nextPortId: () => ++this.#lastPortId,
      opened: (flow) => this.#flows.add(flow),
      stopped: () => (this.#port = undefined),
    });
  }

  /** The flows whose port is open: pending, allocated, or about to close. */
  get flows(): ReadonlySet<Flow> {
    return this.#flows;
  }

  /** What became of the requests that have come. */
  get stats(): FlowRequestStats {
    return this.#stats;
  }

  /**
   * Opens the port to which others send their requests. The ports of the flows are opened on the same address.
   * @throws CannotListenError, InvalidAddressError, RangeError as `listenUDP` does.
   * @throws AlreadyConnectedError when it listens already. @throws NotConnectedError while it is stopping.
   */
  listen(options: FlowListenOptions = {}): UDPPort {
    this.#checkNotStopping();
    if (this.#port !== undefined) throw new AlreadyConnectedError('The allocator listens already');
    const { port = LISTEN_PORT, interface: networkInterface = '0.0.0.0' } = options;
    this.#port = this.#ends.reactor.listenUDP(port, this.#listener, { interface: networkInterface });
    return this.#port;
  }

  /**
   * Ends all flows, also those that are being asked for, and stops listening. The Deferred fires when all ports are
   * closed. Harmless twice.
   */
  stop(): Deferred<void> {
    this.#stops++;
    const closing = [...this.#flows].map((flow) => flow.deallocate());
    if (this.#port !== undefined) closing.push(this.#port.stopListening());
    return new DeferredList<readonly unknown[]>(closing).addCallback(() => {
      this.#stops--;
    });
  }

  /** As `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /**
   * Gives an application a name. `accept` is called for each request for it, and answers with the protocol of the new
   * flow, or with null to reject it, now or later. What it throws rejects the request, and is reported.
   * @throws FlowNameError unless the name has 1…255 bytes and no NUL, and is free.
   */
  register(name: string, accept: AcceptFlow): void {
    encodeRequest(name);
    if (typeof accept !== 'function') throw new TypeError('An application is registered with a function');
    if (this.#names.has(name)) throw new FlowNameError(name, 'is registered already');
    this.#names.set(name, accept);
  }

  /** Takes a name away. Its flows stay, and requests that the application was asked about already. Harmless twice. */
  unregister(name: string): void {
    this.#names.delete(name);
  }

  /**
   * Asks a host for a flow to an application. `host` may be a name. The Deferred fires with the flow when the server has
   * echoed the request, after `flowAllocated`; to cancel it is to give up. It fails with
   *
   * - FlowTimeoutError when there was no echo: nobody listens there, the name is not known, the request was rejected (by
   *   a server that echoes on acceptance), or too much was lost;
   * - DNSLookupError; CancelledError, when it was cancelled, or all was stopped; the signal's reason.
   *
   * An echo does not say that the application has accepted: a server that echoes at once and then rejects shows as
   * PeerGone when something is sent.
   * @throws FlowNameError unless the name has 1…255 bytes and no NUL.
   * @throws CannotListenError when this end can have no port. @throws InvalidAddressError for an interface that is no IP
   *   literal, or not of the host's family. @throws RangeError for an option outside its range.
   * @throws AlreadyConnectedError when the protocol has a flow. @throws NotConnectedError while the allocator is stopping.
   */
  allocate(name: string, host: string, protocol: FlowHandler, options: FlowAllocateOptions = {}): Deferred<Flow> {
    this.#checkNotStopping();
    const request = encodeRequest(name);
    const { port = LISTEN_PORT, timeout = 20, attempts = 6 } = options;
    const { anyAddress = false, announce = false, signal } = options;
    if (!(Number.isInteger(port) && port >= 1 && port <= 65535)) {
      throw new RangeError(`A port is an integer between 1 and 65535, not ${String(port)}`);
    }
    checkPositive('timeout', timeout);
    checkCount('attempts', attempts);
    if (typeof host !== 'string') throw new TypeError('A host is a string');
    if (typeof protocol !== 'object' || protocol === null) {
      throw new TypeError('The protocol of a flow is an object with hooks');
    }
    const networkInterface = this.#interfaceFor(host, options.interface);
    const flow = new RequestedFlow(
      this.#ends,
      { portId: ++this.#lastPortId, name, interface: networkInterface },
      {
        request,
        host,
        port,
        family: networkInterface.includes(':') ? 6 : 4,
        timeout,
        attempts,
        anyAddress,
        announce,
        signal,
      },
      protocol,
    );
    this.#flows.add(flow);
    try {
      (protocol as Partial<FlowProtocol>).attach?.(flow);
    } catch (error) {
      void flow.deallocate();
      throw error;
    }
    return flow.ask();
  }

  /** The local address for a flow to a host. @throws InvalidAddressError when the families differ. */
  #interfaceFor(host: string, asked: string | undefined): string {
    const family = ipFamily(host);
    if (asked !== undefined) {
      const own = ipFamily(asked);
      if (own !== 0 && family !== 0 && own !== family) {
        throw new InvalidAddressError(host, `allocate() takes an address of the interface's family, IPv${own}`);
      }
      return asked;
    }
    const listening = this.#port?.getHost().host;
    if (listening !== undefined && (family === 0 || family === ipFamily(listening))) return listening;
    return family === 6 ? '::' : '0.0.0.0';
  }

  #checkNotStopping(): void {
    if (this.#stops > 0) throw new NotConnectedError('The allocator is stopping');
  }
}
