/**
 * UDP on node:dgram.
 *
 * - dgram asks a `lookup` function about every address, even a literal. One that answers synchronously makes `bind` and
 *   `connect` complete, and `send` reach the kernel, before they return. It also keeps hostnames out.
 * - dgram loses a send's error when there is no callback, so there always is one: the same for all sends of a socket.
 * - A refusal (ICMP port unreachable) comes as an 'error' event, or, where the next send fetched it first, as that
 *   send's error: then that datagram was not sent.
 * - dgram may keep a reference to what is sent until the kernel takes it, so it is given a copy.
 * - Closing drops what the kernel has not taken yet, so it waits until every send has been answered.
 * - dgram delivers at most 32 datagrams of a socket in one turn of the loop.
 */
import { createSocket, type RemoteInfo, type Socket, type SocketOptions as NodeSocketOptions } from 'node:dgram';
import type { Address } from '../../lib/address.js';
import { NotSupportedError } from '../../lib/errors.js';
import type { DatagramSocketOptions } from '../../lib/interfaces.js';
import type { BindSpec, DatagramSink, DatagramSocket, SocketOptions } from '../network.js';
import { interfaceAddress } from './interface-address.js';
import { literalLookup } from './literal-lookup.js';
import { SendCopies } from './send-copies.js';

/** @throws an error with an errno code, or NotSupportedError. */
export function openUDPSocket(spec: BindSpec, sink: DatagramSink): DatagramSocket {
  return new NodeUDPSocket(spec, sink);
}

class NodeUDPSocket implements DatagramSocket {
  readonly address: Address;
  readonly #socket: Socket;
  readonly #sink: DatagramSink;
  readonly #family: 4 | 6;
  #peer: Address = NOBODY;
  /** Sends that have not been answered. */
  #pending = 0;
  #closed: (() => void) | undefined;
  #gone = false;

  constructor(spec: BindSpec, sink: DatagramSink) {
    for (const option of ['reportErrors', 'packetInfo'] as const) {
      if (spec[option] === true) throw new NotSupportedError(option, 'Node does not tell; the native network does');
    }
    if (spec.reusePort && !HAS_REUSE_PORT) throw new NotSupportedError('reusePort', 'needs Node 22.12 or later');
    this.#sink = sink;
    this.#family = spec.family;
    const options: NodeSocketOptions & { reusePort?: boolean } = {
      type: spec.family === 4 ? 'udp4' : 'udp6',
      lookup: literalLookup,
      reuseAddr: spec.reuseAddress,
    };
    if (spec.reusePort) options.reusePort = true;
    if (spec.recvBufferSize !== undefined) options.recvBufferSize = spec.recvBufferSize;
    if (spec.sendBufferSize !== undefined) options.sendBufferSize = spec.sendBufferSize;
    const socket = createSocket(options);
    this.#socket = socket;
    let failure: Error | undefined;
    const failed = (error: Error): void => {
      failure = error;
    };
    socket.on('error', failed);
    // In a worker of node:cluster only an exclusive bind is synchronous.
    try {
      socket.bind({ port: spec.port, address: spec.host, exclusive: true });
    } catch (error) {
      failure = error as Error; // a buffer size that the system refuses
    }
    if (failure !== undefined) {
      socket.close();
      throw failure;
    }
    socket.off('error', failed);
    socket.on('error', this.#onError);
    socket.on('message', this.#onMessage);
    const { address, port } = socket.address();
    this.address = Object.freeze({ host: address, port });
  }

  send(data: Uint8Array | string, to?: Address): void {
    const copy = copies.copy(typeof data === 'string' ? Buffer.from(data) : data);
    this.#pending++;
    if (to === undefined) this.#socket.send(copy, this.#sent);
    else this.#socket.send(copy, to.port, to.host, this.#sent);
  }

  connect(to: Address): Address {
    if (hasConnectSync(this.#socket)) this.#socket.connectSync(to.port, to.host);
    else this.#socket.connect(to.port, to.host, () => {});
    try {
      const { address, port } = this.#socket.remoteAddress();
      return Object.freeze({ host: address, port });
    } catch {
      // Whether it is connected is known now; why not is told only later, which is too late to throw.
      throw new Error('the system refused');
    }
  }

  join(group: string, source: string | undefined, networkInterface: string | undefined): void {
    const by = networkInterface === undefined ? undefined : interfaceAddress(networkInterface, this.#family);
    if (source === undefined) this.#socket.addMembership(group, by);
    else this.#socket.addSourceSpecificMembership(source, group, by);
  }

  leave(group: string, source: string | undefined, networkInterface: string | undefined): void {
    const by = networkInterface === undefined ? undefined : interfaceAddress(networkInterface, this.#family);
    if (source === undefined) this.#socket.dropMembership(group, by);
    else this.#socket.dropSourceSpecificMembership(source, group, by);
  }

  set<K extends keyof SocketOptions>(option: K, value: SocketOptions[K]): void {
    switch (option) {
      case 'broadcast':
        this.#socket.setBroadcast(value as boolean);
        break;
      case 'multicastTTL':
        this.#socket.setMulticastTTL(value as number);
        break;
      case 'multicastLoopback':
        this.#socket.setMulticastLoopback(value as boolean);
        break;
      case 'multicastInterface':
        this.#socket.setMulticastInterface(interfaceAddress(value as string, this.#family));
        break;
    }
  }

  get<K extends keyof DatagramSocketOptions>(option: K): DatagramSocketOptions[K] {
    if (option === 'recvBufferSize') return this.#socket.getRecvBufferSize() as DatagramSocketOptions[K];
    if (option === 'sendBufferSize') return this.#socket.getSendBufferSize() as DatagramSocketOptions[K];
    throw new NotSupportedError(option, 'Node does not tell; the native network does');
  }

  close(done: () => void): void {
    this.#closed = done;
    // What has not been answered yet may have left all the same.
    if (this.#pending === 0 || this.#socket.getSendQueueCount() === 0) this.#closeSocket();
  }

  readonly #onMessage = (data: Buffer, from: RemoteInfo): void => {
    if (from.port !== this.#peer.port || from.address !== this.#peer.host) {
      this.#peer = Object.freeze({ host: from.address, port: from.port });
    }
    if (this.#closed === undefined) this.#sink.datagram(data, this.#peer);
  };

  readonly #sent = (error: Error | null): void => {
    this.#pending--;
    copies.release();
    if (error !== null) this.#notSent(error);
    if (this.#closed !== undefined && this.#pending === 0) this.#closeSocket();
  };

  #closeSocket(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#socket.close(this.#closed);
  }

  #notSent(error: NodeJS.ErrnoException): void {
    if (this.#closed !== undefined) return;
    this.#sink.lost(1, error.code ?? error.message);
    if (error.code === 'ECONNREFUSED' && this.#closed === undefined) this.#sink.refused();
  }

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    if (this.#closed !== undefined) return;
    if (error.code === 'ECONNREFUSED') this.#sink.refused();
    else if (LOSSES.has(error.code!)) this.#sink.lost(1, error.code!);
    else this.#sink.failed(error);
  };
}

/** Of all sockets of the process: they send one after the other. */
const copies = new SendCopies();

const NOBODY: Address = Object.freeze({ host: '', port: 0 });

/** What other ICMP messages than a refusal become: word that something written before did not get through. */
const LOSSES: ReadonlySet<string> = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EMSGSIZE', 'ENOPROTOOPT']);

/** Node takes the option from 22.12 (and 23.1) on, and overlooks it before. */
const HAS_REUSE_PORT: boolean = ((): boolean => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
})();

/** A connect that throws the system's own error; Node has it from 24.19 on. */
function hasConnectSync(socket: Socket): socket is Socket & { connectSync(port: number, host: string): void } {
  return 'connectSync' in socket;
}
