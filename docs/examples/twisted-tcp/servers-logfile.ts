/** A factory that has a file open while it has a port: `node servers-logfile.js [port] [file]` logs all lines. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { Factory, Reactor } from 'plait';
import { LineReceiver } from 'plait/protocols';

class LoggingProtocol extends LineReceiver {
  override lineReceived(line: Buffer): void {
    (this.factory as LogfileFactory).log(line);
  }
}

class LogfileFactory extends Factory<LoggingProtocol> {
  override protocol: typeof LoggingProtocol = LoggingProtocol;
  readonly #fileName: string;
  #file: number | undefined;

  constructor(fileName: string) {
    super();
    this.#fileName = fileName;
  }

  override startFactory(): void {
    this.#file = openSync(this.#fileName, 'a');
  }

  override stopFactory(): void {
    closeSync(this.#file!);
    this.#file = undefined;
  }

  /** Connections may outlive the port: then there is no file any more. */
  log(line: Buffer): void {
    if (this.#file !== undefined) writeSync(this.#file, `${line.toString()}\n`);
  }
}

export async function main(reactor: Reactor, port: number, file: string): Promise<void> {
  await reactor.listenTCP(port, new LogfileFactory(file)).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) {
  const [port = 8007, file = 'lines.log'] = process.argv.slice(2);
  await main(new Reactor(), Number(port), file);
}
