/** Step 5: reads a name, knows nobody, and hangs up: `node finger05.js [port]`. */
import { Factory, Reactor } from 'plait';
import { LineReceiver } from 'plait/protocols';

class FingerProtocol extends LineReceiver {
  override lineReceived(_user: Buffer): void {
    this.transport.write('No such user\r\n');
    this.transport.loseConnection();
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, Factory.forProtocol(FingerProtocol)).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 1079));
