/** Quote of the day (RFC 865): says one, and hangs up. */
import { Factory, Protocol } from 'plait';
import type { Quoter } from './quoters.js';

export class QOTD extends Protocol {
  override connectionMade(): void {
    const { quoter } = this.factory as QOTDFactory;
    this.transport.write(`${quoter.getQuote()}\r\n`);
    this.transport.loseConnection();
  }
}

/** Has the quotes, for all connections. */
export class QOTDFactory extends Factory {
  override protocol: typeof QOTD = QOTD;
  readonly quoter: Quoter;

  constructor(quoter: Quoter) {
    super();
    this.quoter = quoter;
  }
}
