/** One of the processes that share a port: `node worker.js port`. server.ts starts it, and hears from it where it listens. */
import { type Address, DatagramProtocol, Reactor } from 'plait';

/** Says who answers. */
export class Clerk extends DatagramProtocol {
  override datagramReceived(data: Buffer, address: Address): void {
    this.transport.write(`${process.pid} ${data.toString()}`, address);
  }
}

const reactor = new Reactor();
const port = reactor.listenUDP(Number(process.argv[2]), new Clerk(), { reusePort: true });
process.send?.({ listening: port.getHost().port });
process.once('disconnect', () => {
  if (reactor.running) reactor.stop(); // the server is gone
});

await reactor.run(); // until SIGTERM
process.send?.({ served: port.stats.received }, () => process.disconnect());
