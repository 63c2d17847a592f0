/** A table that Postfix looks up by its TCP map protocol: `node postfix.js [port]`. */
import { Factory, Reactor } from 'plait';
import { LineReceiver } from 'plait/protocols';

/** Answers `get KEY` with `200 VALUE`, or `500` and why not. Keys and values are percent-encoded. */
export class PostfixTCPMapServer extends LineReceiver {
  override delimiter = '\n';
  override maxLength = 4096;
  readonly #table: ReadonlyMap<string, string>;

  constructor(table: ReadonlyMap<string, string>) {
    super();
    this.#table = table;
  }

  override lineReceived(line: Buffer): void {
    const [command, key, ...more] = line.toString('latin1').split(' ');
    if (command === 'put') this.sendLine('500 put is not implemented yet.');
    else if (command !== 'get') this.sendLine('500 unknown command');
    else if (key === undefined || more.length > 0) this.sendLine('500 Command get takes 1 parameter.');
    else this.#get(key);
  }

  #get(encoded: string): void {
    let key: string;
    try {
      key = decodeURIComponent(encoded);
    } catch {
      this.sendLine('400 the key is not well encoded');
      return;
    }
    const value = this.#table.get(key);
    this.sendLine(value === undefined ? '500 not found' : `200 ${encodeURIComponent(value)}`);
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  const table = new Map([
    ['alice', 'alice@example.org'],
    ['anybody else', 'nobody%'],
  ]);
  await reactor.listenTCP(port, Factory.forProtocol(PostfixTCPMapServer, table), { interface: '127.0.0.1' }).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 4242));
