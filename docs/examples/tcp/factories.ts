/** Factories: a class with what its connections share, or a function. */
import { Factory, type HookResult, Protocol, type ReactorTCP, type TCPPort } from 'plait';

// region class
/** Passes on to all what one of them says. */
class Talker extends Protocol {
  override connectionMade(): void {
    this.#room.talkers.add(this);
  }

  override dataReceived(data: Buffer): void {
    for (const talker of this.#room.talkers) talker.transport.write(data);
  }

  override connectionLost(): void {
    this.#room.talkers.delete(this);
  }

  get #room(): Room {
    return this.factory as Room;
  }
}

export class Room extends Factory<Talker> {
  override protocol: typeof Talker = Talker;
  readonly talkers: Set<Talker> = new Set();

  override stopFactory(): HookResult {
    for (const talker of this.talkers) talker.transport.loseConnection();
  }
}
// endregion

// region function
/** Answers each visitor with its own address; takes none but those of this machine. */
class Mirror extends Protocol {
  readonly #host: string;

  constructor(host: string) {
    super();
    this.#host = host;
  }

  override connectionMade(): void {
    this.transport.write(this.#host);
    this.transport.loseConnection();
  }
}

export function listenForVisitors(reactor: ReactorTCP, port: number): TCPPort {
  return reactor.listenTCP(port, (peer) => (peer.host.startsWith('127.') ? new Mirror(peer.host) : null));
}
// endregion
