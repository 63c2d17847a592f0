/**
 * The echo server on plait, on the network that PLAIT_NETWORK says. Prints its port and that network. With an argument
 * it has that port, which others may have too.
 */
import { Reactor } from '../../index.js';
import { Echo } from '../../protocols/index.js';

const [given] = process.argv.slice(2);
const reactor = new Reactor();
const port = reactor.listenUDP(Number(given ?? 0), new Echo(), {
  interface: '127.0.0.1',
  recvBufferSize: 1 << 20,
  ...(given !== undefined && { reusePort: true }),
});
console.log(port.getHost().port, reactor.network.name);
