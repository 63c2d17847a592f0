/**
 * What a simulated network throws of its own. Each message ends with the seed, by which the run can be repeated.
 */
import { PlaitError } from '../../lib/errors.js';

/** Opening something on a reactor whose host has crashed. */
export class HostDownError extends PlaitError {
  override readonly name: string = 'HostDownError';
  /** The name of the host. */
  readonly host: string;

  constructor(host: string) {
    super('ERR_PLAIT_HOST_DOWN', `The host ${host} is down`);
    this.host = host;
  }
}

/** A name or object that is no host of this network. */
export class UnknownHostError extends PlaitError {
  override readonly name: string = 'UnknownHostError';
  readonly host: string;

  constructor(host: string) {
    super('ERR_PLAIT_UNKNOWN_HOST', `No host ${JSON.stringify(host)} on this network`);
    this.host = host;
  }
}

/** A host name or an address that another host of the network has already. */
export class HostExistsError extends PlaitError {
  override readonly name: string = 'HostExistsError';
  /** The name or address. */
  readonly host: string;

  constructor(host: string) {
    super('ERR_PLAIT_HOST_EXISTS', `The network has a host ${JSON.stringify(host)} already`);
    this.host = host;
  }
}

/** Conditions of a link, or options of a host or network, outside their range. */
export class ConditionError extends PlaitError {
  override readonly name: string = 'ConditionError';
  /** The option. */
  readonly condition: string;
  readonly value: unknown;

  constructor(condition: string, value: unknown, range: string) {
    super('ERR_PLAIT_CONDITION', `${condition} is ${range}, not ${String(value)}`);
    this.condition = condition;
    this.value = value;
  }
}

/** `runUntil` or `runUntilIdle` came to its timeout. */
export class SimulationTimeoutError extends PlaitError {
  override readonly name: string = 'SimulationTimeoutError';
  /** Simulated seconds that passed. */
  readonly timeout: number;
  /** What was still to happen: timed calls, datagrams on their way. */
  readonly pending: readonly string[];

  constructor(what: string, timeout: number, pending: readonly string[]) {
    const list = pending.length === 0 ? 'nothing is pending' : `pending:\n  ${pending.slice(0, 20).join('\n  ')}`;
    const more = pending.length > 20 ? `\n  and ${pending.length - 20} more` : '';
    super('ERR_PLAIT_SIMULATION_TIMEOUT', `${what} within ${timeout} s; ${list}${more}`);
    this.timeout = timeout;
    this.pending = pending;
  }
}
