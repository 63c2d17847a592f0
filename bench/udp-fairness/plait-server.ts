/**
 * Two echo ports and a timer, on plait. Prints one port, the network, and the other port, which also tells how late the
 * timer was when it is asked with `?`.
 */
import { type Address, Reactor } from '../../index.js';
import { Echo } from '../../protocols/index.js';
import { watchTimers } from './lateness.js';

class Quiet extends Echo {
  readonly #lateness = watchTimers((f, milliseconds) => reactor.callLater(milliseconds / 1000, f));

  override datagramReceived(data: Buffer, from: Address): void {
    if (data.length === 1) this.transport.write(this.#lateness(), from);
    else super.datagramReceived(data, from);
  }
}

const reactor = new Reactor();
const [busy, quiet] = [new Echo(), new Quiet()].map((protocol) =>
  reactor.listenUDP(0, protocol, { interface: '127.0.0.1' }).getHost(),
);
console.log(busy!.port, reactor.network.name, quiet!.port);
