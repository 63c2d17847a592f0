/** A protocol without a factory, by an endpoint: `node clients-greeter.js [endpoint]`, such as `tcp:localhost:1234`. */
import { clientFromString, type ClientReactor, connectProtocol, deferLater, Protocol, react } from 'plait';

export class Greeter extends Protocol {
  sendMessage(message: string): void {
    this.transport.write(`MESSAGE ${message}\n`);
  }
}

export async function main(reactor: ClientReactor, endpoint: string): Promise<void> {
  const greeter = await connectProtocol(clientFromString(reactor, endpoint), new Greeter());
  greeter.sendMessage('Hello');
  await deferLater(reactor, 1, () => greeter.sendMessage('This is sent in a second'));
  await deferLater(reactor, 1, () => greeter.transport.loseConnection());
}

if (process.argv[1] === import.meta.filename) {
  await react((reactor) => main(reactor, process.argv[2] ?? 'tcp:localhost:1234'));
}
