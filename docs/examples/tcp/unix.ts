/** Connections within one machine. */
import { type FactoryLike, type Protocol, type Reactor } from 'plait';

// region unix
export async function pair(reactor: Reactor, path: string, server: FactoryLike, client: Protocol): Promise<void> {
  await reactor.listenUNIX(path, server).listening;
  reactor.connectUNIX(path, () => client);
}
// endregion
