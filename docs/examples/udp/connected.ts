/** A connected port: one peer, and word of refusals. */
import { DatagramProtocol, Deferred } from 'plait';

// region connected
/** Asks one peer whether it is there. */
export class Knock extends DatagramProtocol {
  readonly answer: Deferred<string> = new Deferred();
  readonly #host: string;
  readonly #port: number;

  constructor(host: string, port: number) {
    super();
    this.#host = host;
    this.#port = port;
  }

  override startProtocol(): void {
    this.transport.connect(this.#host, this.#port);
    this.transport.write('knock'); // to the peer: no address
  }

  override datagramReceived(data: Buffer): void {
    if (!this.answer.called) this.answer.callback(data.toString());
  }

  override connectionRefused(): void {
    if (!this.answer.called) this.answer.errback(new Error('Nobody listens there'));
  }
}
// endregion
