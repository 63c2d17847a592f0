/// <reference types="node" preserve="true" />
/**
 * What the tests of guaranteed delivery have in common: a protocol that keeps what it hears, on a fake transport, and the
 * packets of the default format, made by hand.
 */
import type { Address, Clock } from '../../../index.js';
import { type GuaranteedDatagramOptions, GuaranteedDatagramProtocol } from '../../../protocols/index.js';
import { FakeDatagramTransport } from '../../../testing.js';

export const PEER: Address = { host: '192.0.2.1', port: 1111 };
export const OTHER: Address = { host: '192.0.2.2', port: 1111 };

/** Keeps what it hears, as text. */
export class Listener extends GuaranteedDatagramProtocol {
  readonly messages: string[] = [];
  readonly foreign: string[] = [];
  readonly senders: Address[] = [];

  override messageReceived(data: Buffer, address: Address): void {
    this.messages.push(data.toString('latin1'));
    this.senders.push(address);
  }

  override foreignDatagramReceived(data: Buffer): void {
    this.foreign.push(data.toString('latin1'));
  }
}

export interface Stage<P> {
  readonly protocol: P;
  readonly transport: FakeDatagramTransport;
  readonly clock: Clock;
  /** What was written since the last look: type, identity and data of each, as `1d 42 text`. */
  written(): string[];
}

/** A listener on a port that has no network. */
export function stage(options?: GuaranteedDatagramOptions, transport?: FakeDatagramTransport): Stage<Listener> {
  return stageOf(new Listener(options), transport);
}

export function stageOf<P extends GuaranteedDatagramProtocol>(
  protocol: P,
  transport: FakeDatagramTransport = new FakeDatagramTransport(),
): Stage<P> {
  void protocol.makeConnection(transport);
  return {
    protocol,
    transport,
    clock: transport.clock,
    written: () => transport.written.splice(0).map(({ data }) => describePacket(data)),
  };
}

export const data = (identity: number, text: string = ''): Buffer => packet(0x1d, identity, text);
export const recv = (identity: number): Buffer => packet(0x5f, identity);
export const ack = (identity: number): Buffer => packet(0xae, identity);

/** The identity of a packet of the default format. */
export function identityOf(datagram: Buffer): number {
  return datagram.readUInt32BE(1);
}

/** The identities of the DATA packets that were written, each once. */
export function identitiesOf({ written }: FakeDatagramTransport): number[] {
  return [...new Set(written.filter((each) => each.data[0] === 0x1d).map((each) => identityOf(each.data)))];
}

/** How often each DATA was written, by its text. */
export function copiesOf({ written }: FakeDatagramTransport): Record<string, number> {
  const copies: Record<string, number> = {};
  for (const each of written) {
    if (each.data[0] !== 0x1d) continue;
    const text = each.data.subarray(5).toString();
    copies[text] = (copies[text] ?? 0) + 1;
  }
  return copies;
}

function packet(type: number, identity: number, text = ''): Buffer {
  const bytes = Buffer.alloc(5 + text.length, text, 'latin1');
  bytes[0] = type;
  bytes.writeUInt32BE(identity, 1);
  bytes.write(text, 5, 'latin1');
  return bytes;
}

function describePacket(bytes: Buffer): string {
  const name = { 0x1d: 'DATA', 0x5f: 'RECV', 0xae: 'ACK' }[bytes[0]!] ?? 'foreign';
  return [name, bytes.readUInt32BE(1), ...(bytes.length > 5 ? [bytes.subarray(5).toString()] : [])].join(' ');
}
