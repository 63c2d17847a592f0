/** The end of a port. */
import { DatagramInbox, type Reactor } from 'plait';
import { Echo } from 'plait/protocols';

// region using
/** Both ports are closed when the function is left, however it is left. */
export async function askEcho(reactor: Reactor, question: string): Promise<string> {
  await using server = reactor.listenUDP(0, new Echo(), { interface: '127.0.0.1' });
  const inbox = new DatagramInbox();
  await using client = reactor.listenUDP(0, inbox);
  client.write(question, server.getHost());
  for await (const [data] of inbox) return data.toString();
  throw new Error('The port was stopped');
}
// endregion
