/** To everybody on the local network. */
import type { Address, ReactorUDP, UDPPort } from 'plait';

type Found = (address: Address) => void;

// region broadcast
export function findEverybody(reactor: ReactorUDP, port: number, found: Found, everybody = '<broadcast>'): UDPPort {
  const transport = reactor.listenUDP(0, {
    datagramReceived(_data, address) {
      found(address);
    },
  });
  transport.setBroadcastAllowed(true);
  transport.write('who is there?', { host: everybody, port });
  return transport;
}
// endregion
