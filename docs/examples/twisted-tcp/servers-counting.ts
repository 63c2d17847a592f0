/** What all connections share is in the factory: `node servers-counting.js [port]` counts them. */
import { Factory, Protocol, Reactor } from 'plait';

export class Echo extends Protocol {
  get #count(): CountingFactory {
    return this.factory as CountingFactory;
  }

  override connectionMade(): void {
    this.#count.numProtocols++;
    this.transport.write(`Welcome! There are currently ${this.#count.numProtocols} open connections.\n`);
  }

  override connectionLost(): void {
    this.#count.numProtocols--;
  }

  override dataReceived(data: Buffer): void {
    this.transport.write(data);
  }
}

export class CountingFactory extends Factory {
  override protocol: typeof Echo = Echo;
  numProtocols = 0;
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, new CountingFactory()).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 8007));
