/** An echo server wherever one likes: `node endpoints-echo.js [endpoint]`, such as `tcp:8000` or `unix:/tmp/echo`. */
import { Factory, Reactor, serverFromString } from 'plait';
import { Echo } from './echoserv.js';

export async function main(reactor: Reactor, endpoint: string): Promise<void> {
  await serverFromString(reactor, endpoint).listen(Factory.forProtocol(Echo));
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), process.argv[2] ?? 'tcp:8000');
