/// <reference types="node" preserve="true" />
/**
 * What the tests of framing have in common: each framing as a class whose messages go to a function, a protocol put on a
 * StringTransport, and ways to cut a stream into pieces.
 */
import fc from 'fast-check';
import type { HookResult } from '../../../index.js';
import {
  type FramedProtocol,
  type Framing,
  int16Strings,
  Int16StringReceiver,
  int32Strings,
  Int32StringReceiver,
  int8Strings,
  Int8StringReceiver,
  LineOnlyReceiver,
  LineReceiver,
  lines,
  NetstringReceiver,
  netstrings,
} from '../../../protocols/index.js';
import { StringTransport } from '../../../testing.js';

type Take = (message: Buffer) => HookResult;

/** A framing under test. */
export interface Subject {
  readonly name: string;
  /** The class that users subclass, with its hook overridden. */
  receiver(take: Take): FramedProtocol & { maxLength: number };
  readonly framing: Framing;
  /** Sends by the protocol's own method. */
  send(protocol: FramedProtocol, message: Uint8Array | string): void;
}

const sendLine = (protocol: FramedProtocol, line: Uint8Array | string): void =>
  (protocol as LineOnlyReceiver).sendLine(line);
const sendString = (protocol: FramedProtocol, string: Uint8Array | string): void =>
  (protocol as NetstringReceiver).sendString(string);

export const SUBJECTS: readonly Subject[] = [
  {
    name: 'LineReceiver',
    receiver: (take) =>
      new (class extends LineReceiver {
        override lineReceived = take;
      })(),
    framing: lines(),
    send: sendLine,
  },
  {
    name: 'LineOnlyReceiver',
    receiver: (take) =>
      new (class extends LineOnlyReceiver {
        override lineReceived = take;
      })(),
    framing: lines(),
    send: sendLine,
  },
  {
    name: 'NetstringReceiver',
    receiver: (take) =>
      new (class extends NetstringReceiver {
        override stringReceived = take;
      })(),
    framing: netstrings(),
    send: sendString,
  },
  {
    name: 'Int8StringReceiver',
    receiver: (take) =>
      new (class extends Int8StringReceiver {
        override stringReceived = take;
      })(),
    framing: int8Strings(),
    send: sendString,
  },
  {
    name: 'Int16StringReceiver',
    receiver: (take) =>
      new (class extends Int16StringReceiver {
        override stringReceived = take;
      })(),
    framing: int16Strings(),
    send: sendString,
  },
  {
    name: 'Int32StringReceiver',
    receiver: (take) =>
      new (class extends Int32StringReceiver {
        override stringReceived = take;
      })(),
    framing: int32Strings(),
    send: sendString,
  },
];

/** The bytes of messages, one after the other. */
export function encodeAll({ framing }: { framing: Framing }, messages: readonly (Uint8Array | string)[]): Buffer {
  return Buffer.concat(messages.map((message) => Buffer.from(framing.encode(message) as Uint8Array)));
}

/** Puts a protocol on a transport. */
export function connect(protocol: FramedProtocol): StringTransport {
  const transport = new StringTransport();
  void protocol.makeConnection(transport);
  return transport;
}

/** A receiver on a transport, and the texts of what it receives. `then` runs after each. */
export function connectReceiver(
  subject: Subject,
  then: (text: string, protocol: FramedProtocol) => HookResult = () => {},
): { protocol: ReturnType<Subject['receiver']>; transport: StringTransport; received: string[] } {
  const received: string[] = [];
  const protocol = subject.receiver((message) => {
    received.push(message.toString('latin1'));
    return then(received.at(-1)!, protocol);
  });
  return { protocol, transport: connect(protocol), received };
}

/** Data in pieces that end at the given places; as many at once at the end as are left. */
export function cut(data: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (data.length + 1)))].sort((a, b) => a - b);
  return [...ends, data.length].map((end, i) => Buffer.from(data.subarray(ends[i - 1] ?? 0, end)));
}

/** Data in pieces of that size. */
export function inPieces(data: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(data.length / size) }, (_, i) =>
    Buffer.from(data.subarray(i * size, (i + 1) * size)),
  );
}

/** Places to cut at. */
export const places: fc.Arbitrary<number[]> = fc.array(fc.nat({ max: 4096 }), { maxLength: 40 });

/** Messages that every framing can carry: up to 255 bytes, no CR and no LF. */
export const messages: fc.Arbitrary<Buffer[]> = fc.array(
  fc
    .uint8Array({ maxLength: 255 })
    .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 13 || byte === 10 ? 0 : byte)))),
  { maxLength: 20 },
);
