/** A factory that tells what becomes of its connection: `node clients-echo-factory.js [port]`. */
import { ClientFactory, type Connector, Deferred, type InternetAddress, Protocol, react, type ReactorTCP } from 'plait';

class Echo extends Protocol {
  override dataReceived(data: Buffer): void {
    console.log(data.toString());
  }
}

export class EchoClientFactory extends ClientFactory {
  readonly done: Deferred<void> = new Deferred();

  override startedConnecting(_connector: Connector): void {
    console.log('Started to connect.');
  }

  override buildProtocol(_peer: InternetAddress): Protocol {
    console.log('Connected.');
    return new Echo();
  }

  override clientConnectionLost(_connector: Connector, reason: Error): void {
    console.log('Lost connection.  Reason:', reason.message);
    this.done.callback();
  }

  override clientConnectionFailed(_connector: Connector, reason: Error): void {
    console.log('Connection failed. Reason:', reason.message);
    this.done.callback();
  }
}

export async function main(reactor: ReactorTCP, port: number): Promise<void> {
  const factory = new EchoClientFactory();
  reactor.connectTCP('127.0.0.1', port, factory);
  await factory.done;
}

if (process.argv[1] === import.meta.filename) {
  await react((reactor) => main(reactor, Number(process.argv[2] ?? 8007)));
}
