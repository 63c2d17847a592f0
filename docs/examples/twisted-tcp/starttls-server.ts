/**
 * Speaks plainly until it is asked for TLS: `node starttls-server.js [port] [file]`, a PEM file with the key and the certificate.
 * Talks with starttls-client.
 */
import { readFileSync } from 'node:fs';
import { Factory, Reactor, type TLSOptions } from 'plait';
import { LineReceiver } from 'plait/protocols';

class TLSServer extends LineReceiver {
  readonly #tls: TLSOptions;

  constructor(tls: TLSOptions) {
    super();
    this.#tls = tls;
  }

  override async lineReceived(line: Buffer): Promise<void> {
    console.log('received:', line.toString());
    if (line.toString() !== 'STARTTLS') return;
    console.log('-- Switching to TLS');
    this.clearLineBuffer(); // what was said in the clear, perhaps by another, is not to be taken for secure
    this.sendLine('READY'); // the last that goes plainly
    await this.transport.startTLS(this.#tls);
  }
}

export async function main(reactor: Reactor, port: number, file: string): Promise<void> {
  const pem = readFileSync(file);
  await reactor.listenTCP(port, Factory.forProtocol(TLSServer, { key: pem, cert: pem })).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) {
  const [port = 8000, file = 'server.pem'] = process.argv.slice(2);
  await main(new Reactor(), Number(port), file);
}
