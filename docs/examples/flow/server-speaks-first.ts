import { type Address, Deferred } from 'plait';
import { type FlowAllocator, FlowProtocol } from 'plait/protocols';

// region news
/** Has news, which is more than may be sent to somebody who has said nothing yet. */
export class Newsagent extends FlowProtocol {
  readonly #news: string;

  constructor(news: string) {
    super();
    this.#news = news;
  }

  override dataReceived(): void {
    this.flow.write(this.#news);
  }
}

/** Reads the news; has nothing to say, and so announces itself. */
export async function readNews(allocator: FlowAllocator, server: Address): Promise<string> {
  const news = new Deferred<string>();
  const options = { port: server.port, announce: true };
  await using _flow = await allocator.allocate(
    'news',
    server.host,
    {
      dataReceived(data) {
        if (!news.called) news.callback(data.toString());
      },
      flowDeallocated(reason) {
        if (!news.called) news.errback(reason);
      },
    },
    options,
  );
  return await news;
}
// endregion
