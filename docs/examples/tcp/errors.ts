/** What may go wrong before there is a connection. */
import {
  CannotListenError,
  ConnectionRefusedError,
  ConnectTimeoutError,
  DNSLookupError,
  type FactoryLike,
  type ReactorTCP,
  type TCPPort,
} from 'plait';

// region listening
export async function listenSomewhere(reactor: ReactorTCP, port: number, factory: FactoryLike): Promise<TCPPort> {
  const first = reactor.listenTCP(port, factory);
  try {
    await first.listening;
    return first;
  } catch (error) {
    if (!(error instanceof CannotListenError)) throw error;
    if ((error.cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const second = reactor.listenTCP(0, factory); // any free port, then
    await second.listening;
    return second;
  }
}
// endregion

// region connecting
/** For a message to people, of what `clientConnectionFailed` is given. */
export function advise(reason: Error): string {
  if (reason instanceof ConnectionRefusedError) return `Nobody listens on port ${reason.port} of ${reason.host}.`;
  if (reason instanceof ConnectTimeoutError) return `${reason.host} does not answer. Is it on?`;
  if (reason instanceof DNSLookupError) return `There is no host ${reason.hostname}.`;
  return reason.message;
}
// endregion
