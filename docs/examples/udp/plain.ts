/** Protocols without a class. */
import type { DatagramHandler, ReactorUDP, UDPPort } from 'plait';

// region plain
export const echo: DatagramHandler = {
  datagramReceived(data, address, transport) {
    transport.write(data, address);
  },
};
// endregion

// region ports
export function openBoth(reactor: ReactorUDP): [UDPPort, UDPPort] {
  const ipv4 = reactor.listenUDP(0, echo, { interface: '127.0.0.1' });
  const ipv6 = reactor.listenUDP(0, echo, { interface: '::1' });
  return [ipv4, ipv6];
}
// endregion
