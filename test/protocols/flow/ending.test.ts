import { expect } from 'chai';
import { describe, it } from 'mocha';
import { CancelledError, ConnectionDone, Deferred } from '../../../index.js';
import { inWorld, NAME, outcomeOf, Recorder } from './world.js';

describe('the end of a flow', () => {
  it(
    'comes in a later turn, by flowDeallocated; deallocating twice is harmless',
    inWorld((world) => {
      const { near } = world.connect();
      const done: string[] = [];
      near.flow.deallocate().addCallback(() => done.push('first'));
      near.flow.deallocate().addCallback(() => done.push('second'));
      expect(near.flow.state).to.equal('deallocated');
      expect(near.events).to.deep.equal(['allocated']);
      expect(done).to.deep.equal([]);
      world.network.advance(0);
      expect(near.events).to.deep.equal(['allocated', 'deallocated ConnectionDone']);
      expect(near.reason).to.be.instanceOf(ConnectionDone);
      expect(done).to.deep.equal(['first', 'second']);
      near.flow.deallocate().addCallback(() => done.push('third'));
      expect(done).to.deep.equal(['first', 'second', 'third']);
      world.network.advance(1);
      expect(near.events).to.have.length(2);
    }),
  );

  it(
    'shows at the peer as PeerGone, when that sends the next time',
    inWorld((world) => {
      const { near, far } = world.connect();
      near.flow.write('used');
      world.network.advance(1);
      void near.flow.deallocate();
      world.network.advance(100);
      expect(far.events).to.deep.equal(['allocated', 'data used']);
      far.flow.write('anybody?');
      world.network.advance(1);
      expect(far.events).to.deep.equal(['allocated', 'data used', 'deallocated PeerGone']);
      expect(far.reason).to.include({ flowName: NAME, host: world.client.address, port: near.flow.getHost().port });
    }),
  );

  it(
    'lets what was written before leave, and delivers nothing any more',
    inWorld((world) => {
      const { near, far } = world.connect();
      far.flow.write('to nobody');
      near.flow.write('farewell');
      void near.flow.deallocate();
      world.network.advance(1);
      expect(far.data).to.deep.equal(['farewell']);
      expect(near.data).to.deep.equal([]);
    }),
  );

  it(
    'keeps the addresses of both ends',
    inWorld((world) => {
      const { near } = world.connect();
      const [host, peer] = [near.flow.getHost(), near.flow.getPeer()];
      void near.flow.deallocate();
      world.network.advance(1);
      expect([near.flow.getHost(), near.flow.getPeer()]).to.deep.equal([host, peer]);
    }),
  );

  it(
    'may be brought about inside flowAllocated; the Deferred fires all the same',
    inWorld((world) => {
      class Brief extends Recorder {
        override flowAllocated(): void {
          super.flowAllocated();
          void this.flow.deallocate();
        }
      }
      const brief = new Brief();
      const outcome = outcomeOf(world.asking.allocate(NAME, world.server.address, brief));
      world.serve = () => new Brief();
      world.network.advance(1);
      expect(outcome.value?.state).to.equal('deallocated');
      expect(brief.events).to.deep.equal(['allocated', 'deallocated ConnectionDone']);
      expect(world.served[0]!.events).to.deep.equal(['allocated', 'deallocated ConnectionDone']);
    }),
  );

  it(
    'without a hook, if it comes before flowAllocated has been called',
    inWorld((world) => {
      const answer = new Deferred<Recorder>();
      world.serving.register('slow', () => answer);
      world.ask({ name: 'slow' });
      world.network.advance(1);
      const far = new Recorder();
      answer.callback(far);
      expect(far.flow.state).to.equal('allocated');
      void far.flow.deallocate();
      world.network.advance(1);
      expect(far.events).to.deep.equal([]);
      expect(world.serving.flows.size).to.equal(0);
    }),
  );

  it(
    'ends an asking, too',
    inWorld((world) => {
      const { protocol, allocation } = world.ask();
      const outcome = outcomeOf(allocation);
      void protocol.flow.deallocate();
      expect(outcome.error).to.be.instanceOf(CancelledError);
      world.network.advance(30);
      expect(protocol.events).to.deep.equal([]);
      expect(world.serving.flows.size).to.equal(0);
    }),
  );

  it(
    'comes with `await using`',
    inWorld(async (world) => {
      const { near } = world.connect();
      let disposed = false;
      void near.flow[Symbol.asyncDispose]().then(() => (disposed = true));
      await world.network.advanceAsync(1);
      expect(disposed).to.equal(true);
      expect(near.events).to.deep.equal(['allocated', 'deallocated ConnectionDone']);
    }),
  );
});
