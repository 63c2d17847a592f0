/** Sends one message to an echo server, prints what comes back and ends: `node simpleclient.js [port]`. */
import { ClientFactory, type Connector, Protocol, Reactor } from 'plait';

const MESSAGE = 'hello, world!';

class EchoClient extends Protocol {
  #received = '';

  override connectionMade(): void {
    this.transport.write(MESSAGE);
  }

  override dataReceived(data: Buffer): void {
    this.#received += data.toString(); // a stream: the message may come in pieces
    if (this.#received.length < MESSAGE.length) return;
    console.log('Server said:', this.#received);
    this.transport.loseConnection();
  }

  override connectionLost(): void {
    console.log('connection lost');
  }
}

class EchoFactory extends ClientFactory {
  override protocol: typeof EchoClient = EchoClient;
  readonly #reactor: Reactor;

  constructor(reactor: Reactor) {
    super();
    this.#reactor = reactor;
  }

  override clientConnectionFailed(_connector: Connector, reason: Error): void {
    console.log('Connection failed - goodbye!', reason.message);
    this.#reactor.stop();
  }

  override clientConnectionLost(): void {
    console.log('Connection lost - goodbye!');
    this.#reactor.stop();
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  reactor.callWhenRunning(() => void reactor.connectTCP('127.0.0.1', port, new EchoFactory(reactor)));
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 8000));
