/** Messages with `for await`. */
import type { ReactorTCP, TCPPort } from 'plait';
import { lines, MessageInbox } from 'plait/protocols';

// region inbox
/** Reads a name, up to an empty line, and then greets by it whoever is named. */
export async function greet(inbox: MessageInbox): Promise<void> {
  const name: string[] = [];
  for await (const line of inbox) {
    if (line.length === 0) break; // the connection stays open
    name.push(line.toString());
  }
  for await (const other of inbox) inbox.send(`${name.join(' ')} greets ${other.toString()}`);
}

export function serve(reactor: ReactorTCP, failed: (error: unknown) => void): TCPPort {
  return reactor.listenTCP(
    0,
    () => {
      const inbox = new MessageInbox(lines({ maxLength: 100 }));
      greet(inbox).catch(failed); // a lost connection, a line that is too long
      return inbox;
    },
    { interface: '127.0.0.1' },
  );
}
// endregion
