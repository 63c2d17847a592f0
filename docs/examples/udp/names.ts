/** Names are resolved before they are written to. */
import type { ReactorCore, ReactorUDP, UDPPort } from 'plait';

// region names
export async function greet(reactor: ReactorCore & ReactorUDP, name: string, port: number): Promise<UDPPort> {
  const host = await reactor.resolve(name, { family: 4, timeout: 5 });
  const transport = reactor.listenUDP(0, {});
  transport.write('hello', { host, port });
  return transport;
}
// endregion
