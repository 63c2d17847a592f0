/** echoclient with TLS: `node echoclient-ssl.js [port] [file]`, a PEM file with the authority that is trusted. */
import { readFileSync } from 'node:fs';
import { connectProtocol, Deferred, HostnameEndpoint, type HostnameReactor, react } from 'plait';
import { EchoClient } from './echoclient.js';

class SecureEchoClient extends EchoClient {
  readonly done: Deferred<void> = new Deferred();

  override connectionLost(): void {
    this.done.callback();
  }
}

export async function main(reactor: HostnameReactor, port: number, file: string): Promise<void> {
  const endpoint = new HostnameEndpoint(reactor, 'localhost', port, { tls: { ca: readFileSync(file) } });
  const client = await connectProtocol(endpoint, new SecureEchoClient());
  await client.done;
}

if (process.argv[1] === import.meta.filename) {
  const [port = 8000, file = 'public.pem'] = process.argv.slice(2);
  await react((reactor) => main(reactor, Number(port), file));
}
