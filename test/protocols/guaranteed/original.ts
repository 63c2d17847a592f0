/// <reference types="node" preserve="true" />
/**
 * How the original, gtUDP, behaves on the wire: a model of it for tests, faults included. It sends again only after half a
 * second in which nothing at all has come; six DATA and ten RECV at most; it forgets a message at the ACK, whoever sends
 * it, and otherwise some 4.5 seconds after it came; it answers every RECV.
 */
import { type Address, DatagramProtocol, type DelayedCall } from '../../../index.js';
import { adler32 } from '../../../protocols/guaranteed/identities.js';
import { decode, encode, wireFormat } from '../../../protocols/guaranteed/wire.js';

const FORMAT = wireFormat();
const SILENCE = 0.5;
const DATA_ATTEMPTS = 6;
const RECV_ATTEMPTS = 10;

export interface Entry {
  readonly packet: Buffer;
  readonly address: Address;
  sent: number;
}

export class Original extends DatagramProtocol {
  readonly received: string[] = [];
  /** Identities of DATA, and those of what came, each with how often it was sent. */
  readonly sentPackets: Map<number, Entry> = new Map();
  readonly receivedPackets: Map<number, Entry> = new Map();
  #frameCount = 0;
  #select: DelayedCall | undefined;

  override startProtocol(): void {
    this.#frameCount = this.transport.reactor.randomBytes(4).readUInt32BE();
    this.#wait();
  }

  override stopProtocol(): void {
    if (this.#select?.active()) this.#select.cancel();
  }

  sendto(text: string, address: Address): void {
    const identity = (adler32(Buffer.from(text)) + ++this.#frameCount) >>> 0;
    const packet = encode(FORMAT, 'data', identity, Buffer.from(text));
    this.transport.write(packet, address);
    this.sentPackets.set(identity, { packet, address, sent: 1 });
  }

  override datagramReceived(datagram: Buffer, address: Address): void {
    this.#wait();
    const packet = decode(FORMAT, datagram);
    if (packet === undefined) return;
    const { type, identity, data } = packet;
    if (type === 'ack') this.receivedPackets.delete(identity);
    else if (type === 'recv') {
      this.transport.write(encode(FORMAT, 'ack', identity), address);
      this.sentPackets.delete(identity);
    } else {
      const known = this.receivedPackets.get(identity);
      const answer = encode(FORMAT, 'recv', identity);
      if (known === undefined) {
        this.received.push(data.toString());
        this.receivedPackets.set(identity, { packet: answer, address, sent: 1 });
        this.transport.write(answer, address);
      } else if (known.address.host === address.host && known.address.port === address.port) {
        known.sent = 1;
        this.transport.write(answer, address);
        this.transport.write(answer, address);
      }
    }
  }

  #wait(): void {
    if (this.#select?.active()) this.#select.cancel();
    this.#select = this.transport.reactor.callLater(SILENCE, () => this.#silence());
  }

  #silence(): void {
    for (const [packets, attempts] of [
      [this.sentPackets, DATA_ATTEMPTS],
      [this.receivedPackets, RECV_ATTEMPTS],
    ] as const) {
      for (const [identity, entry] of packets) {
        this.transport.write(entry.packet, entry.address);
        if (++entry.sent >= attempts) packets.delete(identity);
      }
    }
    this.#wait();
  }
}
