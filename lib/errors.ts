/**
 * The errors that plait throws or hands to callbacks. Each class has a stable `code`, its facts as fields, and `cause`
 * where there is one. Those of timers and of Deferreds stand beside them, in lib/time/errors.ts and
 * lib/deferred/errors.ts; docs/errors.md lists them all.
 */
import { ipFamily } from './address.js';

/** The base of every error that plait makes itself. */
export class PlaitError extends Error {
  /** Stable across releases, for programs: `ERR_PLAIT_…`. */
  readonly code: string;
  override readonly name: string = 'PlaitError';

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A listen could not have its port: in use, not permitted, or no such local address. */
export class CannotListenError extends PlaitError {
  override readonly name: string = 'CannotListenError';
  /** The local address that was asked for. */
  readonly interface: string;
  readonly port: number;

  constructor(host: string, port: number, cause: unknown) {
    super('ERR_PLAIT_CANNOT_LISTEN', `Couldn't listen on ${formatHostPort(host, port)}: ${reasonOf(cause)}`, { cause });
    this.interface = host;
    this.port = port;
  }
}

/** A host that is not an IP literal, or is one of the wrong family, where only an address will do. */
export class InvalidAddressError extends PlaitError {
  override readonly name: string = 'InvalidAddressError';
  /** What was given as the address. */
  readonly address: string;

  constructor(address: string, reason: string, options?: ErrorOptions) {
    super('ERR_PLAIT_INVALID_ADDRESS', `Invalid address ${JSON.stringify(address)}: ${reason}`, options);
    this.address = address;
  }
}

/** A write without an address on an unconnected port, or to another address than the one the port is connected to. */
export class AddressError extends PlaitError {
  override readonly name: string = 'AddressError';
  /** The address given, if one was. */
  readonly address: { readonly host: string; readonly port: number } | undefined;

  constructor(message: string, address?: { readonly host: string; readonly port: number }) {
    super('ERR_PLAIT_ADDRESS', message);
    this.address = address;
  }
}

/** More bytes than the protocol can carry in one message. */
export class MessageLengthError extends PlaitError {
  override readonly name: string = 'MessageLengthError';
  /** Bytes that were to be sent. */
  readonly length: number;
  /** Bytes that can be sent. */
  readonly limit: number;

  constructor(length: number, limit: number) {
    super('ERR_PLAIT_MESSAGE_LENGTH', `A message of ${length} bytes is longer than the ${limit} that can be sent`);
    this.length = length;
    this.limit = limit;
  }
}

/** A write to the broadcast address on a port where `setBroadcastAllowed(true)` was not called. */
export class BroadcastNotAllowedError extends PlaitError {
  override readonly name: string = 'BroadcastNotAllowedError';
  readonly host: string;

  constructor(host: string) {
    super('ERR_PLAIT_BROADCAST_NOT_ALLOWED', `Broadcast to ${host} needs setBroadcastAllowed(true)`);
    this.host = host;
  }
}

/** The thing asked needs a transport, and there is none: not connected yet, or stopped. */
export class NotConnectedError extends PlaitError {
  override readonly name: string = 'NotConnectedError';

  constructor(message = 'Not connected') {
    super('ERR_PLAIT_NOT_CONNECTED', message);
  }
}

/** A second `connect` of a port, or a protocol given the same transport twice. */
export class AlreadyConnectedError extends PlaitError {
  override readonly name: string = 'AlreadyConnectedError';

  constructor(message = 'Already connected') {
    super('ERR_PLAIT_ALREADY_CONNECTED', message);
  }
}

/** The system would not connect: no route, not permitted … `cause` is the system's error where it tells. */
export class ConnectError extends PlaitError {
  override readonly name: string = 'ConnectError';
  readonly host: string;
  readonly port: number;

  constructor(host: string, port: number, cause?: unknown) {
    super(
      'ERR_PLAIT_CONNECT',
      `Couldn't connect to ${formatHostPort(host, port)}${cause === undefined ? '' : `: ${reasonOf(cause)}`}`,
      cause === undefined ? undefined : { cause },
    );
    this.host = host;
    this.port = port;
  }
}

/** Joining or leaving a multicast group failed: not a group, joined already, never joined, no such interface. */
export class MulticastJoinError extends PlaitError {
  override readonly name: string = 'MulticastJoinError';
  readonly group: string;
  /** The interface asked for; '' for the system's choice. */
  readonly interface: string;

  constructor(group: string, networkInterface: string, cause: unknown) {
    super(
      'ERR_PLAIT_MULTICAST_JOIN',
      `Group ${group}${networkInterface === '' ? '' : ` on ${networkInterface}`}: ${reasonOf(cause)}`,
      { cause },
    );
    this.group = group;
    this.interface = networkInterface;
  }
}

/** A name could not be resolved: unknown, no address of the family, or no answer in time. */
export class DNSLookupError extends PlaitError {
  override readonly name: string = 'DNSLookupError';
  /** The name that was looked up. */
  readonly hostname: string;

  constructor(hostname: string, reason: unknown) {
    super(
      'ERR_PLAIT_DNS_LOOKUP',
      `DNS lookup of ${JSON.stringify(hostname)} failed: ${typeof reason === 'string' ? reason : reasonOf(reason)}`,
      typeof reason === 'string' ? undefined : { cause: reason },
    );
    this.hostname = hostname;
  }
}

/** This platform, or this network, cannot do what was asked. */
export class NotSupportedError extends PlaitError {
  override readonly name: string = 'NotSupportedError';
  /** The option or method that is not supported. */
  readonly feature: string;

  constructor(feature: string, why = 'not supported here') {
    super('ERR_PLAIT_NOT_SUPPORTED', `${feature}: ${why}`);
    this.feature = feature;
  }
}

/** The network says that a datagram did not get through: word of an earlier one, which `errorReceived` is given. */
export class UndeliveredError extends PlaitError {
  override readonly name: string = 'UndeliveredError';
  /** The system's code: `ECONNREFUSED` when nobody listens there, `EHOSTUNREACH`, `ENETUNREACH` … */
  readonly reason: string;
  /** Where the datagram was sent to. */
  readonly address: { readonly host: string; readonly port: number };

  constructor(reason: string, address: { readonly host: string; readonly port: number }) {
    super('ERR_PLAIT_UNDELIVERED', `A datagram to ${formatHostPort(address.host, address.port)} was lost: ${reason}`);
    this.reason = reason;
    this.address = address;
  }
}

/** `run` of a reactor that runs. */
export class ReactorAlreadyRunning extends PlaitError {
  override readonly name: string = 'ReactorAlreadyRunning';

  constructor() {
    super('ERR_PLAIT_REACTOR_ALREADY_RUNNING', 'The reactor is running already');
  }
}

/** `stop` or `crash` of a reactor that does not run. */
export class ReactorNotRunning extends PlaitError {
  override readonly name: string = 'ReactorNotRunning';

  constructor() {
    super('ERR_PLAIT_REACTOR_NOT_RUNNING', 'The reactor is not running');
  }
}

/** `removeSystemEventTrigger` of a trigger that is not there: never added, removed before, or run already. */
export class UnknownTriggerError extends PlaitError {
  override readonly name: string = 'UnknownTriggerError';

  constructor() {
    super('ERR_PLAIT_UNKNOWN_TRIGGER', 'No such system event trigger');
  }
}

/** Something other than an Error was thrown or failed with; it stands in `cause`. */
export class ThrownValueError extends PlaitError {
  override readonly name: string = 'ThrownValueError';

  constructor(value: unknown) {
    super('ERR_PLAIT_THROWN_VALUE', `Thrown, but no Error: ${describe(value)}`, { cause: value });
  }
}

/** What was thrown, as an Error: itself, or wrapped in a ThrownValueError. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new ThrownValueError(thrown);
}

function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

/** What a system error says, without its stack. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : describe(cause);
}

function formatHostPort(host: string, port: number): string {
  if (port === 0 && ipFamily(host) === 0) return host; // the file of a UNIX socket
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
