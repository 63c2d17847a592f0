/**
 * echoclient that proves who it is: `node ssl-clientauth-client.js [port] [authority] [key] [certificate]`, all PEM files. Talks
 * with ssl-clientauth-server.
 */
import { readFileSync } from 'node:fs';
import { type Reactor, react, type TLSOptions } from 'plait';
import { EchoClientFactory } from './echoclient.js';

export async function main(reactor: Reactor, port: number, tls: TLSOptions): Promise<void> {
  const factory = new EchoClientFactory();
  reactor.connectSSL('localhost', port, factory, tls);
  await factory.done;
}

if (process.argv[1] === import.meta.filename) {
  const [port = 8000, authority = 'public.pem', key = 'client-key.pem', cert = 'client.pem'] = process.argv.slice(2);
  const tls = { ca: readFileSync(authority), key: readFileSync(key), cert: readFileSync(cert) };
  await react((reactor) => main(reactor, Number(port), tls));
}
