/**
 * What connections end with, and why they do not come about.
 */
import { PlaitError } from './errors.js';

/** A connection is over. Every `connectionLost` is given one of these, or what a hook of the protocol has thrown. */
export class ConnectionClosed extends PlaitError {
  override readonly name: string = 'ConnectionClosed';

  constructor(code = 'ERR_PLAIT_CONNECTION_CLOSED', message = 'The connection is closed', options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** It was closed in good order, by either end. */
export class ConnectionDone extends ConnectionClosed {
  override readonly name: string = 'ConnectionDone';

  constructor() {
    super('ERR_PLAIT_CONNECTION_DONE', 'The connection was closed cleanly');
  }
}

/** It broke: the peer reset it, or was not there any more. `cause` is the system's error. */
export class ConnectionLost extends ConnectionClosed {
  override readonly name: string = 'ConnectionLost';

  constructor(cause?: unknown) {
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    super('ERR_PLAIT_CONNECTION_LOST', `The connection was lost${why}`, cause === undefined ? undefined : { cause });
  }
}

/** This end aborted it. */
export class ConnectionAborted extends ConnectionClosed {
  override readonly name: string = 'ConnectionAborted';

  constructor() {
    super('ERR_PLAIT_CONNECTION_ABORTED', 'The connection was aborted');
  }
}

/** What a connection was to be made to. */
export interface Destination {
  readonly host: string;
  readonly port: number;
}

/** Nobody listens there. */
export class ConnectionRefusedError extends PlaitError {
  override readonly name: string = 'ConnectionRefusedError';
  readonly host: string;
  readonly port: number;

  constructor({ host, port }: Destination, cause?: unknown) {
    super('ERR_PLAIT_CONNECTION_REFUSED', `Connection refused by ${place(host, port)}`, { cause });
    this.host = host;
    this.port = port;
  }
}

/** No answer within the time given. */
export class ConnectTimeoutError extends PlaitError {
  override readonly name: string = 'ConnectTimeoutError';
  readonly host: string;
  readonly port: number;
  /** Seconds; undefined where the system gave up by its own measure. */
  readonly timeout: number | undefined;

  constructor({ host, port }: Destination, timeout: number | undefined, cause?: unknown) {
    const within = timeout === undefined ? '' : ` within ${timeout} s`;
    super('ERR_PLAIT_CONNECT_TIMEOUT', `No connection to ${place(host, port)}${within}`, { cause });
    this.host = host;
    this.port = port;
    this.timeout = timeout;
  }
}

/** The program gave up connecting: `stopConnecting`, or `disconnect` while connecting. */
export class UserAbortError extends PlaitError {
  override readonly name: string = 'UserAbortError';

  constructor() {
    super('ERR_PLAIT_USER_ABORT', 'Connecting was given up');
  }
}

/** A connector is asked for what its state does not allow. */
export class ConnectorStateError extends PlaitError {
  override readonly name: string = 'ConnectorStateError';
  readonly state: string;

  constructor(method: string, state: string) {
    super('ERR_PLAIT_CONNECTOR_STATE', `${method}: the connector is ${state}`);
    this.state = state;
  }
}

/** A second producer is registered, or a producer is used against its state. */
export class ProducerError extends PlaitError {
  override readonly name: string = 'ProducerError';

  constructor(message: string) {
    super('ERR_PLAIT_PRODUCER', message);
  }
}

/** `buildProtocol` gave no protocol to the connection that an endpoint has made. */
export class NoProtocolError extends PlaitError {
  override readonly name: string = 'NoProtocolError';

  constructor() {
    super('ERR_PLAIT_NO_PROTOCOL', 'The factory built no protocol');
  }
}

/** The peers did not agree on TLS: a certificate that is not trusted, no common version, or bytes that are no TLS. */
export class TLSError extends PlaitError {
  override readonly name: string = 'TLSError';

  constructor(cause: unknown) {
    super('ERR_PLAIT_TLS', `TLS failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function place(host: string, port: number): string {
  if (port === 0) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
