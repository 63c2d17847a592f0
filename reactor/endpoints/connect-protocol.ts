/** One protocol, one connection. */
import type { Deferred } from '../../lib/deferred/index.js';
import type { StreamHandler } from '../../lib/stream.js';
import type { EndpointOptions, StreamClientEndpoint } from './endpoint.js';

/**
 * Connects a protocol that is there already, without a factory: `connectProtocol(endpoint, new Client())`. Fires with the
 * protocol, and fails as `endpoint.connect` does; with an AlreadyConnectedError when the protocol has had a connection.
 */
export function connectProtocol<P extends StreamHandler>(
  endpoint: StreamClientEndpoint,
  protocol: P,
  options: EndpointOptions = {},
): Deferred<P> {
  return endpoint.connect(() => protocol, options);
}
