/**
 * UDP on the addon: recvmmsg and sendmmsg instead of a system call for each datagram.
 *
 * - What is written leaves at the end of the batch of datagrams that is being told, otherwise at the end of the turn.
 * - What the system does not take at once waits inside the addon, up to 4 MiB or 4096 datagrams of a socket, and is lost
 *   (`ENOBUFS`) beyond that.
 * - A connected socket reads the error queue of the system (IP_RECVERR), so that no refusal is lost, and none costs the
 *   datagram that was sent after it.
 */
import { constants, networkInterfaces } from 'node:os';
import { type Address, canonicalHost, ipFamily, isWildcard } from '../../lib/address.js';
import type { BindSpec, DatagramSink, DatagramSocket, SocketOptions } from '../network.js';
import { OPEN_FLAGS, OPTIONS } from './addon.js';
import { checked, systemError } from './system-error.js';
import type { EngineSocket, UDPEngine } from './udp-engine.js';

/** @throws an error with an errno code */
export function openNativeSocket(engine: UDPEngine, spec: BindSpec, sink: DatagramSink): DatagramSocket {
  return new NativeUDPSocket(engine, spec, sink);
}

const { ENODEV } = constants.errno;

class NativeUDPSocket implements DatagramSocket, EngineSocket {
  readonly address: Address;
  readonly family: 4 | 6;
  lastPeer: Address | undefined;
  readonly #engine: UDPEngine;
  readonly #sink: DatagramSink;
  readonly #id: number;
  #connected = false;

  constructor(engine: UDPEngine, spec: BindSpec, sink: DatagramSink) {
    this.#engine = engine;
    this.#sink = sink;
    this.family = spec.family;
    engine.putAddress(spec.family, spec.host, spec.port);
    const flags = (spec.reuseAddress ? OPEN_FLAGS.reuseAddress : 0) | (spec.reusePort ? OPEN_FLAGS.reusePort : 0);
    this.#id = checked(
      engine.addon.open(flags, spec.recvBufferSize ?? 0, spec.sendBufferSize ?? 0),
      'bind',
      `${spec.host}:${spec.port}`,
    );
    this.address = engine.takeAddress(spec.family);
    engine.add(this.#id, this);
  }

  send(data: Uint8Array | string, to?: Address): void {
    this.#engine.send(this.#id, typeof data === 'string' ? Buffer.from(data) : data, to);
  }

  connect(to: Address): Address {
    this.#engine.putAddress(this.family, to.host, to.port);
    checked(this.#engine.addon.connect(this.#id), 'connect', `${to.host}:${to.port}`);
    this.#connected = true;
    return this.#engine.takeAddress(this.family);
  }

  join(group: string, source: string | undefined, networkInterface: string | undefined): void {
    this.#membership(1, group, source, networkInterface);
  }

  leave(group: string, source: string | undefined, networkInterface: string | undefined): void {
    this.#membership(0, group, source, networkInterface);
  }

  set<K extends keyof SocketOptions>(option: K, value: SocketOptions[K]): void {
    let number = Number(value);
    if (option === 'multicastInterface') {
      const { index, address } = this.#interface(value as string);
      number = index;
      this.#engine.putSource(address);
    }
    checked(this.#engine.addon.setOption(this.#id, OPTIONS[option], number), 'setsockopt', option);
  }

  close(done: () => void): void {
    this.#engine.close(this.#id, done);
  }

  datagram(data: Buffer, peer: Address): void {
    this.#sink.datagram(data, peer);
  }

  lost(count: number, reason: string): void {
    this.#sink.lost(count, reason);
  }

  undelivered(_errno: number, code: string, _peer: Address | undefined, count: number): void {
    if (code !== 'ECONNREFUSED') this.#sink.lost(count, code);
    else if (this.#connected) for (let i = 0; i < count; i++) this.#sink.refused();
  }

  broken(code: string): void {
    this.#sink.failed(Object.assign(new Error(`The socket is of no more use: ${code}`), { code }));
  }

  #membership(join: 0 | 1, group: string, source: string | undefined, networkInterface: string | undefined): void {
    const by = networkInterface === undefined ? 0 : this.#interface(networkInterface).index;
    this.#engine.putAddress(this.family, group, 0);
    if (source !== undefined) this.#engine.putSource(source);
    const answer = this.#engine.addon.membership(this.#id, join, source === undefined ? 0 : 1, by);
    checked(answer, join === 1 ? 'addMembership' : 'dropMembership', group);
  }

  /**
   * The number of an interface, 0 for the system's choice, and its address.
   * @throws ENODEV when there is no such interface, or it has no address of the family.
   */
  #interface(given: string): { index: number; address: string } {
    const any = this.family === 4 ? '0.0.0.0' : '::';
    let wanted = given;
    if (given === '' || isWildcard(given)) {
      const percent = given.indexOf('%');
      if (percent === -1) return { index: 0, address: any };
      wanted = given.slice(percent + 1);
    }
    const literal = ipFamily(wanted) !== 0;
    for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
      for (const { address, family, scopeid } of addresses) {
        if (family !== `IPv${this.family}`) continue;
        const scoped = wanted.includes('%') && scopeid !== undefined && scopeid !== 0 ? `${address}%${name}` : address;
        if (literal ? canonicalHost(scoped) !== canonicalHost(wanted) : name !== wanted) continue;
        return { index: this.#engine.addon.interfaceIndex(name), address };
      }
    }
    throw systemError(ENODEV, 'setsockopt', given);
  }
}
