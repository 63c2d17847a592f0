/** TLS from the first byte, and TLS from some later byte on. */
import { Deferred, Factory, Protocol, type Reactor, type TCPPort, type TLSOptions } from 'plait';

/** Collects what it hears. */
export class Listener extends Protocol {
  readonly text: Deferred<string> = new Deferred();
  #text = '';

  override dataReceived(data: Buffer): void {
    this.#text += data.toString();
  }

  override connectionLost(reason: Error): void {
    if (reason.name === 'ConnectionDone') this.text.callback(this.#text);
    else this.text.errback(reason);
  }
}

// region ssl
class Secret extends Protocol {
  override connectionMade(): void {
    this.transport.write('between you and me');
    this.transport.loseConnection();
  }
}

export function listenSecretly(reactor: Reactor, port: number, key: string, cert: string): TCPPort {
  return reactor.listenSSL(port, Factory.forProtocol(Secret), { key, cert });
}

/** `tls` may have `ca`: who is trusted, where the system does not know. */
export function connectSecretly(reactor: Reactor, port: number, tls: TLSOptions): Listener {
  const listener = new Listener();
  reactor.connectSSL('localhost', port, () => listener, tls);
  return listener;
}
// endregion

// region start
/** Speaks plainly until it is asked for TLS. */
export class Upgradable extends Protocol {
  readonly #tls: TLSOptions;

  constructor(tls: TLSOptions) {
    super();
    this.#tls = tls;
  }

  override async dataReceived(data: Buffer): Promise<void> {
    if (data.toString() !== 'STARTTLS') return;
    this.transport.write('GO'); // the last that goes plainly
    await this.transport.startTLS(this.#tls);
    this.transport.write('between you and me');
    this.transport.loseConnection();
  }
}

/** Asks for TLS, and says nothing before it is there. */
export class Upgrader extends Protocol {
  readonly heard: Deferred<string> = new Deferred();
  readonly #tls: TLSOptions;

  constructor(tls: TLSOptions) {
    super();
    this.#tls = tls;
  }

  override connectionMade(): void {
    this.transport.write('STARTTLS');
  }

  override async dataReceived(data: Buffer): Promise<void> {
    if (data.toString() === 'GO') await this.transport.startTLS(this.#tls);
    else this.heard.callback(data.toString());
  }
}
// endregion
