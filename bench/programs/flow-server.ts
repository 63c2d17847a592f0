/**
 * A server of flows, until it is killed, or for ten minutes: `flow-server WHO` prints the port that takes requests. Each
 * flow is an echo; on `usage` flows it answers with what its process takes. WHO is `plait`, or `dgram` for the same on
 * bare sockets, with no limits and no timeouts. Needs --expose-gc.
 */
import { createSocket, type Socket } from 'node:dgram';
import { Reactor } from '../../index.js';
import { FlowAllocator, FlowProtocol } from '../../protocols/index.js';
import { usage } from './flow-usage.js';

const HOST = '127.0.0.1';
setTimeout(() => process.exit(1), 600_000).unref();

class Echo extends FlowProtocol {
  override dataReceived(data: Buffer): void {
    this.flow.write(data);
  }
}

const SERVERS: Readonly<Record<string, () => void>> = { plait, dgram };
SERVERS[process.argv[2] ?? '']!();

function plait(): void {
  const most = 1_000_000;
  const allocator = new FlowAllocator(new Reactor(), {
    idleTimeout: 3600,
    maxPending: most,
    maxPendingPerAddress: most,
    requestRate: most,
  });
  allocator.register('echo', () => new Echo());
  allocator.register('usage', () => ({ dataReceived: (_, flow) => flow.write(usage()) }));
  console.log(allocator.listen({ interface: HOST, port: 0 }).getHost().port);
}

function dgram(): void {
  const flows: Socket[] = [];
  const listening = createSocket('udp4');
  listening.on('message', (request, { address, port }) => {
    const socket = createSocket('udp4');
    flows.push(socket);
    const answer = request.toString() === 'usage' ? usage : undefined;
    socket.on('message', (data) => socket.send(answer === undefined ? data : answer()));
    socket.on('error', () => {});
    socket.bind(0, HOST, () => socket.connect(port, address, () => socket.send(request)));
  });
  listening.bind(0, HOST, () => console.log(listening.address().port));
}
