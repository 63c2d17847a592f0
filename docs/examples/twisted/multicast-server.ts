/**
 * Answers a question that is put to a group: `node multicast-server.js [port] [interface]`. The interface is an address
 * or a name; without one the system chooses.
 */
import { type Address, DatagramProtocol, type HookResult, type MulticastTransport, Reactor } from 'plait';

// region server
export class MulticastPingPong extends DatagramProtocol<MulticastTransport> {
  readonly #interface: string | undefined;

  constructor(networkInterface?: string) {
    super();
    this.#interface = networkInterface;
  }

  override startProtocol(): HookResult {
    // More than 1, so that datagrams may pass routers.
    this.transport.setTTL(5);
    return this.transport.joinGroup('228.0.0.5', this.#interface);
  }

  override datagramReceived(datagram: Buffer, address: Address): void {
    console.log('Datagram %j received from %s:%d', datagram.toString(), address.host, address.port);
    // The answer is for the asker alone, not for the group.
    if (datagram.toString() === 'Client: Ping') this.transport.write('Server: Pong', address);
  }
}

export async function main(reactor: Reactor, port: number, networkInterface?: string): Promise<void> {
  // listenMultiple lets servers and clients of one machine share the port.
  reactor.listenMulticast(port, new MulticastPingPong(networkInterface), { listenMultiple: true });
  await reactor.run();
}
// endregion

if (process.argv[1] === import.meta.filename) {
  await main(new Reactor(), Number(process.argv[2] ?? 9999), process.argv[3]);
}
