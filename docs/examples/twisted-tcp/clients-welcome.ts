/** A client that says one thing and hangs up: `node clients-welcome.js [port]`. */
import { ClientFactory, type Connector, Deferred, Protocol, react, type ReactorTCP } from 'plait';

class WelcomeMessage extends Protocol {
  override connectionMade(): void {
    this.transport.write('Hello server, I am the client!\r\n');
    this.transport.loseConnection(); // when all is sent
  }
}

class WelcomeFactory extends ClientFactory {
  override protocol: typeof WelcomeMessage = WelcomeMessage;
  readonly done: Deferred<void> = new Deferred();

  override clientConnectionFailed(_connector: Connector, reason: Error): void {
    this.done.errback(reason);
  }

  override clientConnectionLost(): void {
    this.done.callback();
  }
}

export async function main(reactor: ReactorTCP, port: number): Promise<void> {
  const factory = new WelcomeFactory();
  reactor.connectTCP('127.0.0.1', port, factory);
  await factory.done;
}

if (process.argv[1] === import.meta.filename) {
  await react((reactor) => main(reactor, Number(process.argv[2] ?? 8007)));
}
