import { Protocol } from 'plait';

/** Answers in capitals. */
export class Shout extends Protocol {
  override dataReceived(data: Buffer): void {
    this.transport.write(data.toString().toUpperCase());
  }
}
