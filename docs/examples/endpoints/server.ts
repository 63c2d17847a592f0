import { Reactor, serverFromString } from 'plait';
import { Shout } from './shout.js';

const reactor = new Reactor();
const endpoint = serverFromString(reactor, process.argv[2] ?? 'tcp:8000');
const port = await endpoint.listen(() => new Shout());
console.log('listening on', port.getHost());
await reactor.run();
