/** A client that hears of every end an attempt may have. */
import { ClientFactory, type Connector, Deferred, Protocol, type ReactorTCP } from 'plait';

// region client
/** Fetches all that a server says until it closes. */
class Reader extends Protocol {
  readonly pieces: Buffer[] = [];

  override dataReceived(data: Buffer): void {
    this.pieces.push(data);
  }

  override connectionLost(reason: Error): void {
    const { text } = this.factory as ReaderFactory;
    if (reason.name === 'ConnectionDone') text.callback(Buffer.concat(this.pieces).toString());
    else text.errback(reason);
  }
}

class ReaderFactory extends ClientFactory<Reader> {
  override protocol: typeof Reader = Reader;
  readonly text: Deferred<string> = new Deferred();

  override clientConnectionFailed(_connector: Connector, reason: Error): void {
    this.text.errback(reason);
  }
}

export function fetchText(reactor: ReactorTCP, host: string, port: number): Deferred<string> {
  const factory = new ReaderFactory();
  reactor.connectTCP(host, port, factory, { timeout: 5 });
  return factory.text;
}
// endregion
