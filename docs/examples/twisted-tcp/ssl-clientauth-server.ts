/**
 * echoserv for clients that prove who they are: `node ssl-clientauth-server.js [port] [file] [clients]`. The first PEM file has
 * the server's key and certificate, the second those of the authorities whose clients are let in.
 */
import { readFileSync } from 'node:fs';
import { Factory, Reactor } from 'plait';
import { Echo } from './echoserv.js';

/** Its handshake is completed only for who has shown a certificate that is trusted. */
class ProvenEcho extends Echo {
  handshakeCompleted(): void {
    console.log('Hello,', this.transport.getPeerCertificate()?.subject['CN']);
  }
}

export async function main(reactor: Reactor, port: number, file: string, clients: string): Promise<void> {
  const pem = readFileSync(file);
  const tls = { key: pem, cert: pem, ca: readFileSync(clients), requestCert: true, rejectUnauthorized: true };
  await reactor.listenSSL(port, Factory.forProtocol(ProvenEcho), tls).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) {
  const [port = 8000, file = 'server.pem', clients = 'clients.pem'] = process.argv.slice(2);
  await main(new Reactor(), Number(port), file, clients);
}
