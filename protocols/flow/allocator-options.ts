/// <reference types="node" preserve="true" />
/**
 * What a FlowAllocator, its `listen` and its `allocate` may be told, what is meant when they are not, and the checks.
 */
import type { LivenessTimes } from './liveness.js';

/** Options of a FlowAllocator. All times are seconds. */
export interface FlowAllocatorOptions {
  /**
   * When a request is echoed: `immediate`, before the application is asked, as the protocol was specified; or
   * `on-accept`, when it has accepted, so that the client knows. `immediate` when left out.
   */
  echo?: 'immediate' | 'on-accept';
  /** For the application to answer, and then for the client to use the flow; more than 0, 20 when left out. */
  pendingTimeout?: number;
  /** A flow on which nothing comes for so long ends. More than 0; without limit when left out. */
  idleTimeout?: number;
  /**
   * When nothing was sent on a flow for so long, an empty datagram is sent; and empty datagrams that come are taken for
   * such, and not handed to the application. More than 0; not done when left out.
   */
  keepalive?: number;
  /** Flows asked for that are not yet both accepted and used by the client; 1 or more, 1024 when left out. */
  maxPending?: number;
  /** The same for each client's address; 16 when left out. */
  maxPendingPerAddress?: number;
  /** Requests, copies too, a second and client's address; more than 0, 20 when left out. */
  requestRate?: number;
}

/** Options of `listen`. */
export interface FlowListenOptions {
  /** The local address, an IP literal. `0.0.0.0` when left out, where only a host's primary address works. */
  interface?: string;
  /** 0…65535, 0 for any free one; 3359 when left out. */
  port?: number;
}

/** Options of `allocate`. */
export interface FlowAllocateOptions {
  /** The port on which the server listens, 1…65535; 3359 when left out. */
  port?: number;
  /**
   * The local address, an IP literal; its family is the family in which a name is resolved. When left out: the one that
   * is listened on, if it is of the host's family; otherwise `0.0.0.0`, or `::` for the address of an IPv6 host.
   */
  interface?: string;
  /** Seconds until it fails, looking up the name included; more than 0, Infinity for no limit, 20 when left out. */
  timeout?: number;
  /** The most requests that are sent, 1 or more; 6 when left out. The timeout decides when it has failed. */
  attempts?: number;
  /**
   * Takes the echo from any address, not only from the one that was asked: for servers with several addresses that do
   * not mind which one they answer from.
   */
  anyAddress?: boolean;
  /**
   * Sends an empty datagram at once, for flows on which the server speaks first: it may send little before it has heard
   * something.
   */
  announce?: boolean;
  /** Gives up when it aborts; the failure is then the signal's reason. */
  signal?: AbortSignal;
}

/** The options of an allocator with nothing left out. */
export interface CheckedOptions {
  readonly echo: 'immediate' | 'on-accept';
  readonly pendingTimeout: number;
  readonly times: LivenessTimes;
  readonly maxPending: number;
  readonly maxPendingPerAddress: number;
  readonly requestRate: number;
}

/** @throws RangeError */
export function checkedOptions(options: FlowAllocatorOptions): CheckedOptions {
  const { echo = 'immediate', pendingTimeout = 20, maxPending = 1024, maxPendingPerAddress = 16 } = options;
  const { requestRate = 20, idleTimeout = Infinity, keepalive = Infinity } = options;
  if (echo !== 'immediate' && echo !== 'on-accept') {
    throw new RangeError(`echo is 'immediate' or 'on-accept', not ${String(echo)}`);
  }
  checkPositive('pendingTimeout', pendingTimeout);
  if (pendingTimeout === Infinity) throw new RangeError('pendingTimeout is finite');
  checkPositive('idleTimeout', idleTimeout);
  checkPositive('keepalive', keepalive);
  checkPositive('requestRate', requestRate);
  checkCount('maxPending', maxPending);
  checkCount('maxPendingPerAddress', maxPendingPerAddress);
  const times = { idleTimeout: finite(idleTimeout), keepalive: finite(keepalive) };
  return { echo, pendingTimeout, times, maxPending, maxPendingPerAddress, requestRate };
}

/** @throws RangeError unless it is more than 0. */
export function checkPositive(what: string, value: number): void {
  if (!(typeof value === 'number' && value > 0)) throw new RangeError(`${what} is more than 0, not ${String(value)}`);
}

/** @throws RangeError unless it is an integer of 1 or more. */
export function checkCount(what: string, value: number): void {
  if (!(Number.isSafeInteger(value) && value >= 1)) {
    throw new RangeError(`${what} is an integer of 1 or more, not ${String(value)}`);
  }
}

function finite(value: number): number | undefined {
  return value === Infinity ? undefined : value;
}
