/// <reference types="node" preserve="true" />
/**
 * Plain objects as protocols of connections: an object with some of the hooks is wrapped in a Protocol that calls them
 * with the transport as last argument. Each connection gets a wrapper of its own, so one object can serve many.
 */
import type { HookResult } from '../lib/interfaces.js';
import type { StreamHandler } from '../lib/stream.js';
import { Protocol } from '../lib/stream-protocol.js';

/** The protocol that stands for what a factory has made: itself, where it is one. @throws TypeError for no object with hooks */
export function asStreamProtocol(made: Protocol | StreamHandler): Protocol {
  if (typeof made !== 'object' || made === null || typeof (made as { then?: unknown }).then === 'function') {
    throw new TypeError('A factory builds a protocol, an object with hooks, or null');
  }
  if (typeof (made as Protocol).makeConnection === 'function') return made as Protocol;
  return new PlainProtocol(made as StreamHandler);
}

/** What the user has given as the protocol. */
export function handlerOf(protocol: object): object {
  return protocol instanceof PlainProtocol ? protocol.handler : protocol;
}

class PlainProtocol extends Protocol {
  readonly handler: StreamHandler;
  /** These hooks are looked for: a protocol that has them is treated differently. */
  declare readConnectionLost?: () => HookResult;
  declare writeConnectionLost?: () => HookResult;
  declare handshakeCompleted?: () => HookResult;

  constructor(handler: StreamHandler) {
    super();
    this.handler = handler;
    for (const hook of ['readConnectionLost', 'writeConnectionLost', 'handshakeCompleted'] as const) {
      if (handler[hook] !== undefined) this[hook] = () => handler[hook]!(this.transport);
    }
  }

  override connectionMade(): HookResult {
    return this.handler.connectionMade?.(this.transport);
  }

  override dataReceived(data: Buffer): HookResult {
    return this.handler.dataReceived?.(data, this.transport);
  }

  override connectionLost(reason: Error): HookResult {
    return this.handler.connectionLost?.(reason, this.transport);
  }
}
