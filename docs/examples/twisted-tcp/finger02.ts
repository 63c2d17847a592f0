/** Step 2: takes connections and does nothing with them: `node finger02.js [port]`. */
import { Factory, Protocol, Reactor } from 'plait';

class FingerProtocol extends Protocol {}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, Factory.forProtocol(FingerProtocol)).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 1079));
