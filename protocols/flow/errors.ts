/**
 * What can be wrong with a flow.
 */
import type { Address } from '../../lib/address.js';
import { PlaitError } from '../../lib/errors.js';

/** What cannot be the name of an application, or is that of another one. Nothing was sent. */
export class FlowNameError extends PlaitError {
  override readonly name: string = 'FlowNameError';
  /** The name that was given. */
  readonly flowName: string;

  constructor(flowName: string, why: string) {
    super('ERR_PLAIT_FLOW_NAME', `The name ${JSON.stringify(shortened(flowName))} ${why}`);
    this.flowName = flowName;
  }
}

/** What did not come in time: the echo of a request, the first datagram on a new flow, or any datagram at all. */
export type FlowAwaited = 'echo' | 'use' | 'data';

/**
 * Nothing came from the peer in time. `allocate` fails with it when there was no echo: lost, unknown name, rejected. To
 * `flowDeallocated` it is given when a flow was not used, or was idle.
 */
export class FlowTimeoutError extends PlaitError {
  override readonly name: string = 'FlowTimeoutError';
  /** What did not come. */
  readonly awaited: FlowAwaited;
  /** The name of the flow. */
  readonly flowName: string;
  /** The peer that was silent. For `echo` the host is as it was given to `allocate`. */
  readonly host: string;
  readonly port: number;
  /** Seconds that it was waited for. */
  readonly timeout: number;
  /** Requests that were sent; 0 when it was not an echo that did not come. */
  readonly attempts: number;

  constructor(awaited: FlowAwaited, flowName: string, peer: Address, timeout: number, attempts = 0) {
    super('ERR_PLAIT_FLOW_TIMEOUT', messageOf(awaited, flowName, peer, timeout, attempts));
    this.awaited = awaited;
    this.flowName = flowName;
    this.host = peer.host;
    this.port = peer.port;
    this.timeout = timeout;
    this.attempts = attempts;
  }
}

/**
 * The peer's end of the flow is not there any more, or never was: it was rejected, deallocated, or died, or the peer has
 * begun anew from the same port.
 */
export class PeerGone extends PlaitError {
  override readonly name: string = 'PeerGone';
  /** The name of the flow. */
  readonly flowName: string;
  /** The peer's end. */
  readonly host: string;
  readonly port: number;

  constructor(flowName: string, peer: Address, why = 'nobody listens there') {
    super('ERR_PLAIT_PEER_GONE', `The peer of flow ${JSON.stringify(flowName)}, ${textOf(peer)}, is gone: ${why}`);
    this.flowName = flowName;
    this.host = peer.host;
    this.port = peer.port;
  }
}

function messageOf(awaited: FlowAwaited, flowName: string, peer: Address, timeout: number, attempts: number): string {
  const flow = JSON.stringify(flowName);
  switch (awaited) {
    case 'echo':
      return `No echo of ${flow} from ${textOf(peer)} within ${timeout} s, after ${attempts} request${attempts === 1 ? '' : 's'}`;
    case 'use':
      return `${textOf(peer)} asked for flow ${flow} and has not used it for ${timeout} s`;
    case 'data':
      return `Nothing was heard of ${textOf(peer)} on flow ${flow} for ${timeout} s`;
  }
}

function shortened(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40)}…` : name;
}

function textOf({ host, port }: Address): string {
  return String(host).includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
