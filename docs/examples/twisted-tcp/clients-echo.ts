/** A protocol that prints what it receives: `node clients-echo.js [port]`, with servers-qotd say. */
import { Deferred, Protocol, react, type ReactorTCP } from 'plait';

export class Echo extends Protocol {
  readonly lost: Deferred<void> = new Deferred();

  override dataReceived(data: Buffer): void {
    process.stdout.write(data);
  }

  override connectionLost(): void {
    this.lost.callback();
  }
}

export async function main(reactor: ReactorTCP, port: number): Promise<void> {
  const echo = new Echo();
  reactor.connectTCP('127.0.0.1', port, () => echo);
  await echo.lost;
}

if (process.argv[1] === import.meta.filename) {
  await react((reactor) => main(reactor, Number(process.argv[2] ?? 8007)));
}
