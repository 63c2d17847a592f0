/**
 * A server that sends as many random numbers as asked for, and no faster than the client takes them:
 * `node streaming.js [port]`. Connect to it, say `1000000` and a newline, and stop reading now and then.
 */
import { Factory, Protocol, type PushProducer, Reactor, type StreamTransport } from 'plait';

// region producer
/** Writes random integers until they are all written or it is told to wait. */
export class Producer implements PushProducer {
  produced = 0;
  readonly #transport: StreamTransport;
  readonly #goal: number;
  #paused = false;

  constructor(transport: StreamTransport, goal: number) {
    this.#transport = transport;
    this.#goal = goal;
  }

  pauseProducing(): void {
    this.#paused = true;
    console.log('Pausing after %d', this.produced);
  }

  resumeProducing(): void {
    this.#paused = false;
    while (!this.#paused && this.produced < this.#goal) {
      this.produced++;
      this.#transport.write(`${Math.floor(this.#transport.reactor.random() * 10_000)}\r\n`);
    }
    if (this.produced < this.#goal) return;
    this.#transport.unregisterProducer();
    this.#transport.loseConnection();
  }

  stopProducing(): void {
    this.#paused = true;
  }
}
// endregion

/** Reads how many numbers are wanted. */
export class ServeRandom extends Protocol {
  #line = '';

  override connectionMade(): void {
    this.transport.write('How many random integers do you want?\r\n');
  }

  override dataReceived(data: Buffer): void {
    this.#line += data.toString('latin1');
    const end = this.#line.indexOf('\n');
    if (end < 0 && this.#line.length < 20) return;
    const goal = Number(this.#line.slice(0, end).trim());
    if (end < 0 || !Number.isSafeInteger(goal) || goal < 0) {
      this.transport.write('That is no number.\r\n');
      this.transport.loseConnection();
      return;
    }
    this.transport.pauseProducing(); // nothing more is asked
    const producer = new Producer(this.transport, goal);
    this.transport.registerProducer(producer, true);
    producer.resumeProducing();
  }

  override connectionLost(): void {
    console.log('Connection lost from %s', (this.transport.getPeer() as { host: string }).host);
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, Factory.forProtocol(ServeRandom)).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 1234));
