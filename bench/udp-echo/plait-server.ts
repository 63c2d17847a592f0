/** The echo server on plait. Prints its port. */
import { Reactor } from '../../index.js';
import { Echo } from '../../protocols/index.js';

const reactor = new Reactor();
const port = reactor.listenUDP(0, new Echo(), { interface: '127.0.0.1' });
console.log(port.getHost().port);
