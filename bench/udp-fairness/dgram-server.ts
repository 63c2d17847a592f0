/** Two echo ports and a timer, as plait-server.ts has them, on node:dgram alone. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { watchTimers } from './lateness.js';

const lateness = watchTimers(setTimeout);
const busy = createSocket('udp4');
busy.on('message', (data, { port, address }) => busy.send(data, port, address));
const quiet = createSocket('udp4');
quiet.on('message', (data, { port, address }) => quiet.send(data.length === 1 ? lateness() : data, port, address));
for (const socket of [busy, quiet]) await once(socket.bind(0, '127.0.0.1'), 'listening');
console.log(busy.address().port, 'dgram', quiet.address().port);
