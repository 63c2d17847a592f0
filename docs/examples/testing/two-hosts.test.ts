import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Echo } from 'plait/protocols';
import { explore, type ExploreError, SimulatedNetwork, simulation } from 'plait/testing';
import { NaiveAsker, PatientAsker } from './ask.js';
import { Heartbeat } from './heartbeat.js';

const questions = ['one', 'two', 'three'];

describe('protocols on a simulated network', () => {
  // region two-hosts
  it('asks an echo server, a millisecond away', () => {
    const network = new SimulatedNetwork();
    const [client, server] = [network.host('client'), network.host('server')];
    server.reactor.listenUDP(7, new Echo());
    const asker = new NaiveAsker(server.address, 7, questions);
    client.reactor.listenUDP(0, asker);

    network.runUntil(() => asker.answers.length === 3, { timeout: 1 });

    assert.deepEqual(asker.answers, questions);
    assert.equal(network.clock.seconds(), 0.006); // three times there and back
  });
  // endregion

  // region faults
  it('notices within twenty seconds that its peer has crashed', () => {
    const network = new SimulatedNetwork({ latency: [0.02, 0.2] });
    const [a, b] = [network.host('a'), network.host('b')];
    b.reactor.listenUDP(4711, {
      datagramReceived(data, address, transport) {
        transport.write(data.toString().replace('alive?', 'yes'), address);
      },
    });
    const heartbeat = new Heartbeat(b.address, 4711);
    a.reactor.listenUDP(0, heartbeat);
    let lost = false;
    heartbeat.lost.addCallback(() => (lost = true));

    network.advance(3600);
    assert.equal(lost, false);
    b.crash();
    network.advance(20);
    assert.equal(lost, true);
  });
  // endregion

  // region simulation
  it(
    'gets every answer over a bad link',
    simulation({ loss: 0.3, duplicate: 0.1, reorder: 0.1 }, (network) => {
      const [client, server] = [network.host('client'), network.host('server')];
      server.reactor.listenUDP(7, new Echo());
      const asker = new PatientAsker(server.address, 7, questions);
      client.reactor.listenUDP(0, asker);
      network.runUntil(() => asker.answers.length === 3, { timeout: 60 });
      assert.deepEqual(asker.answers, questions);
    }),
  );
  // endregion

  // region async
  it('runs what awaits', async () => {
    const network = new SimulatedNetwork();
    const client = network.host('client');
    network.names.set('www.example', '10.1.2.3');
    const address = (async () => {
      return await client.reactor.resolve('www.example');
    })();
    await network.advanceAsync(1);
    assert.equal(await address, '10.1.2.3');
  });
  // endregion
});

// region explore
describe('explore', () => {
  const scenario = (Asker: typeof NaiveAsker) => (network: SimulatedNetwork) => {
    const [client, server] = [network.host('client'), network.host('server')];
    server.reactor.listenUDP(7, new Echo());
    const asker = new Asker(server.address, 7, questions);
    client.reactor.listenUDP(0, asker);
    network.runUntil(() => asker.answers.length === 3, { timeout: 60 });
  };
  const network = { loss: 0.02, duplicate: 0.02, latency: [0.001, 0.01] as [number, number] };

  it('shows what the naive client can’t bear', async () => {
    const error = await explore({ runs: 500, network }, scenario(NaiveAsker)).then(
      () => assert.fail('it held'),
      (reason: ExploreError) => reason,
    );
    assert.equal(error.faults.length, 1);
    assert.match(error.faults[0]!, /^loss of /);
  });

  it('finds nothing against the patient one', async () => {
    await explore({ runs: 500, network }, scenario(PatientAsker));
  });
});
// endregion
