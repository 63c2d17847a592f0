import { expect } from 'chai';
import { describe, it } from 'mocha';
import { CancelledError } from '../../../index.js';
import type { Flow } from '../../../protocols/index.js';
import { inWorld, NAME, outcomeOf, Recorder } from './world.js';

describe('giving up a flow that was asked for', () => {
  it(
    'by cancelling: it fails at once, and the server’s end goes when its echo is refused',
    inWorld((world) => {
      const { protocol, allocation } = world.ask();
      const outcome = outcomeOf(allocation);
      world.network.advance(0.0015); // the request is on its way
      allocation.cancel();
      expect(outcome.error).to.be.instanceOf(CancelledError);
      world.network.advance(1);
      expect(world.served[0]!.events).to.deep.equal(['allocated', 'deallocated PeerGone']);
      expect(protocol.events).to.deep.equal([]);
      expect([world.asking.flows.size, world.serving.flows.size]).to.deep.equal([0, 0]);
      expect(world.client.reactor.openHandles()).to.deep.equal([]);
    }),
  );

  it(
    'by a signal: it fails with the signal’s reason',
    inWorld((world) => {
      const controller = new AbortController();
      const outcome = outcomeOf(world.ask({ name: 'nobody', signal: controller.signal }).allocation);
      world.network.advance(1);
      const reason = new Error('enough');
      controller.abort(reason);
      expect(outcome.error).to.equal(reason);
      world.network.advance(1);
      expect(world.client.reactor.openHandles()).to.deep.equal([]);
    }),
  );

  it(
    'by a signal that is aborted already: nothing is sent',
    inWorld((world) => {
      const outcome = outcomeOf(world.ask({ signal: AbortSignal.abort(new Error('never')) }).allocation);
      expect(outcome.error?.message).to.equal('never');
      world.network.advance(1);
      expect(world.sent).to.deep.equal([]);
      expect(world.client.reactor.openHandles()).to.deep.equal([]);
    }),
  );

  it(
    'is too late when it is allocated: neither cancelling nor a signal ends the flow',
    inWorld((world) => {
      const controller = new AbortController();
      const { protocol, allocation } = world.ask({ signal: controller.signal });
      const outcome = outcomeOf(allocation);
      world.network.advance(1);
      controller.abort();
      allocation.cancel();
      world.network.advance(1);
      expect(outcome.value).to.equal(protocol.flow);
      expect(protocol.flow.state).to.equal('allocated');
    }),
  );

  it(
    'may happen inside flowAllocated',
    inWorld((world) => {
      class Fickle extends Recorder {
        override flowAllocated(): void {
          super.flowAllocated();
          allocation.cancel();
        }
      }
      const fickle = new Fickle();
      const allocation = world.asking.allocate(NAME, world.server.address, fickle);
      const outcome = outcomeOf(allocation);
      world.network.advance(1);
      expect(outcome.error).to.be.instanceOf(CancelledError);
      expect(fickle.events).to.deep.equal(['allocated', 'deallocated ConnectionDone']);
    }),
  );

  it(
    'may happen when the protocol is given the flow: nothing is sent',
    inWorld((world) => {
      class Unwilling extends Recorder {
        override attach(flow: Flow): void {
          super.attach(flow);
          void flow.deallocate();
        }
      }
      const outcome = outcomeOf(world.asking.allocate(NAME, world.server.address, new Unwilling()));
      expect(outcome.error).to.be.instanceOf(CancelledError);
      world.network.advance(1);
      expect(world.sent).to.deep.equal([]);
    }),
  );
});
