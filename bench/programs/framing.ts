/**
 * One round of the framing measurement: `framing WHO PIECES MB LENGTH` receives so many megabytes of messages of LENGTH
 * bytes, CR LF included, in pieces of `64 KiB` or `1 byte`, and prints how many came, and the seconds of processor time.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import {
  type FramedProtocol,
  int32Strings,
  Int32StringReceiver,
  int8Strings,
  Int8StringReceiver,
  LineOnlyReceiver,
  LineReceiver,
  lines,
  NetstringReceiver,
  netstrings,
} from '../../protocols/index.js';
import { StringTransport } from '../../testing.js';

const PIECE = 65536;
const [who = '', pieces, megabytes, length] = process.argv.slice(2);
const bytes = Number(megabytes) * 1e6;
let received = 0;

class Lines extends LineReceiver {
  override lineReceived(): void {
    received++;
  }
}

let characters = 0;

class TextLines extends LineReceiver {
  override lineReceived(line: Buffer): void {
    characters += line.toString().length;
    received++;
  }
}

class OnlyLines extends LineOnlyReceiver {
  override lineReceived(): void {
    received++;
  }
}

class Netstrings extends NetstringReceiver {
  override stringReceived(): void {
    received++;
  }
}

class Int8Strings extends Int8StringReceiver {
  override stringReceived(): void {
    received++;
  }
}

class Int32Strings extends Int32StringReceiver {
  override stringReceived(): void {
    received++;
  }
}

const CONTENDERS = {
  readline: { framing: lines(), make: undefined },
  LineReceiver: { framing: lines(), make: () => new Lines() },
  'LineReceiver, as text': { framing: lines(), make: () => new TextLines() },
  LineOnlyReceiver: { framing: lines(), make: () => new OnlyLines() },
  NetstringReceiver: { framing: netstrings(), make: () => new Netstrings() },
  Int8StringReceiver: { framing: int8Strings(), make: () => new Int8Strings() },
  Int32StringReceiver: { framing: int32Strings(), make: () => new Int32Strings() },
} as const;

const { framing, make } = CONTENDERS[who as keyof typeof CONTENDERS];
const message = Buffer.from(framing.encode('x'.repeat(Number(length) - 2)) as string);
const stream = Buffer.concat(new Array<Buffer>(Math.ceil(PIECE / message.length) + 1).fill(message));

const before = process.cpuUsage();
if (make === undefined) await readLines();
else if (pieces === '1 byte') receiveBytes(make());
else receiveChunks(make());
const { user, system } = process.cpuUsage(before);
if (received !== Math.floor(bytes / message.length)) throw new Error(`${received} messages`);
if (who === 'LineReceiver, as text' && characters !== received * (message.length - 2)) throw new Error('lost text');
console.log(JSON.stringify({ messages: received, seconds: (user + system) / 1e6 }));

/** The stream in chunks, each with memory of its own, as those of a socket are. */
function* chunks(): Generator<Buffer> {
  for (let at = 0; at < bytes; at += PIECE) {
    const begin = at % message.length;
    yield Buffer.from(stream.subarray(begin, begin + Math.min(PIECE, bytes - at)));
  }
}

async function readLines(): Promise<void> {
  const input = createInterface({ input: Readable.from(chunks()) });
  input.on('line', () => received++);
  await once(input, 'close');
  // The last one may have no end; receivers do not count it.
  if (bytes % message.length !== 0) received--;
}

function receiveChunks(protocol: FramedProtocol): void {
  void protocol.makeConnection(new StringTransport());
  for (const chunk of chunks()) void protocol.dataReceived(chunk);
}

/** The pieces are made before: to make them takes longer than to receive them. */
function receiveBytes(protocol: FramedProtocol): void {
  const pieceOf = Array.from({ length: 256 }, (_, byte) => Buffer.from([byte]));
  void protocol.makeConnection(new StringTransport());
  for (let at = 0; at < bytes; at++) void protocol.dataReceived(pieceOf[message[at % message.length]!]!);
}
