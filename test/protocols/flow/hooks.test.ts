import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../index.js';
import { inWorld, NAME, outcomeOf, Recorder } from './world.js';

/** Fails in its hooks, after it has remembered that they were called. */
class Faulty extends Recorder {
  override flowAllocated(): void {
    super.flowAllocated();
    throw new Error('in flowAllocated');
  }

  override dataReceived(data: Buffer): void {
    super.dataReceived(data);
    throw new Error(`in dataReceived ${data.toString()}`);
  }

  override flowDeallocated(reason: Error): void {
    super.flowDeallocated(reason);
    throw new Error('in flowDeallocated');
  }
}

/** Fails in its hooks, but later. */
class LateFaulty extends Recorder {
  override async flowAllocated(): Promise<void> {
    super.flowAllocated();
    await null;
    throw new Error('in flowAllocated');
  }

  override async dataReceived(data: Buffer): Promise<void> {
    super.dataReceived(data);
    await null;
    throw new Error(`in dataReceived ${data.toString()}`);
  }

  override async flowDeallocated(reason: Error): Promise<void> {
    super.flowDeallocated(reason);
    await null;
    throw new Error('in flowDeallocated');
  }
}

for (const [how, Protocol] of [
  ['throws', Faulty],
  ['fails later', LateFaulty],
] as const) {
  describe(`a hook that ${how}`, () => {
    it(
      'is reported once each time, at the side that was asked, and the flow goes on to its end',
      inWorld(async (world) => {
        const errors = world.collectErrors();
        world.serve = () => new Protocol();
        const { protocol, allocation } = world.ask();
        const outcome = outcomeOf(allocation);
        await world.network.advanceAsync(1);
        protocol.flow.write('one');
        protocol.flow.write('two');
        await world.network.advanceAsync(1);
        void world.served[0]!.flow.deallocate();
        await world.network.advanceAsync(1);
        expect(outcome.value).to.equal(protocol.flow);
        expect(world.served[0]!.events).to.deep.equal([
          'allocated',
          'data one',
          'data two',
          'deallocated ConnectionDone',
        ]);
        expect(errors.map(({ message }) => message)).to.deep.equal([
          'in flowAllocated',
          'in dataReceived one',
          'in dataReceived two',
          'in flowDeallocated',
        ]);
      }),
    );

    it(
      'is reported once each time, at the side that asks, and the Deferred fires all the same',
      inWorld(async (world) => {
        const errors = world.collectErrors();
        const faulty = new Protocol();
        const outcome = outcomeOf(world.asking.allocate(NAME, world.server.address, faulty));
        await world.network.advanceAsync(1);
        expect(outcome.value).to.equal(faulty.flow);
        world.served[0]!.flow.write('one');
        await world.network.advanceAsync(1);
        void faulty.flow.deallocate();
        await world.network.advanceAsync(1);
        expect(errors.map(({ message }) => message)).to.deep.equal([
          'in flowAllocated',
          'in dataReceived one',
          'in flowDeallocated',
        ]);
      }),
    );

    it(
      'does not keep the held datagrams after it from being delivered',
      inWorld(async (world) => {
        const errors = world.collectErrors();
        const faulty = new Protocol();
        let accept: (protocol: Recorder) => void = () => {};
        world.serving.register('slow', () => new Promise<Recorder>((resolve) => (accept = resolve)));
        const { protocol } = world.ask({ name: 'slow' });
        await world.network.advanceAsync(1);
        for (const text of ['1', '2', '3']) protocol.flow.write(text);
        await world.network.advanceAsync(1);
        accept(faulty);
        await world.network.advanceAsync(1);
        expect(faulty.events).to.deep.equal(['allocated', 'data 1', 'data 2', 'data 3']);
        expect(errors).to.have.length(4);
      }),
    );

    it(
      'does no harm to other flows',
      inWorld(async (world) => {
        const errors = world.collectErrors();
        world.serve = () => new Protocol();
        const bad = world.ask();
        await world.network.advanceAsync(1);
        world.serve = () => new Recorder();
        const good = world.ask();
        await world.network.advanceAsync(1);
        for (const { protocol } of [bad, good]) protocol.flow.write('x');
        void world.serving.stop();
        await world.network.advanceAsync(1);
        expect(world.served[1]!.events).to.deep.equal(['allocated', 'deallocated ConnectionDone']);
        expect(world.server.reactor.openHandles()).to.deep.equal([]);
        expect(errors.map(({ message }) => message)).to.deep.equal(['in flowAllocated', 'in flowDeallocated']);
      }),
    );
  });
}

describe('a canceller that throws', () => {
  it(
    'when a request has ended is reported once, and the flow is closed',
    inWorld({ server: { pendingTimeout: 2 } }, async (world) => {
      const errors = world.collectErrors();
      const answer = new Deferred<Recorder>(() => {
        throw new Error('in the canceller');
      });
      world.serving.register('slow', () => answer);
      world.ask({ name: 'slow' });
      await world.network.advanceAsync(3);
      expect(errors.map(({ message }) => message)).to.deep.equal(['in the canceller']);
      expect(world.serving.flows.size).to.equal(0);
      expect(world.serverPorts).to.equal(0);
    }),
  );
});
