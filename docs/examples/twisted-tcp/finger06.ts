/** Step 6: asks the factory, which knows nobody: `node finger06.js [port]`. */
import { Factory, Reactor } from 'plait';
import { LineReceiver } from 'plait/protocols';

class FingerProtocol extends LineReceiver {
  override lineReceived(user: Buffer): void {
    const factory = this.factory as FingerFactory;
    this.transport.write(`${factory.getUser(user.toString())}\r\n`);
    this.transport.loseConnection();
  }
}

class FingerFactory extends Factory<FingerProtocol> {
  override protocol: typeof FingerProtocol = FingerProtocol;

  getUser(_user: string): string {
    return 'No such user';
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, new FingerFactory()).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 1079));
