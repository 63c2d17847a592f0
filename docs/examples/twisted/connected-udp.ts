/** Connected UDP, which hears of refusals: `node connected-udp.js [host] [port]`. */
import { type Address, DatagramProtocol, Reactor } from 'plait';

// region protocol
export class Helloer extends DatagramProtocol {
  readonly #host: string;
  readonly #port: number;

  constructor(host: string, port: number) {
    super();
    this.#host = host;
    this.#port = port;
  }

  override startProtocol(): void {
    this.transport.connect(this.#host, this.#port);
    console.log(`now we can only send to host ${this.#host} port ${this.#port}`);
    this.transport.write('hello'); // needs no address
  }

  override datagramReceived(data: Buffer, address: Address): void {
    console.log('received %j from %s:%d', data.toString(), address.host, address.port);
  }

  /** Called when the network tells that nobody listens there. It may not tell. */
  override connectionRefused(): void {
    console.log('No one listening');
  }
}
// endregion

export async function main(reactor: Reactor, host: string, port: number): Promise<void> {
  reactor.listenUDP(0, new Helloer(host, port)); // 0: any port
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) {
  await main(new Reactor(), process.argv[2] ?? '192.168.1.1', Number(process.argv[3] ?? 1234));
}
