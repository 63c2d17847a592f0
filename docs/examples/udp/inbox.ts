/** Datagrams with `for await`. */
import { DatagramInbox, type ReactorUDP, type UDPPort } from 'plait';

// region inbox
/** Answers each datagram with the number of its words, until the port is stopped. */
export async function countWords(reactor: ReactorUDP, opened: (port: UDPPort) => void): Promise<void> {
  const inbox = new DatagramInbox({ highWaterMark: 100 });
  const port = reactor.listenUDP(0, inbox, { interface: '127.0.0.1' });
  opened(port);
  for await (const [data, address] of inbox) {
    const words = data.toString().split(/\s+/).length;
    port.write(String(words), address);
  }
  if (inbox.dropped > 0) console.error(`${inbox.dropped} datagrams came too fast`);
}
// endregion
