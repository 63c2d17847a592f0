/** Step 8: the factory may need time, so it gives a Deferred: `node finger08.js [port]`. */
import { type Deferred, Factory, type HookResult, Reactor, succeed } from 'plait';
import { LineReceiver } from 'plait/protocols';

class FingerProtocol extends LineReceiver {
  override lineReceived(user: Buffer): HookResult {
    return (this.factory as FingerFactory)
      .getUser(user.toString())
      .addErrback(() => 'Internal error in server')
      .addCallback((message) => {
        this.transport.write(`${message}\r\n`);
        this.transport.loseConnection();
      });
  }
}

export class FingerFactory extends Factory<FingerProtocol> {
  override protocol: typeof FingerProtocol = FingerProtocol;
  readonly #users: ReadonlyMap<string, string>;

  constructor(users: Record<string, string>) {
    super();
    this.#users = new Map(Object.entries(users));
  }

  getUser(user: string): Deferred<string> {
    return succeed(this.#users.get(user) ?? 'No such user');
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, new FingerFactory({ moshez: 'Happy and well' })).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 1079));
