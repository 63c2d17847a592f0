/** What one says all hear: `node chatserver.js [port]`. Connect to it with telnet, several times. */
import { Factory, Reactor } from 'plait';
import { LineOnlyReceiver } from 'plait/protocols';

export class MyChat extends LineOnlyReceiver {
  get #clients(): Set<MyChat> {
    return (this.factory as ChatFactory).clients;
  }

  override connectionMade(): void {
    console.log('Got new client!');
    this.#clients.add(this);
  }

  override connectionLost(): void {
    console.log('Lost a client!');
    this.#clients.delete(this);
  }

  override lineReceived(line: Buffer): void {
    console.log('received %j', line.toString());
    for (const client of this.#clients) client.message(line);
  }

  message(message: Buffer): void {
    this.sendLine(message);
  }
}

export class ChatFactory extends Factory<MyChat> {
  override protocol: typeof MyChat = MyChat;
  readonly clients: Set<MyChat> = new Set();
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, new ChatFactory()).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 1025));
