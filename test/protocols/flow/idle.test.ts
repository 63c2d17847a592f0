import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../index.js';
import { inWorld, NAME, Recorder } from './world.js';

describe('the idle timeout', () => {
  it(
    'ends a flow on which nothing comes, at either end, by a FlowTimeoutError',
    inWorld({ client: { idleTimeout: 20 }, server: { idleTimeout: 10 } }, (world) => {
      const { near, far } = world.connect({ announce: true });
      world.network.advance(9.5);
      expect(far.flow.state).to.equal('allocated');
      world.network.advance(1);
      expect(far.events).to.deep.equal(['allocated', 'data ', 'deallocated FlowTimeoutError']);
      expect(far.reason).to.include({ awaited: 'data', timeout: 10, flowName: NAME, host: world.client.address });
      expect(near.flow.state).to.equal('allocated');
      world.network.advance(10);
      expect(near.events).to.deep.equal(['allocated', 'deallocated FlowTimeoutError']);
    }),
  );

  it(
    'is counted from the last datagram that came, not from what was written',
    inWorld({ server: { idleTimeout: 10 } }, (world) => {
      const { near, far } = world.connect({ announce: true });
      for (let i = 0; i < 5; i++) {
        world.network.advance(9);
        near.flow.write('here');
      }
      world.network.advance(9);
      expect(far.flow.state).to.equal('allocated');
      far.flow.write('anybody?');
      world.network.advance(1.1);
      expect(far.flow.state).to.equal('deallocated');
    }),
  );

  it(
    'does not count while the application has not answered',
    inWorld({ server: { idleTimeout: 2 } }, (world) => {
      const answer = new Deferred<Recorder>();
      world.serving.register('slow', () => answer);
      const { protocol } = world.ask({ name: 'slow' });
      world.network.advance(1);
      protocol.flow.write('used');
      world.network.advance(9);
      const far = new Recorder();
      answer.callback(far);
      world.network.advance(1.9);
      expect(far.flow.state).to.equal('allocated');
      world.network.advance(0.2);
      expect(far.flow.state).to.equal('deallocated');
    }),
  );
});

describe('keepalives', () => {
  const both = { keepalive: 5, idleTimeout: 12 };

  it(
    'keep a flow alive on which nobody says anything, and are not data where the option is on',
    inWorld({ client: both, server: both }, (world) => {
      const { near, far } = world.connect({ announce: true });
      world.network.advance(1000);
      expect([near.events, far.events]).to.deep.equal([['allocated'], ['allocated']]);
      expect(near.flow.stats.sent).to.be.within(195, 205);
      near.flow.write('still there');
      world.network.advance(1);
      expect(far.data).to.deep.equal(['still there']);
    }),
  );

  it(
    'are data where the option is off',
    inWorld({ client: { keepalive: 5 } }, (world) => {
      const { far } = world.connect();
      world.network.advance(11);
      expect(far.data).to.deep.equal(['', '']);
    }),
  );

  it(
    'are not sent where something else was',
    inWorld({ client: { keepalive: 5 } }, (world) => {
      const { near, far } = world.connect();
      for (let i = 0; i < 10; i++) {
        near.flow.write('x');
        world.network.advance(4);
      }
      expect(far.data).to.deep.equal(Array.from({ length: 10 }, () => 'x'));
    }),
  );

  it(
    'are not sent to a peer that has not used the flow',
    inWorld({ server: { keepalive: 5 } }, (world) => {
      const { near, far } = world.connect();
      world.network.advance(16);
      expect([near.data, far.flow.stats.sent]).to.deep.equal([[], 0]);
      near.flow.write('used');
      world.network.advance(5);
      expect(near.data).to.deep.equal(['']);
    }),
  );
});
