import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Factory, TimeoutError } from 'plait';
import { assertNoResult, simulation, successResultOf } from 'plait/testing';
import { RemoteCalculationClient } from './client.js';
import { RemoteCalculation } from './remote.js';

describe('a remote calculation, on a bad network', () => {
  // region loss
  it(
    'answers where each third packet is lost',
    simulation({ loss: 0.3, latency: 0.05, seed: 7 }, async (network) => {
      network.host('server').reactor.listenTCP(8000, Factory.forProtocol(RemoteCalculation));
      const client = new RemoteCalculationClient();
      network.host('client').reactor.connectTCP('server', 8000, () => client);
      await network.runUntilAsync(() => client.connected, { timeout: 30 });
      const answers = [client.add(3, 8), client.multiply(6, 9)];
      await network.advanceAsync(50);
      assert.deepEqual(answers.map(successResultOf), [11, 54]);
    }),
  );
  // endregion

  // region cut
  it(
    'gives up after a minute when the cable is cut',
    simulation(async (network) => {
      network.host('server').reactor.listenTCP(8000, Factory.forProtocol(RemoteCalculation));
      const client = new RemoteCalculationClient();
      network.host('client').reactor.connectTCP('server', 8000, () => client);
      await network.advanceAsync(1);
      network.partition('client', 'server');
      const failure = client.add(3, 8).addErrback((error) => error);
      await network.advanceAsync(59);
      assertNoResult(failure);
      await network.advanceAsync(1);
      assert.ok(successResultOf(failure) instanceof TimeoutError);
    }),
  );
  // endregion
});
