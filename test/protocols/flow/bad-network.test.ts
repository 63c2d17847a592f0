import { expect } from 'chai';
import { describe, it } from 'mocha';
import { FlowAllocator, FlowTimeoutError } from '../../../protocols/index.js';
import { explore } from '../../../testing.js';
import { Echoing, inWorld, leaveNothing, NAME, outcomeOf, Recorder, World } from './world.js';

describe('a flow on a bad network', () => {
  it('comes about, and carries data, though a third of everything is lost, doubled and overtaken, on 50 seeds', () =>
    explore(
      { runs: 50, network: { loss: 0.3, duplicate: 0.2, reorder: 0.3, latency: [0.01, 0.3] } },
      async (network) => {
        const world = new World(network, {});
        world.serve = () => new Echoing();
        const { protocol, allocation } = world.ask({ timeout: 300, attempts: 40 });
        const outcome = outcomeOf(allocation);
        network.runUntil(() => outcome.value !== undefined, { timeout: 300 });
        for (let i = 0; i < 20; i++) protocol.flow.write(`${i}`);
        network.advance(2);
        const own = new Set([NAME, ...Array.from({ length: 20 }, (_, i) => `${i}`)]);
        expect(protocol.data.filter((text) => !own.has(text))).to.deep.equal([]);
        expect(protocol.data).to.not.deep.equal([]);
        expect(world.serving.flows.size).to.equal(1);
        await leaveNothing(network, [world.asking, world.serving], [world.client, world.server]);
      },
    ));

  it(
    'is one flow, with one port, when the echoes are lost at first',
    inWorld((world) => {
      world.network.link(world.server, world.client, { loss: 1 }, { oneWay: true });
      const outcome = outcomeOf(world.ask().allocation);
      world.network.advance(3);
      expect(outcome).to.deep.equal({});
      expect(world.requests).to.have.length(1);
      expect(world.serverPorts).to.equal(1);
      world.network.link(world.server, world.client, { loss: 0 }, { oneWay: true });
      world.network.advance(10);
      expect(outcome.value?.getPeer().port).to.equal(world.served[0]!.flow.getHost().port);
      expect(world.requests).to.have.length(1);
    }),
  );

  it(
    'is one flow when the request is doubled; an echo that is doubled comes as data',
    inWorld({ network: { duplicate: 1 } }, (world) => {
      const { near, far } = world.connect();
      world.network.advance(1);
      expect(world.serverPorts).to.equal(1);
      expect(far.events).to.deep.equal(['allocated']);
      // Two requests, an echo of each, each of them doubled: the first is the echo, the others cannot be told from data.
      expect(near.data).to.deep.equal([NAME, NAME, NAME]);
    }),
  );

  it(
    'ends at the client when the server has crashed and come back, and the client sends',
    inWorld((world) => {
      const { near } = world.connect({ announce: true });
      world.server.crash();
      near.flow.write('nobody refuses');
      world.network.advance(5);
      expect(near.events).to.deep.equal(['allocated']);
      world.server.restart();
      near.flow.write('anybody?');
      world.network.advance(1);
      expect(near.events).to.deep.equal(['allocated', 'deallocated PeerGone']);
    }),
  );

  it(
    'ends at the server when the client has crashed and come back, and the server sends; a new one can be asked for',
    inWorld((world) => {
      const { far } = world.connect({ announce: true });
      world.network.advance(1);
      world.client.crash();
      world.network.advance(1);
      const again = new FlowAllocator(world.client.restart());
      const near = new Recorder();
      void again.allocate(NAME, world.server.address, near);
      world.network.advance(1);
      far.flow.write('anybody?');
      world.network.advance(1);
      expect(far.events).to.deep.equal(['allocated', 'data ', 'deallocated PeerGone']);
      expect(near.events).to.deep.equal(['allocated']);
      void again.stop();
      world.network.advance(1);
    }),
  );

  it(
    'ends at both ends by the idle timeout when the network is cut for good',
    inWorld({ client: { idleTimeout: 10, keepalive: 3 }, server: { idleTimeout: 10, keepalive: 3 } }, (world) => {
      const { near, far } = world.connect({ announce: true });
      world.network.advance(60);
      world.network.partition(world.client, world.server);
      world.network.advance(11);
      for (const end of [near, far]) {
        expect(end.events).to.deep.equal(['allocated', 'deallocated FlowTimeoutError']);
        expect(end.reason).to.be.instanceOf(FlowTimeoutError).with.property('awaited', 'data');
      }
    }),
  );
});
