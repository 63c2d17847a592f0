/**
 * An echo server that hears each client at a limited rate: `node shaper.js [port] [bytes a second]`. What comes faster
 * waits with the client. The limit is a factory around another one, whose protocols know nothing of it.
 */
import { type DelayedCall, Factory, type HookResult, type InternetAddress, Protocol, Reactor } from 'plait';
import { Echo } from './echoserv.js';

// region throttling
/** Passes on what it reads, and then reads no more for as long as that many bytes may take. */
class ThrottlingProtocol extends Protocol {
  readonly #wrapped: Protocol;
  readonly #rate: number;
  #pause: DelayedCall | undefined;

  constructor(wrapped: Protocol, rate: number) {
    super();
    this.#wrapped = wrapped;
    this.#rate = rate;
  }

  override connectionMade(): HookResult {
    return this.#wrapped.makeConnection(this.transport);
  }

  override dataReceived(data: Buffer): HookResult {
    this.transport.pauseProducing();
    const { reactor } = this.transport;
    this.#pause = reactor.callLater(data.length / this.#rate, () => this.transport.resumeProducing());
    return this.#wrapped.dataReceived(data);
  }

  override connectionLost(reason: Error): HookResult {
    if (this.#pause?.active()) this.#pause.cancel();
    return this.#wrapped.connectionLost(reason);
  }
}

/** Limits the connections of another factory to `rate` bytes a second each. */
export class ThrottlingFactory extends Factory {
  readonly #wrapped: Factory;
  readonly #rate: number;

  constructor(wrapped: Factory, rate: number) {
    super();
    this.#wrapped = wrapped;
    this.#rate = rate;
  }

  override buildProtocol(peer: InternetAddress): Protocol | null {
    const wrapped = this.#wrapped.buildProtocol(peer);
    return wrapped && new ThrottlingProtocol(wrapped, this.#rate);
  }

  override startFactory(): HookResult {
    return this.#wrapped.doStart();
  }

  override stopFactory(): HookResult {
    return this.#wrapped.doStop();
  }
}
// endregion

export async function main(reactor: Reactor, port: number, rate: number): Promise<void> {
  await reactor.listenTCP(port, new ThrottlingFactory(Factory.forProtocol(Echo), rate)).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) {
  const [port = 8000, rate = 1000] = process.argv.slice(2).map(Number);
  await main(new Reactor(), port, rate);
}
