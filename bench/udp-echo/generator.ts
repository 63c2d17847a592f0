/**
 * The load of the echo measurement where there is no C compiler: does what generator.c does, with a system call for each
 * datagram. It needs about as much time for a datagram as the server does, so figures against it are too low, and
 * ratios too near to 1.
 */
import { createSocket } from 'node:dgram';

const [port = 0, size = 0, window = 1, seconds = 1] = process.argv.slice(2).map(Number);
const data = Buffer.alloc(size, 'x');
const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 22 });
let count = 0;
let lost = 0;
let heard = 0;

socket.on('message', () => {
  count++;
  socket.send(data);
});
socket.on('error', () => {}); // a server that is gone: what is lost is counted
socket.connect(port, '127.0.0.1', () => {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const fill = (): void => {
    for (let i = 0; i < window; i++) socket.send(data);
  };
  fill();
  const lookAgain = setInterval(() => {
    if (count === heard) {
      lost += window;
      fill();
    }
    heard = count;
  }, 200);
  setTimeout(() => {
    const { user, system } = process.cpuUsage(cpu);
    const elapsed = (performance.now() - start) / 1000;
    clearInterval(lookAgain);
    socket.close();
    const cpuSeconds = (user + system) / 1e6;
    // It does not measure the times of single round trips.
    console.log(JSON.stringify({ roundTrips: count, seconds: elapsed, lost, p50: null, p99: null, cpuSeconds }));
  }, seconds * 1000);
});
