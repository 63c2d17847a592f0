/// <reference types="node" preserve="true" />
/**
 * The TCP of a simulated host: who listens, which connections there are, and whose a segment is. What is nobody's is
 * answered with a RST.
 */
import {
  type Address,
  canonicalHost,
  type InternetAddress,
  internetAddress,
  ipFamily,
  isLoopback,
  isWildcard,
} from '../../lib/address.js';
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

/**
 * Which connection a segment belongs to: the numbers that its ends have, the receiver's once it is known. They do what
 * initial sequence numbers by chance do on a real network: what is left over from an earlier connection between the same
 * ports is recognised, while in a trace every connection counts from 0.
 */
interface Marks {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

const MARKS = new WeakMap<Segment, Marks>();

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
  #connections = new Map<string, Connection>();
  #lastMark = 0;

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
    const to = this.#destination(place);
    const from = this.#source(to.host, local);
    const key = keyOf(from.host, from.port, to.host, to.port);
    if (this.#connections.has(key)) {
      throw systemError(
        'EADDRNOTAVAIL',
        `connect EADDRNOTAVAIL ${to.host}:${to.port} - Local (${from.host}:${from.port})`,
      );
    }
    const mapped = place.host.includes(':') && !to.host.includes(':');
    return this.#open(key, from, to, soon, { sink, mapped, established: () => sink.connected() }).socket;
  }

  receive(packet: Packet): void {
    const segment = packet.segment!;
    const { from, to } = packet;
    this.#host.delivered(packet);
    const connection = this.#connections.get(keyOf(to.host, to.port, from.host, from.port));
    const marks = MARKS.get(segment);
    if (connection === undefined) {
      if (segment.syn && !segment.ack) this.#answer(packet);
      else this.#refuse(packet);
    } else if (marks?.to !== undefined && marks.to !== connection.mark) this.#refuse(packet);
    else {
      if (segment.syn) connection.peerMark ??= marks?.from;
      const foreign = marks?.from !== undefined && marks.from !== connection.peerMark;
      // Somebody else at the peer's port: he is answered as the one before, finds that he is not meant, and resets.
      if (!foreign || segment.syn) connection.socket.end.receive(segment, packet.data);
    }
  }

  crash(): void {
    for (const { socket } of this.#connections.values()) socket.vanish();
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
    const mapped = listening.address.host.includes(':');
    const { socket } = this.#open(key, frozen(to.host, to.port), from, listening.soon, {
      mapped,
      peerMark: MARKS.get(packet.segment!)?.from,
      established: () => {
        // A port that was closed meanwhile takes its queue with it.
        if (!this.#listening.includes(listening)) {
          socket.abort();
          return;
        }
        const sink = listening.sink.accepted(socket);
        if (sink === undefined) socket.close();
        else socket.attach(sink);
      },
    });
  }

  #open(
    key: string,
    local: Address,
    peer: Address,
    soon: Soon,
    how: {
      established: () => void;
      /** Of one that connects. */
      sink?: StreamSink;
      /** Of one that answers. */
      peerMark?: number | undefined;
      /** It is an IPv6 socket, which sees IPv4 addresses as mapped ones. */
      mapped?: boolean;
    },
  ): Connection {
    const { fabric } = this.#host;
    const mark = ++this.#lastMark;
    // What the socket sends while it is made, the SYN, bears the marks already.
    const connection = { local, mark, peerMark: how.peerMark } as Connection;
    const shown = ({ host, port }: Address): InternetAddress =>
      internetAddress('TCP', how.mapped && !host.includes(':') ? MAPPED + host : host, port);
    connection.socket = new SimulatedStreamSocket(
      shown(local),
      shown(peer),
      {
        segmentSize: this.#segmentSize(peer.host),
        now: () => fabric.clock.seconds(),
        callLater: (delay, f) => fabric.clock.callLater(delay, f),
        transmit: (segment, data) => {
          MARKS.set(segment, { from: mark, to: connection.peerMark });
          this.#host.sendSegment(local, peer, segment, data);
        },
        gone: () => {
          if (this.#connections.get(key) === connection) this.#connections.delete(key);
        },
        soon,
        established: how.established,
      },
      how.sink,
    );
    this.#connections.set(key, connection);
    return connection;
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
    MARKS.set(answer, { from: undefined, to: MARKS.get(segment!)?.from });
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

  /** Whom a destination means: a wildcard is the own host, a mapped address its IPv4 address. */
  #destination({ host, port }: Address): Address {
    const canonical = canonicalHost(host) ?? host;
    if (canonical.startsWith(MAPPED)) return frozen(canonical.slice(MAPPED.length), port);
    if (!isWildcard(canonical)) return frozen(canonical, port);
    return frozen(ipFamily(canonical) === 4 ? '127.0.0.1' : '::1', port);
  }

  /** The own end of a connection to be made. @throws EADDRNOTAVAIL, EADDRINUSE, EINVAL, ENETUNREACH */
  #source(to: string, local: ConnectSpec['local']): Address {
    const family = ipFamily(to);
    if (local === undefined) return frozen(this.#host.source(family === 4 ? '0.0.0.0' : '::', to), this.#freePort());
    const host = canonicalHost(local.host)!;
    const where = `${host}:${local.port}`;
    if (ipFamily(host) !== family) throw systemError('EINVAL', `connect EINVAL ${to} - Local (${where})`);
    if (!isWildcard(host) && !isLoopback(host) && !this.#host.has(host)) {
      throw systemError('EADDRNOTAVAIL', `bind EADDRNOTAVAIL ${where}`);
    }
    const taken = this.#listening.some(({ address }) => address.port === local.port && overlap(address.host, host));
    if (taken) throw systemError('EADDRINUSE', `bind EADDRINUSE ${where}`);
    return frozen(this.#host.source(host, to), local.port === 0 ? this.#freePort() : local.port);
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

/** A connection that there is, or was until a moment ago. */
interface Connection {
  socket: SimulatedStreamSocket;
  readonly local: Address;
  readonly mark: number;
  /** The peer's mark, once known. */
  peerMark: number | undefined;
}

const MAPPED = '::ffff:';

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
