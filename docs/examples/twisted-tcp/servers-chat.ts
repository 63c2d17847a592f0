/** A chat with names: what a line means depends on the state. `node servers-chat.js [port]` */
import { Factory, Reactor } from 'plait';
import { LineReceiver } from 'plait/protocols';

// region chat
export class Chat extends LineReceiver {
  readonly #users: Map<string, Chat>;
  /** Undefined until the user has said it. */
  #name: string | undefined;

  constructor(users: Map<string, Chat>) {
    super();
    this.#users = users;
  }

  override connectionMade(): void {
    this.sendLine("What's your name?");
  }

  override connectionLost(): void {
    if (this.#name !== undefined) this.#users.delete(this.#name);
  }

  override lineReceived(line: Buffer): void {
    if (this.#name === undefined) this.#register(line.toString());
    else this.#say(this.#name, line.toString());
  }

  #register(name: string): void {
    if (this.#users.has(name)) {
      this.sendLine('Name taken, please choose another.');
      return;
    }
    this.sendLine(`Welcome, ${name}!`);
    this.#name = name;
    this.#users.set(name, this);
  }

  #say(name: string, message: string): void {
    for (const user of this.#users.values()) if (user !== this) user.sendLine(`<${name}> ${message}`);
  }
}

export class ChatFactory extends Factory<Chat> {
  readonly #users: Map<string, Chat> = new Map();

  override buildProtocol(): Chat {
    return new Chat(this.#users);
  }
}
// endregion

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, new ChatFactory()).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 8123));
