/** An echo server with a factory of its own: `node simpleserv.js [port]`. Talks with simpleclient. */
import { Factory, Protocol, Reactor } from 'plait';

class Echo extends Protocol {
  override dataReceived(data: Buffer): void {
    this.transport.write(data);
  }
}

class EchoFactory extends Factory {
  override protocol: typeof Echo = Echo;
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, new EchoFactory()).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 8000));
