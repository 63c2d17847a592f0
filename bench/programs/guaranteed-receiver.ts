/**
 * The receiving process of the measurement on real sockets: told of a number of messages, it tells what it has seen of them
 * and how many datagrams it has sent so far.
 */
import { Reactor } from '../../index.js';
import { Receiver } from './guaranteed-load.js';

const reactor = new Reactor();
const receiver = new Receiver(() => Number(process.hrtime.bigint()) / 1e9);
const port = reactor.listenUDP(0, receiver, { interface: '127.0.0.1' });
process.on('message', (count: number) => {
  if (count === 0) process.send!({ sent: port.stats.sent });
  else receiver.next(count).addCallback((figures) => process.send!(figures));
});
process.send!(port.getHost().port);
