/** What comes of it when there is no connection. */
import {
  clientFromString,
  type ClientReactor,
  ConnectionRefusedError,
  ConnectTimeoutError,
  type ProtocolSource,
  trap,
} from 'plait';

// region trap
export function isServed(reactor: ClientReactor, where: string, factory: ProtocolSource): PromiseLike<boolean> {
  return clientFromString(reactor, where)
    .connect(factory)
    .addCallbacks(
      (protocol) => {
        protocol.transport.loseConnection();
        return true;
      },
      (error) => {
        trap(error, ConnectionRefusedError, ConnectTimeoutError);
        return false; // nobody listens there; that the name is unknown, say, is an error still
      },
    );
}
// endregion
