/** A protocol that keeps nothing: `node servers-echo.js [port]`. */
import { Protocol, Reactor } from 'plait';

class Echo extends Protocol {
  override dataReceived(data: Buffer): void {
    this.transport.write(data);
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, () => new Echo()).listening; // a function is a factory, too
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 8007));
