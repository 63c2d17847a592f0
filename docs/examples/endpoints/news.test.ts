import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { clientFromString, Protocol, serverFromString } from 'plait';
import { type SimulatedHost, simulation, successResultOf } from 'plait/testing';
import { newsService } from './news.js';

// region server
/** Lets everybody in, and has some news a second later. */
class Newsroom extends Protocol {
  override dataReceived(): void {
    this.transport.write('welcome\n');
    this.transport.reactor.callLater(1, () => this.transport.write('it rains\n'));
  }
}

function serve({ reactor }: SimulatedHost): void {
  void serverFromString(reactor, 'tcp:7000').listen(() => new Newsroom());
}
// endregion

describe('the news service', () => {
  // region crash
  it(
    'has news again when the server comes back',
    simulation((network) => {
      const [server, client] = [network.host('newsroom'), network.host('reader')];
      serve(server);
      const heard: string[] = [];
      const log: string[] = [];
      const endpoint = clientFromString(client.reactor, 'tcp:newsroom:7000');
      const service = newsService(
        client.reactor,
        endpoint,
        (news) => heard.push(news),
        (line) => log.push(line),
      );
      service.startService();
      network.advance(2);
      assert.deepEqual(heard, ['it rains']);

      server.crash();
      server.restart();
      serve(server);
      successResultOf(service.whenConnected()).transport.write('are you there?'); // the new server knows nothing of it
      network.advance(5);
      assert.deepEqual(heard, ['it rains', 'it rains']);
      assert.match(log.join(), /^The connection was lost: .* again in 0\.\d s$/);

      const stopped = service.stopService();
      network.advance(1);
      successResultOf(stopped);
      assert.deepEqual(client.reactor.openHandles(), []);
    }),
  );
  // endregion

  // region dead
  it(
    'does not care that one of two addresses is dead',
    simulation((network) => {
      const [server, client] = [network.host('newsroom'), network.host('reader')];
      serve(server);
      network.names.set('news.example', ['fd00::dead', server.address]);
      const endpoint = clientFromString(client.reactor, 'tcp:news.example:7000');
      const service = newsService(client.reactor, endpoint, assert.fail, assert.fail);
      service.startService();
      network.advance(0.3);
      assert.equal(service.state, 'connected');
      void service.stopService();
    }),
  );
  // endregion
});
