/** A port for as long as a block. */
import { type FactoryLike, type ReactorTCP } from 'plait';

// region using
/** The port is closed when `work` is done, however it ends. Connections live on. */
export async function listenWhile(
  reactor: ReactorTCP,
  factory: FactoryLike,
  work: (port: number) => Promise<void>,
): Promise<void> {
  await using server = reactor.listenTCP(0, factory, { interface: '127.0.0.1' });
  const { port } = await server.listening;
  await work(port);
}
// endregion
