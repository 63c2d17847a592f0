/** Where quotes come from: `node quoters.js [port] [file]` serves those of a file. */
import { readFileSync } from 'node:fs';
import { Reactor } from 'plait';
import { QOTDFactory } from './quoteproto.js';

export interface Quoter {
  getQuote(): string;
}

/** Has one quote only. */
export class StaticQuoter implements Quoter {
  readonly #quote: string;

  constructor(quote: string) {
    this.#quote = quote;
  }

  getQuote(): string {
    return this.#quote;
  }
}

/** Takes one of many. In a file they are apart by a line with a `%`. */
export class FortuneQuoter implements Quoter {
  readonly #quotes: readonly string[];
  readonly #random: () => number;

  constructor(text: string, random: () => number) {
    this.#quotes = text.split(/^%$/m).map((quote) => quote.trim());
    this.#random = random;
  }

  getQuote(): string {
    return this.#quotes[Math.floor(this.#random() * this.#quotes.length)]!;
  }
}

export async function main(reactor: Reactor, port: number, file?: string): Promise<void> {
  const quoter =
    file === undefined
      ? new StaticQuoter('An apple a day keeps the doctor away')
      : new FortuneQuoter(readFileSync(file, 'utf8'), () => reactor.random());
  await reactor.listenTCP(port, new QOTDFactory(quoter)).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) {
  const [port = 8007, file] = process.argv.slice(2);
  await main(new Reactor(), Number(port), file);
}
