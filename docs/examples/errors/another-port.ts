/** An error of the system that a program can do something about. */
import { CannotListenError, type DatagramHandler, type Reactor, type UDPPort } from 'plait';

// region another-port
export function listenSomewhere(reactor: Reactor, port: number, protocol: DatagramHandler): UDPPort {
  try {
    return reactor.listenUDP(port, protocol);
  } catch (error) {
    if (!(error instanceof CannotListenError)) throw error;
    if ((error.cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return reactor.listenUDP(0, protocol); // any free port, then
  }
}
// endregion
