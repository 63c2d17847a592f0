/** IPv6: the same calls, other addresses. */
import {
  type Address,
  type DatagramHandler,
  DatagramProtocol,
  type MulticastTransport,
  type ReactorUDP,
  type UDPPort,
} from 'plait';

// region listen
/** Hears both families; IPv4 peers appear as `::ffff:192.0.2.7`. */
export function listenToAll(reactor: ReactorUDP, port: number, protocol: DatagramHandler): UDPPort {
  return reactor.listenUDP(port, protocol, { interface: '::' });
}
// endregion

// region group
/** A member of a group of the local link, on the interface of that name. */
export class Neighbour extends DatagramProtocol<MulticastTransport> {
  readonly #interface: string;

  constructor(networkInterface: string) {
    super();
    this.#interface = networkInterface;
  }

  override async startProtocol(): Promise<void> {
    this.transport.setTTL(1); // IPv6 calls it hop limit
    await this.transport.setOutgoingInterface(this.#interface);
    await this.transport.joinGroup('ff02::4711', this.#interface);
    this.transport.write('good morning', { host: 'ff02::4711', port: this.transport.getHost().port });
  }

  override datagramReceived(data: Buffer, address: Address): void {
    // From a neighbour: fe80::1%eth0. The scope is kept, so the answer finds its way.
    if (data.toString() === 'good morning') this.transport.write('good day', address);
  }
}
// endregion
