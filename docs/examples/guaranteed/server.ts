/**
 * Sends ten messages back, guaranteed, and ends in good order: `node server.js [port]`
 */
import { type Address, Deferred, react, type Reactor } from 'plait';
import { GuaranteedDatagramProtocol } from 'plait/protocols';

// region server
export class Echo extends GuaranteedDatagramProtocol {
  readonly stopped: Deferred<void> = new Deferred();
  #left = 10;

  override messageReceived(data: Buffer, address: Address): Deferred<unknown> {
    const sent = this.send(data, address);
    this.#left--;
    // What has begun is waited for; what comes from now on is neither delivered nor confirmed.
    if (this.#left === 0) this.drain().chainDeferred(this.stopped);
    return sent; // a failure is reported to the reactor
  }
}
// endregion

export async function main(reactor: Reactor, host: string, port: number): Promise<void> {
  const echo = new Echo();
  reactor.listenUDP(port, echo, { interface: host });
  await echo.stopped;
}

if (process.argv[1] === import.meta.filename) {
  await react((reactor) => main(reactor, '127.0.0.1', Number(process.argv[2] ?? 4323)));
}
