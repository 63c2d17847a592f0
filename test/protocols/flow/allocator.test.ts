import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  AlreadyConnectedError,
  CancelledError,
  CannotListenError,
  Deferred,
  InvalidAddressError,
  NotConnectedError,
} from '../../../index.js';
import { FlowAllocator, FlowNameError, FlowProtocol, type FlowAllocatorOptions } from '../../../protocols/index.js';
import { inWorld, NAME, outcomeOf, Recorder } from './world.js';

describe('FlowAllocator', () => {
  it(
    'listens on 0.0.0.0:3359 unless it is told otherwise, once at a time',
    inWorld((world) => {
      expect(FlowAllocator.PORT).to.equal(3359);
      const allocator = new FlowAllocator(world.client.reactor);
      const port = allocator.listen();
      expect(port.getHost()).to.deep.equal({ type: 'UDP', family: 'IPv4', host: '0.0.0.0', port: 3359 });
      expect(() => allocator.listen({ port: 0 })).to.throw(AlreadyConnectedError);
      void port.stopListening();
      world.network.advance(0.1);
      expect(allocator.listen({ port: 0, interface: '127.0.0.1' }).getHost().host).to.equal('127.0.0.1');
      void allocator.stop();
      world.network.advance(0.1);
    }),
  );

  it(
    'throws what listenUDP throws, and may listen afterwards',
    inWorld((world) => {
      const allocator = new FlowAllocator(world.server.reactor);
      expect(() => allocator.listen()).to.throw(CannotListenError);
      expect(() => allocator.listen({ interface: 'localhost' })).to.throw(InvalidAddressError);
      expect(() => allocator.listen({ port: 65536 })).to.throw(RangeError);
      allocator.listen({ port: 0 });
      void allocator.stop();
      world.network.advance(0.1);
    }),
  );

  it(
    'opens nothing by being made',
    inWorld((world) => {
      void new FlowAllocator(world.client.reactor);
      expect(world.client.reactor.openHandles()).to.deep.equal([]);
    }),
  );

  for (const [option, values] of [
    ['echo', ['later']],
    ['pendingTimeout', [0, -1, NaN, Infinity, '5']],
    ['idleTimeout', [0, -1, NaN]],
    ['keepalive', [0, -1, NaN]],
    ['requestRate', [0, -1, NaN]],
    ['maxPending', [0, 1.5, NaN, Infinity]],
    ['maxPendingPerAddress', [0, 1.5, NaN, Infinity]],
  ] as const) {
    it(
      `refuses a wrong ${option}`,
      inWorld((world) => {
        for (const value of values) {
          const options = { [option]: value } as FlowAllocatorOptions;
          expect(() => new FlowAllocator(world.client.reactor, options), String(value)).to.throw(RangeError, option);
        }
      }),
    );
  }

  it(
    'refuses wrong options of allocate, before anything is opened',
    inWorld((world) => {
      for (const [option, values] of [
        ['port', [0, 65536, 1.5]],
        ['timeout', [0, -1, NaN]],
        ['attempts', [0, 1.5, NaN]],
      ] as const) {
        for (const value of values) expect(() => world.ask({ [option]: value }), option).to.throw(RangeError);
      }
      const { asking } = world;
      expect(() => asking.allocate(NAME, 7 as never, new Recorder())).to.throw(TypeError);
      expect(() => asking.allocate(NAME, 'server', undefined as never)).to.throw(TypeError);
      expect(world.client.reactor.openHandles()).to.deep.equal([]);
    }),
  );

  it(
    'refuses names that cannot be, to be registered or asked for',
    inWorld((world) => {
      for (const name of ['', 'x'.repeat(256), 'na\0me']) {
        expect(() => world.serving.register(name, () => null)).to.throw(FlowNameError);
        expect(() => world.ask({ name }))
          .to.throw(FlowNameError)
          .with.property('code', 'ERR_PLAIT_FLOW_NAME');
      }
      world.network.advance(1);
      expect(world.sent).to.deep.equal([]);
      expect(world.client.reactor.openHandles()).to.deep.equal([]);
    }),
  );

  it(
    'refuses a name that is registered, and an application that is no function',
    inWorld((world) => {
      expect(() => world.serving.register(NAME, () => null)).to.throw(FlowNameError, 'is registered already');
      expect(() => world.serving.register('other', new Recorder() as never)).to.throw(TypeError);
      world.serving.unregister(NAME);
      world.serving.register(NAME, () => null);
    }),
  );

  it(
    'shows its flows until their ports are closed',
    inWorld((world) => {
      const { near, far } = world.connect();
      expect([...world.asking.flows]).to.deep.equal([near.flow]);
      expect([...world.serving.flows]).to.deep.equal([far.flow]);
      void near.flow.deallocate();
      expect(world.asking.flows.size).to.equal(1);
      world.network.advance(0);
      expect(world.asking.flows.size).to.equal(0);
    }),
  );

  it(
    'cannot open a flow without a port',
    inWorld((world) => {
      expect(() => world.ask({ interface: '192.0.2.99' })).to.throw(CannotListenError);
      expect(world.asking.flows.size).to.equal(0);
    }),
  );
});

describe('stopping an allocator', () => {
  it(
    'ends all flows and requests, and closes all ports',
    inWorld((world) => {
      const { near, far } = world.connect();
      const { protocol, allocation } = world.ask({ name: 'nobody' });
      const outcome = outcomeOf(allocation);
      world.network.advance(1);
      const stopped: string[] = [];
      world.asking.stop().addCallback((result) => stopped.push(`asking ${String(result)}`));
      world.serving.stop().addCallback(() => stopped.push('serving'));
      expect(outcome.error).to.be.instanceOf(CancelledError);
      expect(stopped).to.deep.equal([]);
      world.network.advance(0.1);
      expect(stopped).to.deep.equal(['asking undefined', 'serving']);
      expect([near.events, far.events, protocol.events]).to.deep.equal([
        ['allocated', 'deallocated ConnectionDone'],
        ['allocated', 'deallocated ConnectionDone'],
        [],
      ]);
      expect(world.client.reactor.openHandles()).to.deep.equal([]);
      expect(world.server.reactor.openHandles()).to.deep.equal([]);
    }),
  );

  it(
    'gives up what is being looked up, what was not echoed yet, and what the application is asked about',
    inWorld(async (world) => {
      const cancelled: string[] = [];
      const late = [new Recorder(), new Recorder()];
      let answer: (protocol: Recorder) => void = () => {};
      world.serving.register('deferred', () => new Deferred<Recorder>(() => cancelled.push('cancelled')));
      world.serving.register('promised', () => new Promise<Recorder>((resolve) => (answer = resolve)));
      for (const name of ['deferred', 'promised']) world.ask({ name });
      await world.network.advanceAsync(1);
      world.network.lookupLatency = 1;
      const lookup = outcomeOf(world.asking.allocate(NAME, 'server', late[0]!));
      await world.network.advanceAsync(0.5);
      // The request is at the server, and its echo is on the way.
      const asked = outcomeOf(world.asking.allocate(NAME, world.server.address, late[1]!));
      await world.network.advanceAsync(0.0015);

      let stopped = 0;
      for (const allocator of [world.asking, world.serving]) allocator.stop().addCallback(() => stopped++);
      for (const { error } of [lookup, asked]) expect(error).to.be.instanceOf(CancelledError);
      await world.network.advanceAsync(0);
      expect([stopped, cancelled]).to.deep.equal([2, ['cancelled']]);
      const promised = new Recorder();
      answer(promised);
      const sent = world.sent.length;
      await world.network.advanceAsync(60);
      expect(world.sent).to.have.length(sent);
      expect([late[0]!.events, late[1]!.events, promised.events]).to.deep.equal([[], [], []]);
      expect(world.network.clock.getDelayedCalls()).to.deep.equal([]);
    }),
  );

  it(
    'is harmless inside every hook, and inside the question to the application',
    inWorld((world) => {
      const stop = (): void => void world.serving.stop();
      world.serving.register('question', () => {
        stop();
        return null;
      });
      world.serving.register('hooks', () => ({ flowAllocated: stop, dataReceived: stop, flowDeallocated: stop }));
      world.serving.register('data', () => ({ dataReceived: stop }));
      for (const name of ['question', 'hooks', 'data']) {
        world.ask({ name, announce: true });
        world.network.advance(0.1);
        expect(world.server.reactor.openHandles(), name).to.deep.equal([]);
        world.serving.listen();
      }
    }),
  );

  it(
    'is harmless twice, and when there is nothing to stop',
    inWorld((world) => {
      world.connect();
      const stopped: number[] = [];
      for (const i of [1, 2]) world.serving.stop().addCallback(() => stopped.push(i));
      world.network.advance(0.1);
      world.serving.stop().addCallback(() => stopped.push(3));
      expect(stopped).to.deep.equal([1, 2, 3]);
    }),
  );

  it(
    'lets nothing begin until it is done, and everything afterwards',
    inWorld((world) => {
      world.connect();
      void world.serving.stop();
      expect(() => world.serving.listen()).to.throw(NotConnectedError);
      expect(() => world.serving.allocate(NAME, 'server', new Recorder())).to.throw(NotConnectedError);
      world.network.advance(0.1);
      world.serving.listen();
      const { near } = world.connect();
      expect(near.events).to.deep.equal(['allocated']);
    }),
  );

  it(
    'reports, and is not kept from finishing by, a hook that asks for a new flow',
    inWorld((world) => {
      const errors = world.collectErrors();
      class Stubborn extends FlowProtocol {
        override flowDeallocated(): void {
          void world.asking.allocate(NAME, 'server', new Recorder());
        }
      }
      void world.asking.allocate(NAME, 'server', new Stubborn());
      world.network.advance(1);
      let stopped = false;
      world.asking.stop().addCallback(() => (stopped = true));
      world.network.advance(1);
      expect(stopped).to.equal(true);
      expect(errors.map(({ message }) => message)).to.deep.equal(['The allocator is stopping']);
      expect(world.client.reactor.openHandles()).to.deep.equal([]);
    }),
  );

  it(
    'finishes on a host that crashes meanwhile, or has crashed',
    inWorld((world) => {
      world.connect();
      const stopped: number[] = [];
      world.serving.stop().addCallback(() => stopped.push(1));
      world.server.crash();
      world.network.advance(0.1);
      expect(stopped).to.deep.equal([1]);
      world.serving.stop().addCallback(() => stopped.push(2));
      world.asking.stop().addCallback(() => stopped.push(3));
      world.client.crash();
      world.network.advance(0.1);
      expect(stopped).to.deep.equal([1, 2, 3]);
    }),
  );

  it(
    'comes with `await using`',
    inWorld(async (world) => {
      const { far } = world.connect();
      let disposed = false;
      void world.serving[Symbol.asyncDispose]().then(() => (disposed = true));
      await world.network.advanceAsync(0.1);
      expect(disposed).to.equal(true);
      expect(far.flow.state).to.equal('deallocated');
    }),
  );

  it(
    'comes with the closing of its reactor',
    inWorld(async (world) => {
      const { near, far } = world.connect();
      const outcome = outcomeOf(world.ask({ name: 'nobody' }).allocation);
      const lookup = outcomeOf(world.asking.allocate(NAME, 'server', new Recorder()));
      const closed = [world.client.reactor.close(), world.server.reactor.close()];
      await world.network.advanceAsync(1);
      await Promise.all(closed);
      expect([near.events, far.events]).to.deep.equal([
        ['allocated', 'deallocated ConnectionDone'],
        ['allocated', 'deallocated ConnectionDone'],
      ]);
      for (const { error } of [outcome, lookup]) expect(error).to.be.instanceOf(CancelledError);
      expect(world.asking.flows.size + world.serving.flows.size).to.equal(0);
      expect(world.client.reactor.openHandles()).to.deep.equal([]);
      expect(world.server.reactor.openHandles()).to.deep.equal([]);
    }),
  );

  it(
    'of the reactor is not disturbed by what was to be sent',
    inWorld({ client: { keepalive: 1 }, server: { keepalive: 1 } }, async (world) => {
      const { near } = world.connect();
      near.flow.write('used');
      outcomeOf(world.ask({ name: 'nobody' }).allocation);
      world.network.advance(0.5);
      // Within the turn in which the ports are stopping, everything that can be due is due.
      world.client.reactor.callLater(0.5, () => void world.client.reactor.close());
      world.server.reactor.callLater(0.5, () => void world.server.reactor.close());
      await world.network.advanceAsync(2);
      expect(world.asking.flows.size + world.serving.flows.size).to.equal(0);
    }),
  );
});

describe('FlowProtocol', () => {
  it('has no flow before it was given one', () => {
    const protocol = new Recorder();
    expect(() => protocol.flow).to.throw(NotConnectedError, 'Recorder has no flow');
  });

  it(
    'can be overridden hook by hook: those of the base class do nothing',
    inWorld((world) => {
      const plain = new FlowProtocol();
      void world.asking.allocate(NAME, 'server', plain);
      world.network.advance(1);
      plain.flow.write('hello');
      world.network.advance(1);
      world.served[0]!.flow.write('hello');
      void plain.flow.deallocate();
      world.network.advance(1);
      expect(world.served[0]!.data).to.deep.equal(['hello']);
    }),
  );
});
