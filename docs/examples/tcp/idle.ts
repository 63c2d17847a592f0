/** An end that does not wait for the peer. */
import { type DelayedCall, Protocol } from 'plait';

// region idle
/** Echoes; who says nothing for half a minute is cut off. */
export class ImpatientEcho extends Protocol {
  #deadline: DelayedCall | undefined;

  override connectionMade(): void {
    this.#deadline = this.transport.reactor.callLater(30, () => this.transport.abortConnection());
  }

  override dataReceived(data: Buffer): void {
    this.#deadline?.reset(30);
    this.transport.write(data);
  }

  override connectionLost(): void {
    if (this.#deadline?.active()) this.#deadline.cancel();
  }
}
// endregion
