/** Peers that say nothing. */
import { IdleTimeout, LineOnlyReceiver } from 'plait/protocols';

// region idle
/** Hangs up when nothing has come for a minute. */
export class Impatient extends LineOnlyReceiver {
  #idle: IdleTimeout | undefined;

  override connectionMade(): void {
    this.#idle = new IdleTimeout(this.transport.reactor, 60, () => this.transport.loseConnection());
  }

  override lineReceived(line: Buffer): void {
    this.#idle?.reset();
    this.sendLine(line);
  }

  override connectionLost(): void {
    this.#idle?.cancel();
  }
}
// endregion
