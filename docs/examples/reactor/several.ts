/** Several reactors in one process. */
import { DatagramInbox, Reactor } from 'plait';
import { Echo } from 'plait/protocols';

// region several
/** Two reactors talk to each other: each has its own ports, timers and errors, and its own end. */
export async function talk(): Promise<string> {
  await using one = new Reactor();
  await using other = new Reactor();
  const server = one.listenUDP(0, new Echo(), { interface: '127.0.0.1' });
  const inbox = new DatagramInbox();
  other.listenUDP(0, inbox).write('from the other', server.getHost());
  for await (const [data] of inbox) return data.toString();
  throw new Error('The port was stopped');
}
// endregion
