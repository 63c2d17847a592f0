/// <reference types="node" preserve="true" />
/**
 * What users subclass for connections: a Protocol for each, made by a Factory that outlives them.
 *
 * A protocol is given its transport once. Its hooks come in this order: `connectionMade`, any number of `dataReceived`,
 * `connectionLost`, after which there is none.
 */
import type { InternetAddress } from './address.js';
import { AlreadyConnectedError, NotConnectedError } from './errors.js';
import type { HookResult } from './interfaces.js';
import { ATTACHED } from './protocol.js';
import type { Connector, StreamTransport } from './stream.js';

/**
 * A transport may have it: runs something as the protocol's `dataReceived`, for a protocol that has hooks of its own.
 * @internal
 */
export const RUN: unique symbol = Symbol.for('plait.run');

/**
 * A protocol that keeps back what has arrived has it, and the transport calls it: `resumeProducing` was called, on
 * whatever way.
 * @internal
 */
export const RESUMED: unique symbol = Symbol.for('plait.resumed');

/** The base class of protocols on connections. Every hook does nothing until it is overridden. */
export class Protocol<T extends StreamTransport = StreamTransport> {
  #transport: T | undefined;
  /** What made this protocol, where that was a Factory. */
  factory: Factory | undefined = undefined;

  /** The connection. It stays when the connection is lost; writes are ignored then. @throws NotConnectedError before. */
  get transport(): T {
    if (this.#transport === undefined) throw new NotConnectedError(`${this.constructor.name} has no connection`);
    return this.#transport;
  }

  /** Whether this protocol was given a connection. */
  get connected(): boolean {
    return this.#transport !== undefined;
  }

  /** Called when there is a connection. If it throws, the connection is closed. */
  connectionMade(): HookResult {}

  /** Called for what arrives, in any pieces: TCP keeps no boundaries. `data` is this chunk's own. */
  dataReceived(_data: Buffer): HookResult {}

  /** Called once, at the end: a ConnectionDone, ConnectionLost, ConnectionAborted, TLSError, or what a hook has thrown. */
  connectionLost(_reason: Error): HookResult {}

  /** Gives the protocol its connection. Called by the transport's owner, or by a test. @throws AlreadyConnectedError */
  makeConnection(transport: T): HookResult {
    if (this.#transport !== undefined) throw new AlreadyConnectedError('The protocol has a connection already');
    this.#transport = transport;
    (transport as { [ATTACHED]?: (protocol: object) => void })[ATTACHED]?.(this);
    return this.connectionMade();
  }
}

/**
 * Hooks of a protocol that goes on when one direction is closed. Without them, a connection that the peer has finished
 * writing to is closed.
 */
export interface HalfCloseable {
  /** The peer will send no more. */
  readConnectionLost(): HookResult;
  /** What this end had to write has left: `loseWriteConnection` is done. */
  writeConnectionLost(): HookResult;
}

/** A class of protocols that can be made without arguments, or with those given to `forProtocol`. */
export type ProtocolClass<P extends Protocol = Protocol, A extends unknown[] = never[]> = new (...args: A) => P;

/** Makes a protocol for each connection. Set `protocol`, or override `buildProtocol`. */
export class Factory<P extends Protocol = Protocol> {
  /** The class that `buildProtocol` makes protocols of. */
  protocol?: ProtocolClass<P, []>;
  #args: unknown[] = [];
  #ports = 0;

  /** A factory of protocols of a class, each made with these arguments. */
  static forProtocol<P extends Protocol, A extends unknown[]>(protocol: ProtocolClass<P, A>, ...args: A): Factory<P> {
    const factory = new this<P>();
    factory.protocol = protocol as unknown as ProtocolClass<P, []>;
    factory.#args = args;
    return factory;
  }

  /** Called for each connection, before it has a protocol. Null closes the connection. */
  buildProtocol(_peer: InternetAddress): P | null {
    if (this.protocol === undefined) return null;
    const protocol = new (this.protocol as unknown as new (...args: unknown[]) => P)(...this.#args);
    protocol.factory = this;
    return protocol;
  }

  /** Called when this factory is given its first port or connector. */
  startFactory(): HookResult {}

  /** Called when the last of its ports and connectors is gone. */
  stopFactory(): HookResult {}

  /** Called by ports and connectors; runs `startFactory` for the first. */
  doStart(): HookResult {
    if (this.#ports++ === 0) return this.startFactory();
  }

  /** Called by ports and connectors; runs `stopFactory` after the last. Harmless when there is none. */
  doStop(): HookResult {
    if (this.#ports === 0) return;
    if (--this.#ports === 0) return this.stopFactory();
  }
}

/** A factory for connections that are made from here. */
export class ClientFactory<P extends Protocol = Protocol> extends Factory<P> {
  /** Called when an attempt begins, also a further one. `connector.stopConnecting()` is legal here. */
  startedConnecting(_connector: Connector): HookResult {}

  /** Called when there is no connection. `connector.connect()` tries again. */
  clientConnectionFailed(_connector: Connector, _reason: Error): HookResult {}

  /** Called after the protocol's `connectionLost`. `connector.connect()` connects again. */
  clientConnectionLost(_connector: Connector, _reason: Error): HookResult {}
}
