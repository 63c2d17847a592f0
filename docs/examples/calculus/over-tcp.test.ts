import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Deferred, Factory, Reactor } from 'plait';
import { RemoteCalculationClient } from './client.js';
import { RemoteCalculation } from './remote.js';

describe('a remote calculation, over TCP', () => {
  let reactor: Reactor;
  let client: RemoteCalculationClient;

  beforeEach(async () => {
    reactor = new Reactor();
    const server = reactor.listenTCP(0, Factory.forProtocol(RemoteCalculation), { interface: '127.0.0.1' });
    const { host, port } = await server.listening;
    const connected = new Deferred<RemoteCalculationClient>();
    class Client extends RemoteCalculationClient {
      override connectionMade(): void {
        connected.callback(this);
      }
    }
    reactor.connectTCP(host, port, Factory.forProtocol(Client));
    client = await connected;
  });

  // Closes the port and both ends of the connection, and shows that nothing is left.
  afterEach(async () => {
    await reactor.close();
    assert.deepEqual(reactor.openHandles(), []);
  });

  it('answers several questions at once', async () => {
    const answers = await Promise.all([client.add(3, 8), client.subtract(7, 12), client.multiply(6, 9)]);
    assert.deepEqual(answers, [11, -5, 54]);
  });

  it('says what is wrong with a question', async () => {
    await assert.rejects(async () => client.divide(1, 0), /Division by zero/);
  });
});
