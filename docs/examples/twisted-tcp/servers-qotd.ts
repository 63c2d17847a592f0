/** A factory with something for its protocols: `node servers-qotd.js [port]`. */
import { Factory, type InternetAddress, Protocol, Reactor } from 'plait';

class QOTD extends Protocol {
  readonly #quote: string;

  constructor(quote: string) {
    super();
    this.#quote = quote;
  }

  override connectionMade(): void {
    this.transport.write(`${this.#quote}\r\n`);
    this.transport.loseConnection();
  }
}

class QOTDFactory extends Factory {
  readonly #quote: string;

  constructor(quote = 'An apple a day keeps the doctor away') {
    super();
    this.#quote = quote;
  }

  override buildProtocol(_peer: InternetAddress): Protocol {
    return new QOTD(this.#quote);
  }
}

export async function main(reactor: Reactor, port: number, quote?: string): Promise<void> {
  await reactor.listenTCP(port, new QOTDFactory(quote)).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) {
  const [port = 8007, quote] = process.argv.slice(2);
  await main(new Reactor(), Number(port), quote);
}
