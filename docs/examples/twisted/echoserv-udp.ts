/** The smallest server there is: `node echoserv-udp.js [port]`. */
import { type Address, DatagramProtocol, Reactor } from 'plait';

export class EchoUDP extends DatagramProtocol {
  override datagramReceived(datagram: Buffer, address: Address): void {
    this.transport.write(datagram, address);
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  reactor.listenUDP(port, new EchoUDP());
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 8000));
