/**
 * Asks a server for HTTP/2 by ALPN and prints what it says: `node tls-alpn-npn-client.js [host] [port] [file]`, a PEM file with
 * the authority that is trusted, instead of those of the system.
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
} from 'plait';

/** What a client of HTTP/2 says first: RFC 9113, section 3.4. */
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

class BasicH2Request extends Protocol {
  readonly done: Deferred<void> = new Deferred();

  /** Only now it is known what to speak; in `connectionMade` it is not. */
  handshakeCompleted(): void {
    console.log('Next protocol is:', this.transport.negotiatedProtocol);
    if (this.transport.negotiatedProtocol === 'h2') this.transport.write(PREFACE);
    else this.transport.loseConnection();
  }

  override dataReceived(): void {
    console.log('It has answered');
    this.transport.loseConnection();
  }

  override connectionLost(): void {
    this.done.callback();
  }
}

export async function main(reactor: HostnameReactor, host: string, port: number, tls: TLSOptions): Promise<void> {
  const endpoint = new HostnameEndpoint(reactor, host, port, { tls: { ...tls, alpnProtocols: ['h2', 'http/1.1'] } });
  const request = await connectProtocol(endpoint, new BasicH2Request());
  await request.done;
}

if (process.argv[1] === import.meta.filename) {
  const [host = 'localhost', port = 8080, file] = process.argv.slice(2);
  await react((reactor) => main(reactor, host, Number(port), file === undefined ? {} : { ca: readFileSync(file) }));
}
