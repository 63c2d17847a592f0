/** Prints which network a reactor is on, and that a datagram made its way there and back. */
import { DatagramInbox, Reactor } from 'plait';
import { Echo } from 'plait/protocols';

const reactor = new Reactor();
const server = reactor.listenUDP(0, new Echo(), { interface: '127.0.0.1' });
const inbox = new DatagramInbox();
reactor.listenUDP(0, inbox, { interface: '127.0.0.1' }).write('hello', server.getHost());
for await (const [data] of inbox) {
  console.log(`${reactor.network.name}: ${data.toString() === 'hello' ? 'echoed' : 'something else came back'}`);
  break;
}
await reactor.close();
