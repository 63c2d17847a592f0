/**
 * TLS over whatever another endpoint connects to. TLS is begun before the protocol has its connection, so that all it
 * writes goes through TLS; only its `makeConnection` is watched.
 */
import { Deferred } from '../../lib/deferred/index.js';
import { toError } from '../../lib/errors.js';
import type { StreamHandler, StreamTransport, TLSOptions } from '../../lib/stream.js';
import { asStreamProtocol } from '../stream-handler.js';
import type { EndpointOptions, ProtocolSource, StreamClientEndpoint, TLSSource } from './endpoint.js';
import { intercept } from './intercept.js';
import { checkTimeout, DEFAULT_TIMEOUT, underSignal, withinTime, withTLS } from './limits.js';
import { builderOf, inPlaceOf } from './protocol-source.js';

/** Options of wrapClientTLS. */
export interface WrapClientTLSOptions {
  /**
   * Seconds that the peers have to agree once there is a connection; 30 when left out. How long it takes to connect is up to
   * the wrapped endpoint.
   */
  timeout?: number;
}

/**
 * An endpoint that connects as `endpoint` does, and speaks TLS over that: through a proxy, over a UNIX socket, over an endpoint
 * of one's own. `tls.servername` says what the certificate must be for; when left out, it must be for the address that was
 * connected to, which is no name. As with every endpoint in TLS, `connectionMade` runs before the peers have agreed, what it
 * writes waits for that, and so does the Deferred of `connect`. It fails as that of `endpoint` does; with a TLSError when they
 * do not agree; with an AlreadyConnectedError where `endpoint` speaks TLS itself.
 * @throws RangeError for an option outside its range.
 */
export function wrapClientTLS(
  tls: TLSSource,
  endpoint: StreamClientEndpoint,
  options: WrapClientTLSOptions = {},
): StreamClientEndpoint {
  const { timeout = DEFAULT_TIMEOUT } = options;
  checkTimeout(timeout);
  return {
    connect: (factory, { signal }: EndpointOptions = {}) =>
      underSignal(signal, () => withTLS(tls, (known) => connectSecurely(known ?? {}, endpoint, factory, timeout))),
  };
}

function connectSecurely<P extends StreamHandler>(
  tls: TLSOptions,
  endpoint: StreamClientEndpoint,
  factory: ProtocolSource<P>,
  timeout: number,
): Deferred<P> {
  const builder = builderOf(factory);
  let protocol: P | undefined;
  let agreed: Deferred<void> | undefined;
  let refused: Error | undefined;
  const contender = inPlaceOf<StreamHandler>(builder, (peer) => {
    const built = builder.buildProtocol(peer) ?? null;
    if (built === null) return null;
    protocol = built;
    const made = asStreamProtocol(built);
    intercept(made, 'makeConnection', (make, transport) => {
      try {
        agreed = agree(transport, tls, timeout);
      } catch (error) {
        // The protocol, which had no connection, loses none.
        intercept(made, 'connectionLost', () => {});
        transport.abortConnection();
        refused = toError(error);
        return;
      }
      return make(transport);
    });
    return made;
  });
  return endpoint
    .connect(contender)
    .addBoth((result) => {
      if (refused !== undefined) throw refused;
      if (result instanceof Error) throw result;
      return agreed;
    })
    .addCallback(() => protocol!);
}

/** Fires when the peers have agreed. To cancel it ends the connection. */
function agree(transport: StreamTransport, tls: TLSOptions, timeout: number): Deferred<void> {
  const agreed = new Deferred<void>(() => transport.abortConnection());
  transport.startTLS({ ...tls, isServer: false }).addCallbacks(
    () => {
      if (!agreed.called) agreed.callback();
    },
    (error) => {
      if (!agreed.called) agreed.errback(error);
    },
  );
  const peer = transport.getPeer();
  const place = 'path' in peer ? { host: peer.path, port: 0 } : peer;
  withinTime(agreed, transport.reactor, timeout, place);
  agreed.catch(() => {}); // where the wrapped endpoint fails by itself, nobody else hears of this failure
  return agreed;
}
