/**
 * Sends ten messages to server.js and waits for the answers: `node client.js [port]`
 */
import { DeferredQueue, react, type Reactor } from 'plait';
import { GuaranteedDatagramProtocol } from 'plait/protocols';

// region client
export class Client extends GuaranteedDatagramProtocol {
  readonly answers: DeferredQueue<string> = new DeferredQueue();

  override messageReceived(data: Buffer): void {
    this.answers.put(data.toString());
  }
}

export async function main(reactor: Reactor, host: string, port: number, print: (line: string) => void): Promise<void> {
  const client = new Client();
  reactor.listenUDP(0, client);
  for (let i = 0; i < 10; i++) {
    const { attempts } = await client.send(`message ${i}`, { host, port });
    print(`confirmed, sent ${attempts} times`);
    print(`answered: ${await client.answers.get()}`);
  }
  await client.drain();
}
// endregion

if (process.argv[1] === import.meta.filename) {
  await react((reactor) => main(reactor, '127.0.0.1', Number(process.argv[2] ?? 4323), console.log));
}
