/** Messages of any bytes. */
import { Int32StringReceiver } from 'plait/protocols';

// region json
/** Receives objects, and sends them. */
export class JSONReceiver extends Int32StringReceiver {
  override maxLength = 1_000_000;

  override stringReceived(string: Buffer): void {
    this.objectReceived(JSON.parse(string.toString()));
  }

  override lengthLimitExceeded(length: number): void {
    this.sendObject({ error: `${length} bytes are too many` });
    this.transport.loseConnection();
  }

  /** Override it. */
  objectReceived(_object: unknown): void {}

  sendObject(object: unknown): void {
    this.sendString(JSON.stringify(object));
  }
}
// endregion
