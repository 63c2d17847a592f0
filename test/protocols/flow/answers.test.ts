import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred, NotConnectedError } from '../../../index.js';
import { type Flow, type FlowHandler, FlowTimeoutError, PeerGone } from '../../../protocols/index.js';
import { Echoing, inWorld, NAME, outcomeOf, Recorder } from './world.js';

describe('the application’s answer', () => {
  it(
    'may be a promise',
    inWorld(async (world) => {
      const far = new Recorder();
      world.serving.register('promised', async () => far);
      const { protocol } = world.ask({ name: 'promised' });
      await world.network.advanceAsync(1);
      expect([protocol.events, far.events]).to.deep.equal([['allocated'], ['allocated']]);
    }),
  );

  it(
    'may be a promise of null',
    inWorld({ server: { echo: 'on-accept' } }, async (world) => {
      world.serving.register('promised', async () => null);
      const outcome = outcomeOf(world.ask({ name: 'promised', timeout: 1 }).allocation);
      await world.network.advanceAsync(2);
      expect(outcome.error).to.be.instanceOf(FlowTimeoutError);
      expect(world.serverPorts).to.equal(0);
    }),
  );

  it(
    'may be a plain object with hooks, which are given the flow',
    inWorld((world) => {
      const log: unknown[] = [];
      world.serving.register('plain', () => ({
        flowAllocated: (flow) => void log.push('allocated', flow.name),
        dataReceived: (data, flow) => flow.write(`${flow.name} got ${data.toString()}`),
        flowDeallocated: (reason, flow) => void log.push(reason.name, flow.state),
      }));
      const heard: string[] = [];
      void world.asking.allocate('plain', world.server.address, {
        flowAllocated: (flow) => flow.write('hello'),
        dataReceived: (data) => void heard.push(data.toString()),
      });
      world.network.advance(1);
      expect(heard).to.deep.equal(['plain got hello']);
      for (const flow of world.serving.flows) void flow.deallocate();
      world.network.advance(1);
      expect(log).to.deep.equal(['allocated', 'plain', 'ConnectionDone', 'deallocated']);
    }),
  );

  it(
    'that comes too late is dropped, without a hook; a Deferred is cancelled then',
    inWorld({ server: { pendingTimeout: 5 } }, (world) => {
      const cancelled: string[] = [];
      const answer = new Deferred<Recorder>(() => cancelled.push('cancelled'));
      world.serving.register('slow', () => answer);
      world.ask({ name: 'slow' });
      world.network.advance(4.9);
      expect(world.serving.flows.size).to.equal(1);
      expect(cancelled).to.deep.equal([]);
      world.network.advance(0.2);
      expect(world.serving.flows.size).to.equal(0);
      expect(cancelled).to.deep.equal(['cancelled']);
      expect(world.serving.stats).to.include({ accepted: 0, rejected: 0, expired: 1 });
    }),
  );

  it(
    'that comes too late by a promise is dropped, without a hook',
    inWorld({ server: { pendingTimeout: 5 } }, async (world) => {
      const late = new Recorder();
      let answer: (protocol: Recorder) => void = () => {};
      world.serving.register('slow', () => new Promise<Recorder>((resolve) => (answer = resolve)));
      world.ask({ name: 'slow' });
      await world.network.advanceAsync(6);
      answer(late);
      await world.network.advanceAsync(1);
      expect(late.events).to.deep.equal([]);
      expect(world.serving.stats.accepted).to.equal(0);
    }),
  );

  for (const [what, accept, message] of [
    ['throws', (): never => fail(), 'a mistake'],
    ['fails by a Deferred', (): Deferred<never> => failLater(), 'a mistake'],
    ['fails by a promise', async (): Promise<never> => fail(), 'a mistake'],
    ['answers undefined', (): never => undefined as never, 'A request for a flow is answered by a protocol, or null'],
    ['answers with a text', (): never => 'yes' as never, 'A request for a flow is answered by a protocol, or null'],
  ] as const) {
    it(
      `that ${what} rejects the request, and is reported once`,
      inWorld({ server: { echo: 'on-accept' } }, async (world) => {
        const errors = world.collectErrors();
        world.serving.register('faulty', accept);
        const outcome = outcomeOf(world.ask({ name: 'faulty', timeout: 3 }).allocation);
        await world.network.advanceAsync(5);
        expect(outcome.error).to.be.instanceOf(FlowTimeoutError);
        expect(errors.map((error) => error.message)).to.deep.equal([message]);
        expect(world.serverPorts).to.equal(0);
        expect(world.serving.stats.rejected).to.equal(1);
      }),
    );
  }

  it(
    'may be one Deferred for several requests',
    inWorld((world) => {
      const answer = new Deferred<FlowHandler>();
      world.serving.register('shared', () => answer);
      const asked = [world.ask({ name: 'shared' }), world.ask({ name: 'shared' })];
      world.network.advance(1);
      answer.callback({ dataReceived: (data, flow) => flow.write(`${data.toString()}!`) });
      for (const { protocol } of asked) protocol.flow.write('hello');
      world.network.advance(1);
      expect(asked.map(({ protocol }) => protocol.data)).to.deep.equal([['hello!'], ['hello!']]);
    }),
  );

  it(
    'is cancelled only when none of the requests that share it waits any more',
    inWorld({ server: { pendingTimeout: 5 } }, (world) => {
      const cancelled: string[] = [];
      const answer = new Deferred<FlowHandler>(() => cancelled.push('cancelled'));
      world.serving.register('shared', () => answer);
      world.ask({ name: 'shared' });
      world.network.advance(3);
      const patient = world.ask({ name: 'shared' });
      world.network.advance(4); // the first one has waited for too long
      expect(cancelled).to.deep.equal([]);
      expect(world.serving.flows.size).to.equal(1);
      answer.callback({ dataReceived: (data, flow) => flow.write(`${data.toString()}!`) });
      patient.protocol.flow.write('hello');
      world.network.advance(1);
      expect(patient.protocol.data).to.deep.equal(['hello!']);

      const nobody = new Deferred<FlowHandler>(() => cancelled.push('cancelled'));
      world.serving.register('nobody', () => nobody);
      world.ask({ name: 'nobody' });
      world.ask({ name: 'nobody' });
      world.network.advance(6);
      expect(cancelled).to.deep.equal(['cancelled']);
    }),
  );

  it(
    'does not matter when the question has ended the flow',
    inWorld((world) => {
      const answered = new Recorder();
      world.serving.register('final', () => {
        for (const flow of world.serving.flows) void flow.deallocate();
        return answered;
      });
      const { protocol } = world.ask({ name: 'final' });
      world.network.advance(1);
      expect(answered.events).to.deep.equal([]);
      expect(() => answered.flow).to.throw(NotConnectedError);
      expect(world.serving.flows.size).to.equal(0);
      expect(world.serving.stats).to.include({ accepted: 0, rejected: 0 });
      protocol.flow.write('anybody?');
      world.network.advance(1);
      expect(protocol.reason).to.be.instanceOf(PeerGone);
    }),
  );

  it(
    'may depend on a flow to somebody else, which is asked for meanwhile',
    inWorld((world) => {
      world.serve = () => new Echoing();
      world.serving.register('proxy', () => {
        const answer = new Deferred<FlowHandler>();
        world.serving.allocate(NAME, '127.0.0.1', { dataReceived: (data) => front?.write(data) }).addCallback((back) =>
          answer.callback({
            flowAllocated: (flow) => void (front = flow),
            dataReceived: (data) => back.write(data),
          }),
        );
        let front: Flow | undefined;
        return answer;
      });
      const { protocol } = world.ask({ name: 'proxy' });
      world.network.advance(1);
      protocol.flow.write('through');
      world.network.advance(1);
      expect(protocol.data).to.deep.equal(['through']);
    }),
  );

  it(
    'must not be a protocol that has a flow',
    inWorld((world) => {
      const errors = world.collectErrors();
      const only = new Recorder();
      world.serving.register('only', () => only);
      world.ask({ name: 'only' });
      world.network.advance(1);
      world.ask({ name: 'only' });
      world.network.advance(1);
      expect(errors.map(({ name }) => name)).to.deep.equal(['AlreadyConnectedError']);
      expect(only.events).to.deep.equal(['allocated']);
      expect(world.serving.stats).to.include({ accepted: 1, rejected: 1 });
    }),
  );
});

describe('data that come before the application has answered', () => {
  it(
    'are held, and delivered after flowAllocated, in their order, each in a turn of its own',
    inWorld((world) => {
      const answer = new Deferred<Recorder>();
      world.serving.register('slow', () => answer);
      const { protocol } = world.ask({ name: 'slow' });
      world.network.advance(1);
      for (const text of ['one', 'two', 'three']) protocol.flow.write(text);
      world.network.advance(1);
      const far = new Recorder();
      answer.callback(far);
      world.network.advance(0);
      protocol.flow.write('four');
      world.network.advance(1);
      expect(far.events).to.deep.equal(['allocated', 'data one', 'data two', 'data three', 'data four']);
      expect(far.flow.stats).to.deep.equal({ sent: 0, received: 4, dropped: 0 });
    }),
  );

  it(
    'are held up to 64 datagrams; what is more is dropped and counted',
    inWorld((world) => {
      const answer = new Deferred<Recorder>();
      world.serving.register('slow', () => answer);
      const { protocol } = world.ask({ name: 'slow' });
      world.network.advance(1);
      for (let i = 0; i < 70; i++) protocol.flow.write(`${i}`);
      world.network.advance(1);
      const far = new Recorder();
      answer.callback(far);
      world.network.advance(1);
      expect(far.data).to.deep.equal(Array.from({ length: 64 }, (_, i) => `${i}`));
      expect(far.flow.stats).to.deep.equal({ sent: 0, received: 70, dropped: 6 });
    }),
  );

  it(
    'are held up to 64 KiB',
    inWorld((world) => {
      const answer = new Deferred<Recorder>();
      world.serving.register('slow', () => answer);
      const { protocol } = world.ask({ name: 'slow' });
      world.network.advance(1);
      for (let i = 0; i < 20; i++) protocol.flow.write(Buffer.alloc(10_000));
      world.network.advance(1);
      const far = new Recorder();
      answer.callback(far);
      world.network.advance(1);
      expect(far.data).to.have.length(6);
      expect(far.flow.stats.dropped).to.equal(14);
    }),
  );

  it(
    'are forgotten when the application rejects',
    inWorld((world) => {
      const answer = new Deferred<null>();
      world.serving.register('slow', () => answer);
      const { protocol } = world.ask({ name: 'slow' });
      world.network.advance(1);
      protocol.flow.write('lost');
      world.network.advance(1);
      answer.callback(null);
      protocol.flow.write('refused');
      world.network.advance(1);
      expect(protocol.events).to.deep.equal(['allocated', 'deallocated PeerGone']);
    }),
  );
});

function fail(): never {
  throw new Error('a mistake');
}

function failLater(): Deferred<never> {
  const failing = new Deferred<never>();
  failing.errback(new Error('a mistake'));
  return failing;
}
