/// <reference types="node" preserve="true" />
/**
 * A server of DGD's: TCP connections, each with an out-of-band channel of datagrams on the same port number (mail to the
 * DGD list, 27 July 2009).
 *
 * A datagram's sender is looked for among the open channels first, and then, by its bytes, among the pending challenges;
 * else it is ignored, counted, and counted against its source. Datagrams leave from the very address that the client
 * connected to: there is a UDP port for each local address in use.
 */
import { type Address, canonicalHost, type InternetAddress, isWildcard } from '../../lib/address.js';
import type { Deferred } from '../../lib/deferred/deferred.js';
import { succeed } from '../../lib/deferred/wrap.js';
import { CannotListenError } from '../../lib/errors.js';
import type { DatagramTransport, HookResult, ReactorRandom, ReactorTime, ReactorUDP } from '../../lib/interfaces.js';
import { DatagramProtocol } from '../../lib/protocol.js';
import type { ReactorTCP, TCPPort } from '../../lib/stream.js';
import { AttemptLimit } from './attempt-limit.js';
import { ChallengeTable } from './challenge-table.js';
import type { DgdConnection } from './dgd-connection.js';
import { ServerConnection, type ServerContext } from './server-connection.js';

/** The parts of a reactor that a DgdServer needs. */
export type DgdReactor = ReactorTime & ReactorRandom & ReactorUDP & ReactorTCP;

/** Options of a DgdServer. */
export interface DgdServerOptions {
  /** Seconds until a challenge that nobody meets runs out; never when left out. */
  challengeTimeout?: number;
  /** Wrong datagrams of one source address that are looked at in a second; 20 when left out. */
  attemptsPerSecond?: number;
  /** Bytes of datagrams kept for a connection that has paused, each with two more; 8192 when left out, as in DGD. */
  queueLimit?: number;
}

/** What a DgdServer has counted. */
export interface DgdCounters {
  /** Datagrams that were of no open channel and met no challenge. */
  readonly unmatched: number;
  /** Datagrams not looked at, because their source had sent too many wrong ones. */
  readonly limited: number;
  /** Datagrams dropped because a paused connection's queue was full. */
  readonly dropped: number;
}

/** Ports tried when any will do that is free for both TCP and UDP. */
const TRIES = 16;

/** Takes connections, and for each of them datagrams. */
export class DgdServer {
  readonly #build: (peer: InternetAddress) => DgdConnection;
  readonly #options: DgdServerOptions;
  readonly #connections = new Map<DgdConnection, ServerConnection>();
  readonly #challenges = new ChallengeTable<ServerConnection>();
  /** The open channels, by the address and port of their client. */
  readonly #endpoints = new Map<string, Map<number, ServerConnection>>();
  /** The UDP ports, by their address. */
  readonly #ports = new Map<string, DatagramTransport>();
  readonly #counters = { unmatched: 0, limited: 0, dropped: 0 };
  #reactor: DgdReactor | undefined;
  #tcp: TCPPort | undefined;
  #port = 0;
  #limit: AttemptLimit | undefined;
  #depth = 0;
  /** Whose datagrams leave at the end of the round. */
  #waiting: ServerConnection[] = [];
  #flushSoon = false;
  #stopped: Deferred<void> | undefined;

  /** `build` makes the object of each connection. */
  constructor(build: (peer: InternetAddress) => DgdConnection, options: DgdServerOptions = {}) {
    this.#build = build;
    this.#options = options;
  }

  /** The connections that are open. */
  get connections(): ReadonlySet<DgdConnection> {
    return new Set(this.#connections.keys());
  }

  get counters(): DgdCounters {
    return this.#counters;
  }

  /**
   * Listens for TCP and for datagrams on one port number; 0: one that is free for both. On a wildcard address the UDP
   * port of each local address is opened when the first client has connected to it.
   * Fails with a CannotListenError.
   * @throws InvalidAddressError, RangeError as `listenTCP` does. @throws Error when it listens already.
   */
  listen(reactor: DgdReactor, port: number, options: { interface?: string } = {}): Deferred<InternetAddress> {
    if (this.#reactor !== undefined) throw new Error('A DgdServer listens once');
    this.#reactor = reactor;
    this.#limit = new AttemptLimit(reactor, this.#options.attemptsPerSecond ?? 20);
    return this.#listen(reactor, port, options.interface ?? '0.0.0.0', TRIES);
  }

  /**
   * Takes no more clients; the Deferred fires when TCP no longer listens. The connections there are go on, and their
   * datagrams with them: the UDP ports close with the last connection.
   */
  stopListening(): Deferred<void> {
    if (this.#tcp === undefined) return succeed();
    this.#stopped ??= this.#tcp.stopListening();
    const stopped = this.#tcp.stopListening();
    this.#closeIfDone();
    return stopped;
  }

  #listen(reactor: DgdReactor, port: number, host: string, tries: number): Deferred<InternetAddress> {
    let udp: DatagramTransport | undefined;
    try {
      udp = this.#openUDP(reactor, port, host);
    } catch (error) {
      if (!(error instanceof CannotListenError)) {
        this.#reactor = undefined;
        throw error;
      }
      return this.#failed(error);
    }
    const number = udp.getHost().port;
    // On a wildcard this port only shows that the number is free; the addresses in use get theirs.
    const local = isWildcard(host) ? undefined : this.#localHost(host);
    if (local === undefined) void udp.stopListening();
    else this.#ports.set(local, udp);
    const tcp = reactor.listenTCP(number, () => this.#protocol(), { interface: host });
    this.#tcp = tcp;
    this.#port = number;
    return tcp.listening.addCallbacks(
      (address) => address,
      (error): InternetAddress | PromiseLike<InternetAddress> => {
        if (local !== undefined) {
          this.#ports.delete(local);
          void udp.stopListening();
        }
        this.#tcp = undefined;
        if (port === 0 && tries > 1 && this.#stopped === undefined) return this.#listen(reactor, 0, host, tries - 1);
        this.#reactor = undefined;
        throw error;
      },
    );
  }

  #failed(error: Error): Deferred<InternetAddress> {
    this.#reactor = undefined;
    return succeed().addCallback((): never => {
      throw error;
    });
  }

  #openUDP(reactor: DgdReactor, port: number, host: string): DatagramTransport {
    return reactor.listenUDP(port, new ServerDatagrams((data, from) => this.#received(data, from)), {
      interface: host,
    });
  }

  /** The UDP port of a local address; undefined where it can't be had. */
  #portOf(host: string): DatagramTransport | undefined {
    let port = this.#ports.get(host);
    if (port === undefined) {
      try {
        port = this.#openUDP(this.#reactor!, this.#port, host);
      } catch (error) {
        if (error instanceof CannotListenError) return undefined;
        throw error;
      }
      this.#ports.set(host, port);
    }
    return port;
  }

  #protocol(): ServerConnection {
    return new ServerConnection(this.#context);
  }

  readonly #context: ServerContext = ((server: DgdServer): ServerContext => ({
    build: (peer) => server.#build(peer),
    get challengeTimeout() {
      return server.#options.challengeTimeout;
    },
    get queueLimit() {
      return server.#options.queueLimit ?? 8192;
    },
    portOf: (host) => server.#portOf(host),
    localHost: (host) => server.#localHost(host),
    claim: (challenge, connection) => server.#challenges.add(challenge, connection),
    release: (challenge) => server.#challenges.remove(challenge),
    bound: (connection, to, before) => {
      if (before !== undefined) server.#forget(before);
      let ports = server.#endpoints.get(to.host);
      if (ports === undefined) server.#endpoints.set(to.host, (ports = new Map<number, ServerConnection>()));
      ports.set(to.port, connection);
    },
    unbound: (from) => server.#forget(from),
    round: (f) => server.#round(f),
    queued: (connection) => server.#queued(connection),
    opened: (object, connection) => void server.#connections.set(object, connection),
    closed: (object) => {
      server.#connections.delete(object);
      server.#closeIfDone();
    },
    dropped: () => void server.#counters.dropped++,
  }))(this);

  #received(data: Buffer, from: Address): HookResult {
    const host = this.#localHost(from.host);
    const connection = this.#endpoints.get(host)?.get(from.port);
    if (connection !== undefined) return this.#round(() => connection.channel.receive(data));
    if (!this.#limit!.allows(host)) {
      this.#counters.limited++;
      return undefined;
    }
    const endpoint = { host, port: from.port };
    const holder = this.#challenges.find(data);
    if (holder?.channel.isMetBy(endpoint)) return this.#round(() => holder.channel.meet(endpoint));
    this.#counters.unmatched++;
    this.#limit!.spend(host);
    return undefined;
  }

  #forget({ host, port }: Address): void {
    const ports = this.#endpoints.get(host);
    ports?.delete(port);
    if (ports?.size === 0) this.#endpoints.delete(host);
  }

  /** One call of the reactor into a connection: datagrams leave when the outermost is over. */
  #round<T>(f: () => T): T {
    this.#depth++;
    try {
      return f();
    } finally {
      if (--this.#depth === 0) this.#flush();
    }
  }

  #queued(connection: ServerConnection): void {
    this.#waiting.push(connection);
    if (this.#depth > 0 || this.#flushSoon) return;
    this.#flushSoon = true;
    this.#reactor!.callLater(0, () => {
      this.#flushSoon = false;
      this.#flush();
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const connection of waiting) connection.flush();
  }

  #closeIfDone(): void {
    if (this.#stopped === undefined || this.#connections.size > 0) return;
    for (const port of this.#ports.values()) void port.stopListening();
    this.#ports.clear();
  }

  /** One spelling of an address; an IPv4 address that an IPv6 socket sees is itself. */
  #localHost(host: string): string {
    const canonical = canonicalHost(host) ?? host;
    return canonical.startsWith('::ffff:') && canonical.includes('.') ? canonical.slice('::ffff:'.length) : canonical;
  }
}

class ServerDatagrams extends DatagramProtocol {
  readonly #received: (data: Buffer, from: Address) => HookResult;

  constructor(received: (data: Buffer, from: Address) => HookResult) {
    super();
    this.#received = received;
  }

  override datagramReceived(data: Buffer, from: Address): HookResult {
    return this.#received(data, from);
  }
}
