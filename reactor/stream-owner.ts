/**
 * What connections, the ports that take them and connectors ask of whoever opened them.
 */
import type { Deferred } from '../lib/deferred/deferred.js';
import type { Origin, ReactorRandom, ReactorTime, ResolveOptions } from '../lib/interfaces.js';
import type {
  Channel,
  ConnectSpec,
  Driver,
  ListenerSink,
  ListenSpec,
  StreamListener,
  StreamSink,
  StreamSocket,
} from './network.js';
import type { TCPConnection } from './tcp-connection.js';

export interface StreamOwner {
  /** What protocols see as `transport.reactor`. */
  readonly reactor: ReactorTime & ReactorRandom;
  readonly streamChannels: StreamChannels;
  /** The connections that have a protocol. */
  readonly connections: Set<TCPConnection>;
  /** The reactor is closing what it has: nothing is made again. */
  readonly shuttingDown: boolean;
  soon(f: () => void): void;
  report(error: unknown, origin: Origin): void;
  asError(thrown: unknown): Error;
  deferred<T>(canceller?: (deferred: Deferred<T>) => void): Deferred<T>;
  resolve(name: string, options: ResolveOptions): Deferred<string>;
  listenStream(spec: ListenSpec, sink: ListenerSink): StreamListener;
  connectStream(spec: ConnectSpec, sink: StreamSink): StreamSocket;
}

/** The points of observation of connections. Facts carry the port or connection and what the name says. */
export interface StreamChannels {
  readonly listening: Channel;
  readonly connected: Channel;
  readonly send: Channel;
  readonly receive: Channel;
  readonly close: Channel;
}

export function streamChannels(driver: Pick<Driver, 'channel'>): StreamChannels {
  return {
    listening: driver.channel('tcp:listening'),
    connected: driver.channel('tcp:connected'),
    send: driver.channel('tcp:send'),
    receive: driver.channel('tcp:receive'),
    close: driver.channel('tcp:close'),
  };
}
