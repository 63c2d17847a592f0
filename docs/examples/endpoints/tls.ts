/** TLS with options of one's own. */
import { readFile } from 'node:fs/promises';
import {
  HostnameEndpoint,
  type HostnameReactor,
  type Reactor,
  type StreamClientEndpoint,
  TCPServerEndpoint,
  wrapClientTLS,
} from 'plait';

// region server
/** The certificate is read again each time that the endpoint is listened on. */
export function secureServer(reactor: Reactor, port: number, folder: string): TCPServerEndpoint {
  return new TCPServerEndpoint(reactor, port, {
    tls: async () => ({
      key: await readFile(`${folder}/key.pem`),
      cert: await readFile(`${folder}/cert.pem`),
      alpnProtocols: ['shout'],
    }),
  });
}
// endregion

// region client
/** Trusts one authority, and nobody else. */
export function secureClient(reactor: HostnameReactor, host: string, port: number, ca: string): HostnameEndpoint {
  return new HostnameEndpoint(reactor, host, port, { tls: { ca, alpnProtocols: ['shout'] }, timeout: 10 });
}
// endregion

// region wrap
/** TLS over whatever leads to the host: a tunnel, a proxy. */
export function secureThrough(tunnel: StreamClientEndpoint, host: string, ca: string): StreamClientEndpoint {
  return wrapClientTLS({ ca, servername: host }, tunnel);
}
// endregion
