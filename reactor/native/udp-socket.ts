/**
 * UDP on the addon: recvmmsg and sendmmsg instead of a system call for each datagram.
 *
 * - What is written leaves at the end of the batch of datagrams that is being told, otherwise at the end of the turn.
 * - What the system does not take at once waits inside the addon, up to 4 MiB or 4096 datagrams of a socket, and is lost
 *   (`ENOBUFS`) beyond that.
 * - A connected socket reads the error queue of the system (IP_RECVERR), so that no refusal is lost, and none costs the
 *   datagram that was sent after it.
 */
import { type Address, isWildcard } from '../../lib/address.js';
import type { DatagramSocketOptions } from '../../lib/interfaces.js';
import type { AdoptSpec, BindSpec, DatagramSink, DatagramSocket, SocketOptions } from '../network.js';
import { findInterface } from '../node/interface-address.js';
import { OPEN_FLAGS, OPTIONS } from './addon.js';
import { checked } from './system-error.js';
import type { EngineSocket, UDPEngine } from './udp-engine.js';

/** @throws an error with an errno code */
export function openNativeSocket(engine: UDPEngine, spec: BindSpec, sink: DatagramSink): DatagramSocket {
  engine.putAddress(spec.family, spec.host, spec.port);
  const flags = (spec.reuseAddress ? OPEN_FLAGS.reuseAddress : 0) | (spec.reusePort ? OPEN_FLAGS.reusePort : 0);
  const answer = engine.addon.open(flags, spec.recvBufferSize ?? 0, spec.sendBufferSize ?? 0);
  return new NativeUDPSocket(engine, checked(answer, 'bind', `${spec.host}:${spec.port}`), spec, sink);
}

/** A socket on a copy of the descriptor. @throws an error with an errno code */
export function adoptNativeSocket(
  engine: UDPEngine,
  fileDescriptor: number,
  spec: AdoptSpec,
  sink: DatagramSink,
): DatagramSocket {
  return new NativeUDPSocket(engine, checked(engine.addon.adopt(fileDescriptor), 'adopt'), spec, sink);
}

class NativeUDPSocket implements DatagramSocket, EngineSocket {
  readonly address: Address;
  readonly family: 4 | 6;
  readonly packetInfo: boolean;
  lastPeer: Address | undefined;
  readonly #engine: UDPEngine;
  readonly #sink: DatagramSink;
  readonly #id: number;
  readonly #reportErrors: boolean;
  #connected = false;

  /** `id` is of a socket that was just opened: its address is still where the addon has put it. */
  constructor(engine: UDPEngine, id: number, spec: AdoptSpec, sink: DatagramSink) {
    this.#engine = engine;
    this.#sink = sink;
    this.#id = id;
    this.family = engine.takeFamily();
    this.address = engine.takeAddress(this.family);
    this.packetInfo = spec.packetInfo ?? false;
    this.#reportErrors = spec.reportErrors ?? false;
    engine.add(id, this);
    try {
      if (this.packetInfo) this.#set(OPTIONS.packetInfo, 1);
      if (this.#reportErrors) this.#set(OPTIONS.receiveErrors, 1);
      if (spec.maxPacketSize !== undefined) this.#set(OPTIONS.longest, spec.maxPacketSize);
    } catch (error) {
      engine.close(id, () => {});
      throw error;
    }
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
    this.#set(OPTIONS[option], number, option);
  }

  get<K extends keyof DatagramSocketOptions>(option: K): DatagramSocketOptions[K] {
    const answer = checked(this.#engine.addon.getOption(this.#id, OPTIONS[option]), 'getsockopt', option);
    return (FLAGS.has(option) ? answer !== 0 : answer) as DatagramSocketOptions[K];
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

  undelivered(code: string, peer: Address | undefined, count: number): void {
    if (this.#connected && code === 'ECONNREFUSED') for (let i = 0; i < count; i++) this.#sink.refused();
    else if (this.#reportErrors && peer !== undefined) this.#sink.undelivered(code, peer);
    else this.#sink.lost(count, code);
  }

  broken(code: string): void {
    this.#sink.failed(Object.assign(new Error(`The socket is of no more use: ${code}`), { code }));
  }

  #set(option: number, value: number, what?: string): void {
    checked(this.#engine.addon.setOption(this.#id, option, value), 'setsockopt', what);
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
    const { name, address } = findInterface(wanted, this.family);
    return { index: this.#engine.addon.interfaceIndex(name), address };
  }
}

/** The options that are on or off. */
const FLAGS: ReadonlySet<keyof DatagramSocketOptions> = new Set([
  'broadcast',
  'multicastLoopback',
  'reuseAddress',
  'reusePort',
] as const);
