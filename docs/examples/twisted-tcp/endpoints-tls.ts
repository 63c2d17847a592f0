/**
 * TLS over an endpoint that knows nothing of it: `node endpoints-tls.js [host] [port] [file]` asks a web server for its page. The
 * PEM file has the authority that is trusted, instead of those of the system.
 */
import { readFileSync } from 'node:fs';
import {
  connectProtocol,
  Deferred,
  HostnameEndpoint,
  type HostnameReactor,
  Protocol,
  react,
  type TLSOptions,
  wrapClientTLS,
} from 'plait';

class ExampleHTTP extends Protocol {
  readonly done: Deferred<void> = new Deferred();
  readonly #host: string;

  constructor(host: string) {
    super();
    this.#host = host;
  }

  override connectionMade(): void {
    this.transport.write(`GET / HTTP/1.1\r\nHost: ${this.#host}\r\nConnection: close\r\n\r\n`);
  }

  override dataReceived(data: Buffer): void {
    console.log('data: %j', data.toString());
  }

  override connectionLost(): void {
    this.done.callback();
  }
}

export async function main(reactor: HostnameReactor, host: string, port: number, tls: TLSOptions): Promise<void> {
  const tcp = new HostnameEndpoint(reactor, host, port);
  const secure = wrapClientTLS({ ...tls, servername: host }, tcp);
  const http = await connectProtocol(secure, new ExampleHTTP(host));
  await http.done;
}

if (process.argv[1] === import.meta.filename) {
  const [host = 'example.com', port = 443, file] = process.argv.slice(2);
  await react((reactor) => main(reactor, host, Number(port), file === undefined ? {} : { ca: readFileSync(file) }));
}
