import { Reactor } from 'plait';
import { Echo } from './echo.js';

const reactor = new Reactor();
reactor.listenUDP(Number(process.argv[2] ?? 9999), new Echo());
await reactor.run();
