/// <reference types="node" preserve="true" />
/**
 * Two hosts of a simulated network with a connection between them, for tests of its TCP.
 */
import { ConnectionDone, type ConnectTCPOptions, type Reactor, type StreamTransport } from '../../../index.js';
import type { HarmControl } from '../../../reactor/simulated/harm.js';
import { type SimulatedHost, SimulatedNetwork, type SimulatedNetworkOptions } from '../../../testing.js';
import { ClientRecorder, HalfRecorder, once, pattern, Recorder } from '../../../testing/contract/stream-stage.js';

/** Simulated seconds that a connection may take which the network makes every trouble: TCP gives up by itself before. */
export const LONG = 10_000;

export class TCPWorld {
  readonly network: SimulatedNetwork;
  readonly here: SimulatedHost;
  readonly there: SimulatedHost;

  constructor(options: SimulatedNetworkOptions = {}, harm?: HarmControl) {
    this.network = harm === undefined ? new SimulatedNetwork(options) : new SimulatedNetwork(options, harm);
    this.here = this.network.host('here');
    this.there = this.network.host('there');
  }

  listen(server: Recorder, reactor: Reactor = this.there.reactor): void {
    reactor.listenTCP(7, once(server));
  }

  /** Connects `here` to `there`. */
  connect(client: Recorder, options: ConnectTCPOptions = {}): ClientRecorder {
    const factory = new ClientRecorder(once(client));
    this.here.reactor.connectTCP(this.there.address, 7, factory, options);
    return factory;
  }

  /** Both ends of a connection that is there. */
  pair<S extends Recorder, C extends Recorder>(server: S, client: C): { server: S; client: C };
  pair(): { server: Recorder; client: Recorder };
  pair(server = new Recorder(), client = new Recorder()): { server: Recorder; client: Recorder } {
    this.listen(server);
    this.connect(client);
    this.network.runUntil(() => server.made && client.made, { timeout: 100 });
    return { server, client };
  }

  /** Runs until all of them have lost their connection. */
  untilLost(...protocols: Recorder[]): void {
    this.network.runUntil(() => protocols.every(({ reason }) => reason !== undefined), { timeout: LONG });
  }
}

/** What is sent each way, and in what pieces, one every few milliseconds. */
export interface Exchange {
  readonly there: number;
  readonly back: number;
  readonly piece: number;
}

/** Sends bytes each way and closes. Answers what went wrong; undefined where nothing did, or no connection came about. */
export function exchange(world: TCPWorld, { there, back, piece }: Exchange): string | undefined {
  const [server, client] = [new Speaker(back, piece), new Speaker(there, piece)];
  world.listen(server);
  const factory = world.connect(client, { timeout: Infinity });
  world.network.runUntil(() => factory.stopped, { timeout: LONG });
  if (factory.reasons[0]?.name === 'ConnectTimeoutError' && !server.made) return undefined;
  world.network.runUntil(() => server.reason !== undefined, { timeout: LONG });
  for (const [name, end, expected] of [
    ['server', server, there],
    ['client', client, back],
  ] as const) {
    if (!(end.reason instanceof ConnectionDone)) return `${name}: ${String(end.reason)}`;
    if (!end.data.equals(pattern(expected))) return `${name}: ${end.bytes} bytes instead of ${expected}, or others`;
  }
  return undefined;
}

/** Says what it has to in pieces, closes its way, and hears the other to the end. */
class Speaker extends HalfRecorder {
  constructor(size: number, piece: number) {
    const data = pattern(size);
    const speak = (transport: StreamTransport, from: number): void => {
      transport.write(data.subarray(from, from + piece));
      if (from + piece >= size) transport.loseWriteConnection();
      else transport.reactor.callLater(0.002, speak, transport, from + piece);
    };
    super({ connectionMade: ({ transport }) => speak(transport, 0) });
  }
}
