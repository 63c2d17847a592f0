/**
 * Endpoints from text, such as a configuration has it: `tcp:8080:interface=127.0.0.1`. Each type of endpoint is a table of
 * its arguments and what makes the endpoint of them.
 *
 * Keys and certificates are given as names of files (PEM), which are read for each `listen` or `connect`.
 */
import { ipFamily } from '../../lib/address.js';
import { InvalidAddressError } from '../../lib/errors.js';
import type { ReactorTCP, TLSOptions } from '../../lib/stream.js';
import { readFile } from '../node/read-file.js';
import { UNIXClientEndpoint } from './client-endpoints.js';
import type { ReactorSSL, ReactorUNIX, StreamClientEndpoint, StreamServerEndpoint } from './endpoint.js';
import { Arguments, type Parameters } from './endpoint-arguments.js';
import { parseDescription } from './endpoint-description.js';
import { EndpointStringError } from './errors.js';
import { HostnameEndpoint, type HostnameEndpointOptions, type HostnameReactor } from './hostname-endpoint.js';
import { TCPServerEndpoint, UNIXServerEndpoint } from './server-endpoints.js';

/** A reactor on which any endpoint can be listened on. */
export type ServerReactor = ReactorTCP & ReactorSSL & ReactorUNIX;

/** A reactor on which any endpoint can be connected to. */
export type ClientReactor = HostnameReactor & ReactorUNIX;

/**
 * The endpoint to listen on that a text describes:
 *
 * - `tcp:8080`, `tcp6:8080`; `interface=127.0.0.1` (all when left out), `backlog=50`
 * - `unix:/run/some.sock`; `backlog=50`
 * - `ssl:8443:privateKey=key.pem`; as `tcp`, and `certKey=cert.pem` (the file of the key when left out),
 *   `extraCertChain=chain.pem`, `ca=clients.pem` (only clients with a certificate that it trusts), `alpn=h2,http/1.1`
 *
 * Arguments may be named or stand in their places (`tcp:port=8080`). A `\` before `:`, `=` or `\` makes that a character as
 * any other: see quoteStringArgument.
 * @throws EndpointStringError for what is no such description.
 */
export function serverFromString(reactor: ServerReactor, description: string): StreamServerEndpoint {
  return fromString(SERVERS, reactor, description);
}

/**
 * The endpoint to connect to that a text describes:
 *
 * - `tcp:example.org:80`; `timeout=30` seconds, `bindAddress=192.0.2.1`, `attemptDelay=0.25` seconds. A name is a
 *   HostnameEndpoint; `tcp6` takes its IPv6 addresses only. IPv6 literals: `tcp:\:\:1:80`
 * - `unix:/run/some.sock`; `timeout=30`
 * - `ssl:example.org:443`; as `tcp`, and `privateKey=key.pem` and `certKey=cert.pem` (a certificate of one's own),
 *   `ca=ca.pem` (who is trusted, instead of the system's list), `servername=example.net`, `alpn=h2,http/1.1`
 *
 * Arguments are written as in serverFromString.
 * @throws EndpointStringError for what is no such description.
 */
export function clientFromString(reactor: ClientReactor, description: string): StreamClientEndpoint {
  return fromString(CLIENTS, reactor, description);
}

/** A type of endpoint: its arguments, and what makes it of them. */
interface EndpointType<R, E> extends Parameters {
  make(reactor: R, given: Arguments): E;
}

type Types<R, E> = ReadonlyMap<string, EndpointType<R, E>>;

function fromString<R, E>(types: Types<R, E>, reactor: R, text: string): E {
  if (typeof text !== 'string') throw new TypeError('An endpoint is described by a string');
  const description = parseDescription(text);
  const type = types.get(description.type);
  if (type === undefined) {
    const known = [...types.keys()].join(', ');
    throw new EndpointStringError(text, `no type ${JSON.stringify(description.type)}; there are ${known}`);
  }
  const given = new Arguments(text, description, type);
  try {
    return type.make(reactor, given);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof InvalidAddressError)) throw error;
    throw new EndpointStringError(text, error.message, { cause: error });
  }
}

const LISTEN = ['interface', 'backlog'];
const CONNECT = ['timeout', 'bindAddress', 'attemptDelay'];

const SERVERS: Types<ServerReactor, StreamServerEndpoint> = new Map(
  Object.entries({
    tcp: {
      places: ['port'],
      names: LISTEN,
      make: (reactor, given) => new TCPServerEndpoint(reactor, given.number('port'), listenOptions(given, '0.0.0.0')),
    },
    tcp6: {
      places: ['port'],
      names: LISTEN,
      make(reactor, given) {
        const options = listenOptions(given, '::');
        if (ipFamily(options.interface) === 4) throw new InvalidAddressError(options.interface, 'must be of IPv6');
        return new TCPServerEndpoint(reactor, given.number('port'), options);
      },
    },
    ssl: {
      places: ['port'],
      names: [...LISTEN, 'privateKey', 'certKey', 'extraCertChain', 'ca', 'alpn'],
      make(reactor, given) {
        const tls = serverTLS(given);
        return new TCPServerEndpoint(reactor, given.number('port'), { ...listenOptions(given, '0.0.0.0'), tls });
      },
    },
    unix: {
      places: ['path'],
      names: ['backlog'],
      make: (reactor, given) => new UNIXServerEndpoint(reactor, given.text('path'), given.numbers('backlog')),
    },
  }),
);

const CLIENTS: Types<ClientReactor, StreamClientEndpoint> = new Map(
  Object.entries({
    tcp: {
      places: ['host', 'port'],
      names: CONNECT,
      make: (reactor, given) => hostname(reactor, given, {}),
    },
    tcp6: {
      places: ['host', 'port'],
      names: CONNECT,
      make: (reactor, given) => hostname(reactor, given, { family: 6 }),
    },
    ssl: {
      places: ['host', 'port'],
      names: [...CONNECT, 'privateKey', 'certKey', 'ca', 'servername', 'alpn'],
      make: (reactor, given) => hostname(reactor, given, { tls: clientTLS(given) }),
    },
    unix: {
      places: ['path'],
      names: ['timeout'],
      make: (reactor, given) => new UNIXClientEndpoint(reactor, given.text('path'), given.numbers('timeout')),
    },
  }),
);

function listenOptions(given: Arguments, everywhere: string): { interface: string; backlog?: number } {
  return { interface: given.get('interface') ?? everywhere, ...given.numbers('backlog') };
}

function hostname(reactor: ClientReactor, given: Arguments, more: HostnameEndpointOptions): HostnameEndpoint {
  const host = given.get('bindAddress');
  return new HostnameEndpoint(reactor, given.text('host'), given.number('port'), {
    ...given.numbers('timeout', 'attemptDelay'),
    ...(host === undefined ? {} : { bindAddress: { host } }),
    ...more,
  });
}

function serverTLS(given: Arguments): () => Promise<TLSOptions> {
  const [key, chain, ca] = [given.text('privateKey'), given.get('extraCertChain'), given.get('ca')];
  const cert = given.get('certKey') ?? key;
  const more = alpn(given);
  return async () => {
    const [keyText, certText, chainText, caText] = await Promise.all([key, cert, chain, ca].map(readText));
    return {
      key: keyText!,
      cert: certText! + (chainText ?? ''),
      ...(caText === undefined ? {} : { ca: caText, requestCert: true, rejectUnauthorized: true }),
      ...more,
    };
  };
}

function clientTLS(given: Arguments): () => Promise<TLSOptions> {
  const [key, ca, servername] = [given.get('privateKey'), given.get('ca'), given.get('servername')];
  const cert = given.get('certKey') ?? key;
  const more = { ...(servername === undefined ? {} : { servername }), ...alpn(given) };
  return async () => {
    const [keyText, certText, caText] = await Promise.all([key, cert, ca].map(readText));
    return {
      ...(keyText === undefined ? {} : { key: keyText }),
      ...(certText === undefined ? {} : { cert: certText }),
      ...(caText === undefined ? {} : { ca: caText }),
      ...more,
    };
  };
}

function alpn(given: Arguments): Pick<TLSOptions, 'alpnProtocols'> {
  const protocols = given.get('alpn');
  return protocols === undefined ? {} : { alpnProtocols: protocols.split(',') };
}

/** The text of a file, its last line ended: texts of PEM are put one after the other. */
async function readText(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : `${(await readFile(path)).toString()}\n`;
}
