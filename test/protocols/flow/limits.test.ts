import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../index.js';
import { FlowTimeoutError } from '../../../protocols/index.js';
import { inWorld, NAME, outcomeOf, Recorder, type World } from './world.js';

/** As many raw ports of a host as are asked for, each of which sends a request. */
function requestFromMany(world: World, count: number, host = world.client) {
  return Array.from({ length: count }, () => {
    const each = world.raw(host);
    each.port.write(NAME, world.listening);
    return each;
  });
}

describe('the limits of requests', () => {
  it(
    'one address may make so many a second, copies too; others are not concerned',
    inWorld({ server: { requestRate: 5, maxPendingPerAddress: 100 } }, (world) => {
      requestFromMany(world, 8);
      requestFromMany(world, 3, world.network.host('other'));
      world.network.advance(0.1);
      expect(world.requests).to.have.length(8);
      expect(world.serving.stats).to.include({ requests: 11, accepted: 8, limited: 3 });
      world.network.advance(1);
      requestFromMany(world, 5);
      world.network.advance(0.1);
      expect(world.requests).to.have.length(13);
    }),
  );

  it(
    'one address may have so many flows pending, or not used yet',
    inWorld({ server: { maxPendingPerAddress: 3 } }, (world) => {
      const clients = requestFromMany(world, 5);
      requestFromMany(world, 2, world.network.host('other'));
      world.network.advance(0.1);
      expect(clients.map(({ raw }) => raw.texts.length)).to.deep.equal([1, 1, 1, 0, 0]);
      expect(world.serving.stats).to.include({ accepted: 5, limited: 2, evicted: 0 });
      // One that is used is not pending any more.
      const [first] = clients;
      first!.port.write('used', first!.raw.heard[0]!.from);
      world.network.advance(0.1);
      clients[3]!.port.write(NAME, world.listening);
      world.network.advance(0.1);
      expect(clients[3]!.raw.texts).to.deep.equal([NAME]);
    }),
  );

  it(
    'a flow that is used, but not accepted yet, is pending all the same',
    inWorld({ server: { maxPendingPerAddress: 1 } }, (world) => {
      const answer = new Deferred<Recorder>();
      world.serving.register('slow', () => answer);
      const { protocol } = world.ask({ name: 'slow' });
      world.network.advance(0.1);
      protocol.flow.write('used');
      world.network.advance(0.1);
      const second = outcomeOf(world.ask({ timeout: 1 }).allocation);
      world.network.advance(2);
      expect(second.error).to.be.instanceOf(FlowTimeoutError);
      answer.callback(new Recorder());
      const third = outcomeOf(world.ask({ timeout: 1 }).allocation);
      world.network.advance(2);
      expect(third.value?.state).to.equal('allocated');
    }),
  );

  it(
    'when too many are pending in all, the oldest that was not used goes',
    inWorld({ server: { maxPending: 3 } }, (world) => {
      const clients = requestFromMany(world, 3);
      world.network.advance(0.1);
      clients[0]!.port.write('used', clients[0]!.raw.heard[0]!.from);
      world.network.advance(0.1);
      requestFromMany(world, 2);
      world.network.advance(0.1);
      expect(world.served.map(({ events }) => events.at(-1))).to.deep.equal([
        'data used',
        'deallocated FlowTimeoutError',
        'allocated',
        'allocated',
        'allocated',
      ]);
      expect(world.serving.stats).to.include({ accepted: 5, evicted: 1, limited: 0 });
      expect(world.serverPorts).to.equal(4);
    }),
  );

  it(
    'when all that are pending were used, a new one is not served',
    inWorld({ server: { maxPending: 2 } }, (world) => {
      world.serving.register('slow', () => new Deferred<Recorder>());
      const protocols = [world.ask({ name: 'slow' }).protocol, world.ask({ name: 'slow' }).protocol];
      world.network.advance(0.1);
      for (const { flow } of protocols) flow.write('used');
      world.network.advance(0.1);
      const outcome = outcomeOf(world.ask({ timeout: 1 }).allocation);
      world.network.advance(2);
      expect(outcome.error).to.be.instanceOf(FlowTimeoutError);
      expect(world.serving.stats).to.include({ evicted: 0 });
    }),
  );

  it(
    'no port to be had is reported once in a row, and is silence to the client',
    inWorld((world) => {
      const errors = world.collectErrors();
      const listenUDP = world.server.reactor.listenUDP.bind(world.server.reactor);
      const failing = (): never => {
        listenUDP(3359, {}); // taken
        throw new Error('not reached');
      };
      world.server.reactor.listenUDP = failing;
      requestFromMany(world, 3);
      world.network.advance(0.1);
      expect(errors.map(({ name }) => name)).to.deep.equal(['CannotListenError']);
      expect(world.serving.stats).to.include({ requests: 3, limited: 3 });
      world.server.reactor.listenUDP = listenUDP;
      requestFromMany(world, 1);
      world.network.advance(0.1);
      expect(world.served).to.have.length(1);
      world.server.reactor.listenUDP = failing;
      requestFromMany(world, 2);
      world.network.advance(0.1);
      expect(errors).to.have.length(2);
      world.server.reactor.listenUDP = listenUDP;
    }),
  );

  it(
    'a flow that is accepted and never used ends after the pending timeout',
    inWorld({ server: { pendingTimeout: 5 } }, (world) => {
      const { near, far } = world.connect();
      world.network.advance(4.9);
      expect(far.flow.state).to.equal('allocated');
      world.network.advance(0.2);
      expect(far.events).to.deep.equal(['allocated', 'deallocated FlowTimeoutError']);
      expect(far.reason).to.include({
        awaited: 'use',
        flowName: NAME,
        host: world.client.address,
        timeout: 5,
        attempts: 0,
      });
      expect(world.serving.stats.expired).to.equal(1);
      near.flow.write('too late');
      world.network.advance(1);
      expect(near.reason).to.have.property('name', 'PeerGone');
    }),
  );

  it(
    'a flow that was used lasts',
    inWorld({ server: { pendingTimeout: 5 } }, (world) => {
      const { near, far } = world.connect({ announce: true });
      world.network.advance(3600);
      near.flow.write('after an hour');
      world.network.advance(1);
      expect(far.data).to.deep.equal(['', 'after an hour']);
    }),
  );
});

describe('what is sent to a peer that has not used the flow', () => {
  it(
    'is at most three times what came from there, the echo included; the rest is dropped and counted',
    inWorld((world) => {
      const { near, far } = world.connect();
      const size = NAME.length;
      far.flow.write(Buffer.alloc(size + 1)); // fits
      far.flow.write(Buffer.alloc(size)); // would be more than 3 × size
      far.flow.write(Buffer.alloc(size - 1)); // fits exactly
      far.flow.write('');
      world.network.advance(0.1);
      expect(near.data.map(({ length }) => length)).to.deep.equal([size + 1, size - 1]);
      expect(far.flow.stats).to.deep.equal({ sent: 2, received: 0, dropped: 2 });
      near.flow.write('used');
      world.network.advance(0.1);
      for (let i = 0; i < 10; i++) far.flow.write(Buffer.alloc(1000));
      world.network.advance(0.1);
      expect(near.data).to.have.length(12);
      expect(far.flow.stats).to.deep.equal({ sent: 12, received: 1, dropped: 2 });
    }),
  );

  it(
    'is at most three datagrams for each that came, however small',
    inWorld((world) => {
      const { near, far } = world.connect();
      for (let i = 0; i < 10; i++) far.flow.write('');
      world.network.advance(0.1);
      expect(near.data).to.deep.equal(['', '']);
      expect(far.flow.stats).to.include({ sent: 2, dropped: 8 });
    }),
  );

  it(
    'may be more with each copy of the request',
    inWorld((world) => {
      const { raw, port } = world.raw();
      for (let i = 0; i < 3; i++) port.write(NAME, world.listening);
      world.network.advance(0.1);
      for (let i = 0; i < 20; i++) world.served[0]!.flow.write(Buffer.alloc(NAME.length));
      world.network.advance(0.1);
      // Three requests: nine datagrams of that size, three of them echoes.
      expect(raw.heard).to.have.length(9);
    }),
  );

  it(
    'is refused when it is too long, before it is dropped',
    inWorld((world) => {
      const { far } = world.connect();
      expect(() => far.flow.write(Buffer.alloc(65508)))
        .to.throw()
        .with.property('code', 'ERR_PLAIT_MESSAGE_LENGTH');
      expect(far.flow.stats.dropped).to.equal(0);
    }),
  );

  it(
    'is not limited any more when the client has announced itself',
    inWorld((world) => {
      world.serve = () =>
        new (class extends Recorder {
          override dataReceived(data: Buffer): void {
            super.dataReceived(data);
            for (let i = 0; i < 5; i++) this.flow.write('x'.repeat(1000));
          }
        })();
      const { near } = world.connect({ announce: true });
      world.network.advance(0.1);
      expect(near.data).to.have.length(5);
    }),
  );
});
