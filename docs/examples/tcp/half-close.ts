/** One direction is closed, the other goes on. */
import { Deferred, type HalfCloseable, Protocol } from 'plait';

// region counter
/** Counts what it is sent, and tells when the peer has finished. */
export class ByteCounter extends Protocol implements HalfCloseable {
  #bytes = 0;

  override dataReceived(data: Buffer): void {
    this.#bytes += data.length;
  }

  readConnectionLost(): void {
    this.transport.write(String(this.#bytes));
    this.transport.loseConnection();
  }

  writeConnectionLost(): void {}
}
// endregion

// region sender
/** Sends all it has, says that this was all, and waits for the answer. */
export class Sender extends Protocol {
  readonly answer: Deferred<string> = new Deferred();
  #heard = '';

  override connectionMade(): void {
    this.transport.writeSequence(['one', 'two', 'three']);
    this.transport.loseWriteConnection();
  }

  override dataReceived(data: Buffer): void {
    this.#heard += data.toString();
  }

  override connectionLost(): void {
    this.answer.callback(this.#heard);
  }
}
// endregion
