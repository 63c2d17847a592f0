/** Asks for TLS in mid-talk: `node starttls-client.js [port] [file]`, a PEM file with the authority that is trusted. */
import { readFileSync } from 'node:fs';
import { connectProtocol, Deferred, HostnameEndpoint, type HostnameReactor, react, type TLSOptions } from 'plait';
import { LineReceiver } from 'plait/protocols';

class StartTLSClient extends LineReceiver {
  readonly done: Deferred<void> = new Deferred();
  readonly #tls: TLSOptions;

  constructor(tls: TLSOptions) {
    super();
    this.#tls = tls;
  }

  override connectionMade(): void {
    this.sendLine('plain text');
    this.sendLine('STARTTLS');
  }

  override async lineReceived(line: Buffer): Promise<void> {
    console.log('received:', line.toString());
    if (line.toString() !== 'READY') return;
    await this.transport.startTLS(this.#tls);
    this.sendLine('secure text');
    this.transport.loseConnection();
  }

  override connectionLost(reason: Error): void {
    if (reason.name === 'ConnectionDone') this.done.callback();
    else this.done.errback(reason);
  }
}

export async function main(reactor: HostnameReactor, port: number, file: string): Promise<void> {
  const endpoint = new HostnameEndpoint(reactor, 'localhost', port);
  const tls = { ca: readFileSync(file), servername: 'localhost' };
  const client = await connectProtocol(endpoint, new StartTLSClient(tls));
  await client.done;
}

if (process.argv[1] === import.meta.filename) {
  const [port = 8000, file = 'public.pem'] = process.argv.slice(2);
  await react((reactor) => main(reactor, Number(port), file));
}
