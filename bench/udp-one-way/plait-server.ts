/** The one-way server on plait. Prints its port and the network it is on. */
import { type Address, DatagramProtocol, Reactor } from '../../index.js';
import { oneWay } from './one-way.js';

class OneWay extends DatagramProtocol {
  readonly #datagram = oneWay<Address>((data, to) => this.transport.write(data, to));

  override datagramReceived(data: Buffer, from: Address): void {
    this.#datagram(data, from);
  }
}

const reactor = new Reactor();
const port = reactor.listenUDP(0, new OneWay(), { interface: '127.0.0.1', recvBufferSize: 1 << 20 });
console.log(port.getHost().port, reactor.network.name);
