/// <reference types="node" preserve="true" />
/**
 * The TCP of a simulated host: who listens, which connections there are, and whose a segment is. What is nobody's is
 * answered with a RST.
 */
import { type Address, canonicalHost, internetAddress, ipFamily, isLoopback, isWildcard } from '../../lib/address.js';
import { NotSupportedError } from '../../lib/errors.js';
import type { ConnectSpec, ListenerSink, ListenSpec, StreamListener, StreamSink, StreamSocket } from '../network.js';
import { HostDownError } from './errors.js';
import { frozen } from './fabric.js';
import type { HostStack } from './host-stack.js';
import type { Packet } from './packet.js';
import { SimulatedStreamSocket } from './stream-socket.js';
import { systemError } from './system.js';
import { type Segment, TCP_HEADERS } from './tcp-segment.js';

/** Bytes of data in a segment: what Ethernet leaves, or the loopback interface. */
const ETHERNET = 1500;
const LOOPBACK = 65536;

/** Calls in a later turn of the program, unless it is gone. */
type Soon = (f: () => void) => void;

interface Listening {
  readonly address: Address;
  readonly sink: ListenerSink;
  readonly soon: Soon;
}

export class TCPStack {
  readonly #host: HostStack;
  #listening: Listening[] = [];
  #connections = new Map<string, SimulatedStreamSocket>();

  constructor(host: HostStack) {
    this.#host = host;
  }

  listen({ place }: ListenSpec, sink: ListenerSink, soon: Soon): StreamListener {
    if (!this.#host.up) throw new HostDownError(this.#host.name);
    if ('path' in place) throw new NotSupportedError('listenUNIX', 'the simulated network has no UNIX sockets');
    let listening: Listening | undefined;
    soon(() => {
      try {
        listening = { address: this.#bind(place), sink, soon };
      } catch (error) {
        sink.failed(error as Error);
        return;
      }
      this.#listening.push(listening);
      this.#host.note('opened', listening.address);
      sink.bound(internetAddress('TCP', listening.address.host, listening.address.port));
    });
    return {
      close: (done) => {
        const index = listening === undefined ? -1 : this.#listening.indexOf(listening);
        if (index !== -1) {
          this.#listening.splice(index, 1);
          this.#host.note('closed', listening!.address);
        }
        soon(done);
      },
    };
  }

  connect({ place, local }: ConnectSpec, sink: StreamSink, soon: Soon): StreamSocket {
    if (!this.#host.up) throw new HostDownError(this.#host.name);
    if ('path' in place) throw new NotSupportedError('connectUNIX', 'the simulated network has no UNIX sockets');
    const to = { host: canonicalHost(place.host) ?? place.host, port: place.port };
    const host = this.#host.source(local?.host ?? (ipFamily(to.host) === 4 ? '0.0.0.0' : '::'), to.host);
    const port = local === undefined || local.port === 0 ? this.#freePort() : local.port;
    const key = keyOf(host, port, to.host, to.port);
    if (this.#connections.has(key)) throw systemError('EADDRINUSE', `connect EADDRINUSE ${host}:${port}`);
    return this.#open(key, frozen(host, port), frozen(to.host, to.port), soon, sink, () => sink.connected());
  }

  receive(packet: Packet): void {
    const segment = packet.segment!;
    const { from, to } = packet;
    this.#host.delivered(packet);
    const connection = this.#connections.get(keyOf(to.host, to.port, from.host, from.port));
    if (connection !== undefined) connection.end.receive(segment, packet.data);
    else if (segment.syn && !segment.ack) this.#answer(packet);
    else this.#refuse(packet);
  }

  crash(): void {
    for (const connection of this.#connections.values()) connection.vanish();
    this.#connections = new Map();
    this.#listening = [];
  }

  /** Someone knocks. */
  #answer(packet: Packet): void {
    const { from, to } = packet;
    const listening = this.#listening.find(({ address }) => address.port === to.port && takes(address.host, to.host));
    if (listening === undefined) {
      this.#refuse(packet);
      return;
    }
    const key = keyOf(to.host, to.port, from.host, from.port);
    const socket = this.#open(key, frozen(to.host, to.port), from, listening.soon, undefined, () => {
      const sink = this.#listening.includes(listening) ? listening.sink.accepted(socket) : undefined;
      if (sink === undefined) socket.close();
      else socket.attach(sink);
    });
  }

  #open(
    key: string,
    local: Address,
    peer: Address,
    soon: Soon,
    sink: StreamSink | undefined,
    established: () => void,
  ): SimulatedStreamSocket {
    const { fabric } = this.#host;
    const socket: SimulatedStreamSocket = new SimulatedStreamSocket(
      internetAddress('TCP', local.host, local.port),
      internetAddress('TCP', peer.host, peer.port),
      {
        segmentSize: this.#segmentSize(peer.host),
        now: () => fabric.clock.seconds(),
        callLater: (delay, f) => fabric.clock.callLater(delay, f),
        transmit: (segment, data) => this.#host.sendSegment(local, peer, segment, data),
        gone: () => {
          if (this.#connections.get(key) === socket) this.#connections.delete(key);
        },
        soon,
        established,
      },
      sink,
    );
    this.#connections.set(key, socket);
    return socket;
  }

  #refuse({ segment, from, to, data }: Packet): void {
    const { rst, ack, acknowledged, sequence, syn, fin } = segment!;
    if (rst) return;
    const answer: Segment = {
      syn: false,
      fin: false,
      rst: true,
      ack: !ack,
      sequence: ack ? acknowledged : 0,
      acknowledged: ack ? 0 : sequence + data.length + (syn ? 1 : 0) + (fin ? 1 : 0),
      window: 0,
    };
    this.#host.sendSegment(to, from, answer, NOTHING);
  }

  #bind({ host, port }: { host: string; port: number }): Address {
    if (!isWildcard(host) && !isLoopback(host) && !this.#host.has(host)) {
      throw systemError('EADDRNOTAVAIL', `listen EADDRNOTAVAIL: address not available ${host}:${port}`);
    }
    const own = canonicalHost(host)!;
    const given = port === 0 ? this.#freePort() : port;
    const taken = this.#listening.some(({ address }) => address.port === given && overlap(address.host, own));
    if (taken) throw systemError('EADDRINUSE', `listen EADDRINUSE: address already in use ${host}:${port}`);
    return frozen(own, given);
  }

  #freePort(): number {
    const used = new Set(this.#listening.map(({ address }) => address.port));
    for (const { local } of this.#connections.values()) used.add(local.port);
    return this.#host.randomPort((port) => !used.has(port));
  }

  #segmentSize(peer: string): number {
    const headers = TCP_HEADERS[ipFamily(peer) === 6 ? 6 : 4];
    const target = this.#host.fabric.stackAt(peer);
    if (target === undefined) return ETHERNET - headers;
    if (target === this.#host) return LOOPBACK - headers;
    const mtu = (a: HostStack, b: HostStack): number => this.#host.fabric.link(a, b).conditions.mtu;
    return Math.max(1, Math.min(ETHERNET, mtu(this.#host, target), mtu(target, this.#host)) - headers);
  }
}

const NOTHING = Buffer.alloc(0);

function keyOf(local: string, localPort: number, peer: string, peerPort: number): string {
  return `${local} ${localPort} ${peer} ${peerPort}`;
}

/** Whether a listener's address takes connections to that one; `::` takes IPv4 too. */
function takes(listening: string, to: string): boolean {
  if (isWildcard(listening)) return listening.includes(':') || !to.includes(':');
  return listening === to;
}

function overlap(a: string, b: string): boolean {
  return a === b || takes(a, b) || takes(b, a);
}
