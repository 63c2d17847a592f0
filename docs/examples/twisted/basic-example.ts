/** Echo on UDP: `node basic-example.js [port]`. */
import { type Address, DatagramProtocol, Reactor } from 'plait';

export class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, address: Address): void {
    console.log('received %j from %s:%d', data.toString(), address.host, address.port);
    this.transport.write(data, address);
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  reactor.listenUDP(port, new Echo());
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 9999));
