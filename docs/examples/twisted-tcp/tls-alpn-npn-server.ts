/**
 * Tells which protocol was agreed on by ALPN: `node tls-alpn-npn-server.js [port] [file]`, a PEM file with the key and the
 * certificate. (NPN, which came before ALPN, is no more.) Talks with tls-alpn-npn-client.
 */
import { readFileSync } from 'node:fs';
import { Factory, Protocol, Reactor } from 'plait';

/** Prints what was agreed on, sends back what it gets and closes. */
class ALPNPrinter extends Protocol {
  override connectionMade(): void {
    console.log('Connection made');
  }

  override dataReceived(data: Buffer): void {
    console.log('Agreed on:', this.transport.negotiatedProtocol);
    this.transport.write(data);
    this.transport.loseConnection();
  }
}

export async function main(reactor: Reactor, port: number, file: string): Promise<void> {
  const pem = readFileSync(file);
  const tls = { key: pem, cert: pem, alpnProtocols: ['h2', 'http/1.1'] };
  await reactor.listenSSL(port, Factory.forProtocol(ALPNPrinter), tls).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) {
  const [port = 8080, file = 'server.pem'] = process.argv.slice(2);
  await main(new Reactor(), Number(port), file);
}
