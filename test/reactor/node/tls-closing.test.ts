import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ConnectionDone, ConnectionLost } from '../../../index.js';
import { HalfRecorder, pattern } from '../../../testing/contract/stream-stage.js';
import { CLIENT, pem, SERVER } from './certificates.js';
import { until } from './sockets.js';
import { SecureRecorder, StreamBench } from './stream-bench.js';

describe('the end of TLS', () => {
  const bench = new StreamBench();

  /** A connection in TLS whose client goes by way of bare sockets, of which the one before it is given. */
  async function pair(): Promise<{ server: SecureRecorder; client: SecureRecorder; front: Socket }> {
    const [server, client] = [new SecureRecorder(), new SecureRecorder()];
    const port = await bench.listen(() => server, SERVER);
    let front: Socket | undefined;
    const relay = await bench.bareServer((socket) => {
      front = socket;
      void bench.bareClient(port).then((back) => {
        socket.on('data', (data) => back.write(data)).on('end', () => back.end());
        back.on('data', (data) => socket.write(data));
      });
    });
    bench.connect(relay, () => client, CLIENT);
    await until(() => server.agreed && client.agreed);
    return { server, client, front: front! };
  }

  it('loses nothing of a client that writes and closes at once, though the tickets of the server come after it', async () => {
    const data = pattern(300_000);
    const servers: SecureRecorder[] = [];
    const port = await bench.listen(() => {
      servers.push(new SecureRecorder());
      return servers.at(-1)!;
    }, SERVER);
    const clients = Array.from(
      { length: 10 },
      () =>
        new SecureRecorder({
          connectionMade({ transport }) {
            transport.write(data);
            transport.loseConnection();
          },
        }),
    );
    for (const client of clients) bench.connect(port, () => client, CLIENT);
    await until(() => servers.length === clients.length);
    await bench.lost(...clients, ...servers);
    for (const server of servers) expect(server.data.equals(data)).to.equal(true);
    for (const { reason } of [...clients, ...servers]) expect(reason).to.be.instanceOf(ConnectionDone);
  });

  it('does not wait long for a peer that keeps its way open', async () => {
    const server = new SecureRecorder({ dataReceived: (_data, { transport }) => transport.loseConnection() });
    const port = await bench.listen(() => server, SERVER);
    // It stays half open, which the socket below TLS decides.
    const socket = await bench.bareClient(port);
    const secure = connect({ socket, ca: pem('root'), servername: 'localhost' });
    let ended = false;
    secure.on('end', () => (ended = true)).on('error', () => {});
    secure.resume().write('x');
    await bench.lost(server);
    expect(server.reason).to.be.instanceOf(ConnectionDone);
    expect(ended).to.equal(true);
    secure.destroy();
  });

  it('may come after one way was closed long before', async () => {
    const [server, client] = [new HalfRecorder(), new HalfRecorder()];
    const port = await bench.listen(() => server, SERVER);
    bench.connect(port, () => client, CLIENT);
    await until(() => server.made && client.made);
    client.transport.write('all');
    client.transport.loseWriteConnection();
    await until(() => server.log.includes('readConnectionLost') && client.log.includes('writeConnectionLost'));
    server.transport.write('and back');
    await until(() => client.text === 'and back');
    client.transport.loseConnection();
    server.transport.loseConnection();
    await bench.lost(server, client);
    expect(server.text).to.equal('all');
    expect(server.reason).to.be.instanceOf(ConnectionDone);
    expect(client.reason).to.be.instanceOf(ConnectionDone);
  });

  it('is a clean one where the peer resets once all is said', async () => {
    const { client, server, front } = await pair();
    client.transport.loseConnection();
    front.on('end', () => front.resetAndDestroy());
    await bench.lost(client, server);
    expect(client.reason).to.be.instanceOf(ConnectionDone);
  });

  it('is a lost connection where the peer resets before', async () => {
    const { client, server, front } = await pair();
    front.resetAndDestroy();
    await bench.lost(client);
    expect(client.reason).to.be.instanceOf(ConnectionLost);
    expect(client.reason!.cause).to.have.property('code', 'ECONNRESET');
    server.transport.abortConnection();
  });

  it('is a clean one where the peer closes without a farewell', async () => {
    const { client, server, front } = await pair();
    front.end();
    await bench.lost(client);
    expect(client.reason).to.be.instanceOf(ConnectionDone);
    server.transport.abortConnection();
  });
});
