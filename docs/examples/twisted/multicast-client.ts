/** Asks a group, and prints what it hears of it: `node multicast-client.js [port] [interface]`. */
import { type Address, DatagramProtocol, type MulticastTransport, Reactor } from 'plait';

export class MulticastPingClient extends DatagramProtocol<MulticastTransport> {
  readonly #port: number;
  readonly #interface: string | undefined;

  constructor(port: number, networkInterface?: string) {
    super();
    this.#port = port;
    this.#interface = networkInterface;
  }

  override async startProtocol(): Promise<void> {
    // A member hears what the others ask. The answers come to this port alone, and need no membership.
    await this.transport.joinGroup('228.0.0.5', this.#interface);
    if (this.#interface !== undefined) await this.transport.setOutgoingInterface(this.#interface);
    // Everybody hears this who listens on the port and is in the group: we too.
    this.transport.write('Client: Ping', { host: '228.0.0.5', port: this.#port });
  }

  override datagramReceived(datagram: Buffer, address: Address): void {
    console.log('Datagram %j received from %s:%d', datagram.toString(), address.host, address.port);
  }
}

export async function main(reactor: Reactor, port: number, networkInterface?: string): Promise<void> {
  reactor.listenMulticast(port, new MulticastPingClient(port, networkInterface), { listenMultiple: true });
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) {
  await main(new Reactor(), Number(process.argv[2] ?? 9999), process.argv[3]);
}
