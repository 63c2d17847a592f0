/** The one-way server on node:dgram alone. Prints its port. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { oneWay } from './one-way.js';

const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
socket.on(
  'message',
  oneWay<RemoteInfo>((data, { port, address }) => socket.send(data, port, address)),
);
socket.bind(0, '127.0.0.1', () => console.log(socket.address().port));
