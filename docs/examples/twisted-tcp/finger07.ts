/** Step 7: the factory knows some: `node finger07.js [port]`. */
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
  readonly #users: ReadonlyMap<string, string>;

  constructor(users: Record<string, string>) {
    super();
    this.#users = new Map(Object.entries(users));
  }

  getUser(user: string): string {
    return this.#users.get(user) ?? 'No such user';
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, new FingerFactory({ moshez: 'Happy and well' })).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 1079));
