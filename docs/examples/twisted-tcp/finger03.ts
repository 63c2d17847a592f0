/** Step 3: closes each connection at once: `node finger03.js [port]`. */
import { Factory, Protocol, Reactor } from 'plait';

class FingerProtocol extends Protocol {
  override connectionMade(): void {
    this.transport.loseConnection();
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, Factory.forProtocol(FingerProtocol)).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 1079));
