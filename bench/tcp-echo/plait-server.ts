/** The TCP echo server on plait. Prints its port. */
import { Factory, Protocol, Reactor } from '../../index.js';

class Echo extends Protocol {
  override dataReceived(data: Buffer): void {
    this.transport.write(data);
  }
}

const reactor = new Reactor();
const port = reactor.listenTCP(0, Factory.forProtocol(Echo), { interface: '127.0.0.1' });
console.log((await port.listening).port);
