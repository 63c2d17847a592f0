/** `write` wants an address; a name is resolved first: `node resolve-then-write.js [name] [port]`. */
import { type Address, DatagramProtocol, type HookResult, Reactor } from 'plait';

export class Sender extends DatagramProtocol {
  readonly #reactor: Reactor;
  readonly #name: string;
  readonly #port: number;

  constructor(reactor: Reactor, name: string, port: number) {
    super();
    this.#reactor = reactor;
    this.#name = name;
    this.#port = port;
  }

  override startProtocol(): HookResult {
    // The port is of IPv4, so only such an address will do.
    return this.#reactor.resolve(this.#name, { family: 4 }).addCallback((host) => {
      this.transport.write('hello', { host, port: this.#port });
    });
  }

  override datagramReceived(data: Buffer, address: Address): void {
    console.log('received %j from %s:%d', data.toString(), address.host, address.port);
  }
}

export async function main(reactor: Reactor, name: string, port: number): Promise<void> {
  reactor.listenUDP(0, new Sender(reactor, name, port));
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) {
  await main(new Reactor(), process.argv[2] ?? 'localhost', Number(process.argv[3] ?? 9999));
}
