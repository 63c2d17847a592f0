/** Lines, and in between data that has none. */
import { LineReceiver } from 'plait/protocols';

// region upload
/** Takes files: a line `name length`, then so many bytes. */
export class Upload extends LineReceiver {
  #name = '';
  #missing = 0;
  #parts: Buffer[] = [];

  override lineReceived(line: Buffer): void {
    const [, name, length] = /^(\w+) (\d{1,9})$/.exec(line.toString()) ?? [];
    if (name === undefined) return this.transport.loseConnection();
    this.#name = name;
    this.#missing = Number(length);
    this.setRawMode();
    if (this.#missing === 0) this.#complete(Buffer.alloc(0));
  }

  override rawDataReceived(data: Buffer): void {
    const part = data.subarray(0, this.#missing);
    this.#parts.push(part);
    this.#missing -= part.length;
    if (this.#missing === 0) this.#complete(data.subarray(part.length));
  }

  /** A file is there. Override it. */
  received(_name: string, _content: Buffer): void {}

  #complete(extra: Buffer): void {
    this.received(this.#name, Buffer.concat(this.#parts));
    this.#parts = [];
    this.setLineMode(extra); // what came after the file: the next line, perhaps
  }
}
// endregion
