/**
 * The suite of connections in TLS: to a protocol, an encrypted connection is a connection. `connectionMade` comes before
 * the peers have agreed, so that the sentences about an end as early as that hold otherwise: see tls-failures.test.ts.
 */
import { expect } from 'chai';
import { after, describe, it } from 'mocha';
import {
  type ClientFactoryLike,
  type Connector,
  type ConnectTCPOptions,
  type FactoryLike,
  type ListenTCPOptions,
  Reactor,
  type TCPPort,
} from '../../index.js';
import { streamContract, type StreamContractNetwork } from '../../testing/contract/stream.js';
import { CLIENT, SERVER } from '../reactor/node/certificates.js';
import { hasIPv6, LOOPBACK, nodeContractNetwork } from './node-contract-network.js';
import { SilentPort } from './silent-port.js';

/** Connections that one end ends before the other has agreed: it hears of a TLSError, as well as the ones of connectionMade. */
const OTHERWISE: readonly RegExp[] = [
  /^closes a connection for which the factory gives (null|undefined)/,
  /^closes the connection for which the factory gives no protocol, and tells the factory$/,
  /^may be called in connectionMade$/,
  /^reports once that connectionMade of a (server|client) /,
  /^closes ports, and the connections they took$/,
  /^gives up the attempts to connect, which is told before close resolves$/,
  /^has no TLS to tell of where none is spoken$/,
];

/** That both have agreed is seen by what they have agreed on. */
const ALPN = ['plait'];

class SecureReactor extends Reactor {
  override listenTCP(port: number, factory: FactoryLike, options?: ListenTCPOptions): TCPPort {
    return this.listenSSL(port, factory, { ...SERVER, alpnProtocols: ALPN }, options);
  }

  override connectTCP(host: string, port: number, factory: ClientFactoryLike, options?: ConnectTCPOptions): Connector {
    return this.connectSSL(host, port, factory, { ...CLIENT, alpnProtocols: ALPN }, options);
  }
}

describe('the node network, in TLS', () => {
  const met = new Set<RegExp>();
  const usual = (name: string, body: () => Promise<void>): void => {
    const other = OTHERWISE.find((pattern) => pattern.test(name));
    if (other === undefined) it(name, body);
    else met.add(other);
  };
  const noSilence = process.platform !== 'linux';
  streamContract(streamNetwork, { describe, it: usual }, { noIPv6: !hasIPv6(), noSilence });

  after(() => expect(met.size, 'sentences left out that the suite does not have').to.equal(OTHERWISE.length));
});

function streamNetwork(): StreamContractNetwork {
  const network = nodeContractNetwork(LOOPBACK, () => new SecureReactor());
  const silent = new SilentPort();
  return {
    ...network,
    peerName: 'localhost',
    unknownName: `${'x'.repeat(64)}.invalid`,
    ready: ({ negotiatedProtocol }) => negotiatedProtocol === ALPN[0],
    silence: () => silent.open(),
    close: async () => {
      await Promise.all([network.close(), silent.close()]);
    },
  };
}
