/**
 * A factory that connects again, each time after a longer wait: `node clients-reconnecting.js [port]`. A ClientService
 * does the same without a line of one's own; here is how it is done by hand.
 */
import { ClientFactory, type Connector, type InternetAddress, Protocol, Reactor, type ReactorTime } from 'plait';

class Echo extends Protocol {
  override dataReceived(data: Buffer): void {
    console.log(data.toString());
  }
}

// region factory
export class EchoClientFactory extends ClientFactory {
  readonly #reactor: ReactorTime;
  #delay = 1;

  constructor(reactor: ReactorTime) {
    super();
    this.#reactor = reactor;
  }

  override startedConnecting(_connector: Connector): void {
    console.log('Started to connect.');
  }

  override buildProtocol(_peer: InternetAddress): Protocol {
    console.log('Connected. Resetting reconnection delay.');
    this.#delay = 1;
    return new Echo();
  }

  override clientConnectionLost(connector: Connector, reason: Error): void {
    console.log('Lost connection.  Reason:', reason.message);
    this.#retry(connector);
  }

  override clientConnectionFailed(connector: Connector, reason: Error): void {
    console.log('Connection failed. Reason:', reason.message);
    this.#retry(connector);
  }

  #retry(connector: Connector): void {
    this.#reactor.callLater(this.#delay, () => connector.connect());
    this.#delay = Math.min(2 * this.#delay, 60);
  }
}
// endregion

export async function main(reactor: Reactor, port: number): Promise<void> {
  reactor.connectTCP('127.0.0.1', port, new EchoClientFactory(reactor));
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 8007));
