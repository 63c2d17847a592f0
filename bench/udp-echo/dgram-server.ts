/**
 * The echo server that one writes on node:dgram alone. Prints its port. With an argument it has that port, which others
 * may have too, where Node can do that (22.12 and later).
 */
import { createSocket, type SocketOptions } from 'node:dgram';

const [given] = process.argv.slice(2);
const options: SocketOptions & { reusePort: boolean } = {
  type: 'udp4',
  recvBufferSize: 1 << 20,
  reusePort: given !== undefined,
};
const socket = createSocket(options);
socket.on('message', (message, { port, address }) => socket.send(message, port, address));
// A bind with a callback takes errors for itself.
socket.on('error', (error) => {
  throw error;
});
socket.bind(Number(given ?? 0), '127.0.0.1', () => console.log(socket.address().port));
