/** A client that stays connected. */
import {
  backoffPolicy,
  ClientService,
  Deferred,
  Protocol,
  type Reactor,
  type ReactorRandom,
  type ReactorTime,
  type StreamClientEndpoint,
} from 'plait';

// region protocol
/** Asks for the news, and gets them from then on, each a line. */
export class News extends Protocol {
  readonly #welcome: Deferred<void> = new Deferred();
  readonly #heard: (news: string) => void;
  #text = '';

  constructor(heard: (news: string) => void) {
    super();
    this.#heard = heard;
  }

  /** Fires when the server has let this one in. */
  subscribe(name: string): Deferred<void> {
    this.transport.write(`I am ${name}\n`);
    return this.#welcome;
  }

  override dataReceived(data: Buffer): void {
    const lines = (this.#text + data.toString()).split('\n');
    this.#text = lines.pop()!;
    for (const line of lines) {
      if (this.#welcome.called) this.#heard(line);
      else if (line === 'welcome') this.#welcome.callback();
      else this.transport.loseConnection();
    }
  }
}
// endregion

// region service
export function newsService(
  reactor: ReactorTime & ReactorRandom,
  endpoint: StreamClientEndpoint,
  heard: (news: string) => void,
  log: (line: string) => void,
): ClientService<News> {
  return new ClientService(endpoint, () => new News(heard), {
    reactor,
    prepareConnection: (news) => news.subscribe('plait').addTimeout(10, reactor),
    retryPolicy: backoffPolicy({ initialDelay: 1, maxDelay: 30 }),
    retrying: (reason, _failures, delay) => log(`${reason.message}; again in ${delay.toFixed(1)} s`),
  });
}
// endregion

// region run
export async function readNews(reactor: Reactor, endpoint: StreamClientEndpoint): Promise<void> {
  const service = newsService(reactor, endpoint, console.log, console.error);
  service.startService();
  // Before the reactor closes its connections: otherwise the service would take their end for a loss.
  reactor.addSystemEventTrigger('before', 'shutdown', () => service.stopService());
  await reactor.run();
}
// endregion
