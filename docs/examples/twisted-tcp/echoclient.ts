/** Says some lines to echoserv, prints what comes back and ends: `node echoclient.js [port]`. */
import { ClientFactory, type Connector, Deferred, react, type ReactorTCP } from 'plait';
import { LineReceiver } from 'plait/protocols';

const END = 'Bye-bye!';

export class EchoClient extends LineReceiver {
  override connectionMade(): void {
    this.sendLine('Hello, world!');
    this.sendLine('What a fine day it is.');
    this.sendLine(END);
  }

  override lineReceived(line: Buffer): void {
    console.log('receive:', line.toString());
    if (line.toString() === END) this.transport.loseConnection();
  }
}

export class EchoClientFactory extends ClientFactory<EchoClient> {
  override protocol: typeof EchoClient = EchoClient;
  readonly done: Deferred<void> = new Deferred();

  override clientConnectionFailed(_connector: Connector, reason: Error): void {
    console.log('connection failed:', reason.message);
    this.done.errback(reason);
  }

  override clientConnectionLost(_connector: Connector, reason: Error): void {
    console.log('connection lost:', reason.message);
    this.done.callback();
  }
}

export async function main(reactor: ReactorTCP, port: number): Promise<void> {
  const factory = new EchoClientFactory();
  reactor.connectTCP('localhost', port, factory);
  await factory.done;
}

if (process.argv[1] === import.meta.filename) {
  await react((reactor) => main(reactor, Number(process.argv[2] ?? 8000)));
}
