/** Not faster than the peer takes it. */
import {
  ClientFactory,
  type Connector,
  type InternetAddress,
  Protocol,
  type PullProducer,
  type ReactorTCP,
  type StreamTransport,
  type TCPPort,
} from 'plait';

// region pull
/** Sends the powers of two, one line whenever all before has left. */
class Powers implements PullProducer {
  #next = 1n;
  readonly #transport: StreamTransport;

  constructor(transport: StreamTransport) {
    this.#transport = transport;
  }

  resumeProducing(): void {
    this.#transport.write(`${this.#next}\n`);
    this.#next *= 2n;
    if (this.#next < 1n << 64n) return;
    this.#transport.unregisterProducer();
    this.#transport.loseConnection();
  }

  stopProducing(): void {}
}

export class PowerServer extends Protocol {
  override connectionMade(): void {
    this.transport.registerProducer(new Powers(this.transport), false);
  }
}
// endregion

// region proxy
/** One side of a proxy. What it reads the other side writes, and it reads no faster than that one sends. */
class Side extends Protocol {
  #other: Side | undefined;

  /** A transport is a producer: each side is that of the other. */
  join(other: Side): void {
    this.#other = other;
    other.#other = this;
    this.transport.registerProducer(other.transport, true);
    other.transport.registerProducer(this.transport, true);
  }

  override dataReceived(data: Buffer): void {
    this.#other?.transport.write(data);
  }

  override connectionLost(): void {
    this.#other?.transport.unregisterProducer();
    this.#other?.transport.loseConnection();
  }
}

class Front extends Side {
  readonly #connect: (front: Front) => Connector;
  #connector: Connector | undefined;

  constructor(connect: (front: Front) => Connector) {
    super();
    this.#connect = connect;
  }

  override connectionMade(): void {
    this.transport.pauseProducing(); // nobody is there yet to pass it on to
    this.#connector = this.#connect(this);
  }

  override connectionLost(): void {
    super.connectionLost();
    if (this.#connector?.state === 'connecting') this.#connector.stopConnecting();
  }
}

class BackFactory extends ClientFactory<Side> {
  readonly #front: Front;

  constructor(front: Front) {
    super();
    this.#front = front;
  }

  override buildProtocol(): Side {
    const back = new Side();
    back.connectionMade = () => {
      this.#front.join(back);
      this.#front.transport.resumeProducing();
    };
    return back;
  }

  override clientConnectionFailed(): void {
    this.#front.transport.loseConnection();
  }
}

export function listenProxy(reactor: ReactorTCP, port: number, target: InternetAddress): TCPPort {
  const connect = (front: Front): Connector => reactor.connectTCP(target.host, target.port, new BackFactory(front));
  return reactor.listenTCP(port, () => new Front(connect));
}
// endregion
