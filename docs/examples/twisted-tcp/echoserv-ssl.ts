/** echoserv with TLS: `node echoserv-ssl.js [port] [file]`, a PEM file with the key and the certificate. */
import { readFileSync } from 'node:fs';
import { Factory, Reactor } from 'plait';
import { Echo } from './echoserv.js';

export async function main(reactor: Reactor, port: number, file: string): Promise<void> {
  const pem = readFileSync(file);
  await reactor.listenSSL(port, Factory.forProtocol(Echo), { key: pem, cert: pem }).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) {
  const [port = 8000, file = 'server.pem'] = process.argv.slice(2);
  await main(new Reactor(), Number(port), file);
}
