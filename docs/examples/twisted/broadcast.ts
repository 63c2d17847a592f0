/**
 * One datagram to everybody on the local network, and what comes back: `node broadcast.js [port] [address]`. The address
 * may be that of one network (`192.168.1.255`) instead of all.
 */
import { type Address, DatagramProtocol, Reactor } from 'plait';

export class Broadcaster extends DatagramProtocol {
  readonly #everybody: Address;

  constructor(everybody: Address) {
    super();
    this.#everybody = everybody;
  }

  override startProtocol(): void {
    this.transport.setBroadcastAllowed(true);
    console.log(`broadcast allowed: ${this.transport.getBroadcastAllowed()}`);
    this.transport.write('is anybody there?', this.#everybody);
  }

  override datagramReceived(data: Buffer, address: Address): void {
    console.log('received %j from %s:%d', data.toString(), address.host, address.port);
  }
}

export async function main(reactor: Reactor, everybody: Address): Promise<void> {
  reactor.listenUDP(0, new Broadcaster(everybody));
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) {
  const port = Number(process.argv[2] ?? 9999);
  await main(new Reactor(), { host: process.argv[3] ?? '<broadcast>', port });
}
