/**
 * What a port asks of whoever opened it: a reactor, or a fake transport in a test.
 */
import type { Deferred } from '../lib/deferred/deferred.js';
import type { Origin, ReactorRandom, ReactorTime, ResolveOptions } from '../lib/interfaces.js';
import type { Channel, Driver } from './network.js';

export interface PortOwner {
  /** What protocols see as `transport.reactor`. */
  readonly reactor: ReactorTime & ReactorRandom;
  readonly channels: UDPChannels;
  /** Calls `f` in a later turn. */
  soon(f: () => void): void;
  /** Reports an error of user code, once. */
  report(error: unknown, origin: Origin): void;
  /** A Deferred whose unhandled failure is reported to this owner. */
  deferred<T>(): Deferred<T>;
  resolve(name: string, options: ResolveOptions): Deferred<string>;
  /** The port is closed: it holds nothing any more. */
  closed(port: object): void;
}

/** The points of observation of UDP ports. Facts carry the port and what the name says. */
export interface UDPChannels {
  readonly listening: Channel;
  readonly send: Channel;
  readonly receive: Channel;
  readonly drop: Channel;
  readonly refused: Channel;
  readonly error: Channel;
  readonly close: Channel;
}

export function udpChannels(driver: Pick<Driver, 'channel'>): UDPChannels {
  return {
    listening: driver.channel('udp:listening'),
    send: driver.channel('udp:send'),
    receive: driver.channel('udp:receive'),
    drop: driver.channel('udp:drop'),
    refused: driver.channel('udp:refused'),
    error: driver.channel('udp:error'),
    close: driver.channel('udp:close'),
  };
}
