import { expect } from 'chai';
import { describe, it } from 'mocha';
import { FlowAllocator, FlowTimeoutError } from '../../../protocols/index.js';
import { Echoing, inWorld, NAME, outcomeOf, Recorder } from './world.js';

describe('allocating a flow', () => {
  it(
    'takes a request to port 3359, an echo from a new port, and then data have no header',
    inWorld((world) => {
      world.serve = () => new Echoing();
      const { protocol, allocation } = world.ask();
      allocation.addCallback((flow) => flow.write('Client says hi!\0'));
      world.network.advance(1);

      expect(world.sent).to.deep.equal([
        `client ?${NAME}`,
        `server ${NAME}`,
        'client Client says hi!\0',
        'server Client says hi!\0',
      ]);
      const sent = world.network.trace.events.flatMap((event) => (event.type === 'sent' ? [event] : []));
      const [cp, sp] = [sent[0]!.from.port, sent[1]!.from.port];
      expect(sp).to.not.equal(FlowAllocator.PORT);
      expect(sent.map(({ from, to }) => [from.port, to.port])).to.deep.equal([
        [cp, 3359],
        [sp, cp],
        [cp, sp],
        [sp, cp],
      ]);
      expect(protocol.events).to.deep.equal(['allocated', 'data Client says hi!\0']);
      expect(world.served[0]!.events).to.deep.equal(['allocated', 'data Client says hi!\0']);
    }),
  );

  it(
    'tells the application who asks for what, and both ends where they are',
    inWorld((world) => {
      const { near, far } = world.connect();
      const [request] = world.requests;
      expect(request).to.deep.equal({
        name: NAME,
        portId: far.flow.portId,
        peer: { type: 'UDP', family: 'IPv4', host: world.client.address, port: near.flow.getHost().port },
      });
      expect(request).to.satisfy(Object.isFrozen);
      expect(near.flow.getPeer()).to.deep.equal({
        type: 'UDP',
        family: 'IPv4',
        host: world.server.address,
        port: far.flow.getHost().port,
      });
      expect(far.flow.getPeer()).to.deep.equal(request!.peer);
      expect([near.flow.name, far.flow.name]).to.deep.equal([NAME, NAME]);
      expect([near.flow.state, far.flow.state]).to.deep.equal(['allocated', 'allocated']);
    }),
  );

  it(
    'fires with the flow, after flowAllocated',
    inWorld((world) => {
      const { protocol, allocation } = world.ask();
      const seen: unknown[] = [];
      allocation.addCallback((flow) => seen.push(flow === protocol.flow, [...protocol.events]));
      world.network.advance(1);
      expect(seen).to.deep.equal([true, ['allocated']]);
    }),
  );

  it(
    'does nothing inside the call that asks',
    inWorld((world) => {
      const { protocol, allocation } = world.ask();
      const outcome = outcomeOf(allocation);
      expect(outcome).to.deep.equal({});
      expect(protocol.events).to.deep.equal([]);
      expect(protocol.flow.state).to.equal('pending');
      world.network.advance(1);
    }),
  );

  it(
    'gives each flow a number of its own',
    inWorld((world) => {
      const flows = [world.connect(), world.connect(), world.connect()];
      expect(new Set(flows.map(({ near }) => near.flow.portId)).size).to.equal(3);
      expect(new Set(flows.map(({ far }) => far.flow.portId)).size).to.equal(3);
      expect([...world.asking.flows].map((flow) => flow.portId)).to.deep.equal(
        flows.map(({ near }) => near.flow.portId),
      );
    }),
  );

  it(
    'keeps flows apart, also to the same application',
    inWorld((world) => {
      const [one, two] = [world.connect(), world.connect()];
      one.near.flow.write('to one');
      two.near.flow.write('to two');
      one.far.flow.write('from one');
      world.network.advance(1);
      expect([one.far.data, two.far.data, one.near.data, two.near.data]).to.deep.equal([
        ['to one'],
        ['to two'],
        ['from one'],
        [],
      ]);
    }),
  );

  it(
    'works in both directions between the same two allocators',
    inWorld((world) => {
      world.asking.listen();
      const back = new Recorder();
      world.asking.register('back', () => back);
      const there = world.connect();
      const protocol = new Recorder();
      void world.serving.allocate('back', 'client', protocol);
      world.network.advance(1);
      expect(there.near.events).to.deep.equal(['allocated']);
      expect([protocol.events, back.events]).to.deep.equal([['allocated'], ['allocated']]);
    }),
  );

  it(
    'works within one allocator',
    inWorld((world) => {
      const protocol = new Recorder();
      void world.serving.allocate(NAME, '127.0.0.1', protocol);
      const self = new Recorder();
      void world.serving.allocate(NAME, '0.0.0.0', self); // the own host
      world.network.advance(1);
      expect(protocol.events).to.deep.equal(['allocated']);
      expect(self.events).to.deep.equal(['allocated']);
      expect(world.serving.flows.size).to.equal(4);
    }),
  );

  it(
    'works over IPv6',
    inWorld((world) => {
      const six = world.server.addresses.find((address) => address.includes(':'))!;
      const serving = new FlowAllocator(world.server.reactor);
      serving.listen({ interface: six, port: 4000 });
      const far = new Echoing();
      serving.register(NAME, () => far);
      const near = new Recorder();
      void world.asking.allocate(NAME, six, near, { port: 4000 }).addCallback((flow) => flow.write('six'));
      world.network.advance(1);
      expect(near.data).to.deep.equal(['six']);
      expect(far.flow.getHost()).to.include({ family: 'IPv6', host: six });
      void serving.stop();
      world.network.advance(1);
    }),
  );

  it(
    'hears IPv4 clients on ::, too',
    inWorld((world) => {
      const serving = new FlowAllocator(world.server.reactor);
      serving.listen({ interface: '::', port: 4000 });
      const far = new Echoing();
      serving.register(NAME, () => far);
      const near = new Recorder();
      void world.asking
        .allocate(NAME, world.server.address, near, { port: 4000 })
        .addCallback((flow) => flow.write('four'));
      world.network.advance(1);
      expect(near.data).to.deep.equal(['four']);
      expect(far.flow.getPeer().host).to.equal(`::ffff:${world.client.address}`);
      void serving.stop();
      world.network.advance(1);
    }),
  );

  it(
    'opens the ports of flows on the address that is listened on',
    inWorld((world) => {
      const host = world.network.host('many', { addresses: ['192.0.2.1', '192.0.2.2'] });
      const serving = new FlowAllocator(host.reactor);
      serving.listen({ interface: '192.0.2.2' });
      const far = new Recorder();
      serving.register(NAME, () => far);
      const near = new Recorder();
      void world.asking.allocate(NAME, '192.0.2.2', near);
      world.network.advance(1);
      expect(far.flow.getHost().host).to.equal('192.0.2.2');
      expect(near.flow.getPeer().host).to.equal('192.0.2.2');
      // What it asks for itself leaves from there, too.
      const asked = new Recorder();
      void serving.allocate(NAME, world.server.address, asked);
      world.network.advance(1);
      expect(world.requests.map(({ peer }) => peer.host)).to.deep.equal(['192.0.2.2']);
      void serving.stop();
      world.network.advance(1);
    }),
  );

  it(
    'is not answered on a secondary address of a host that listens on all: the echo comes from the primary one',
    inWorld((world) => {
      const host = world.network.host('many', { addresses: ['192.0.2.1', '192.0.2.2'] });
      const serving = new FlowAllocator(host.reactor);
      serving.listen();
      serving.register(NAME, () => new Recorder());
      const outcome = outcomeOf(world.asking.allocate(NAME, '192.0.2.2', new Recorder(), { timeout: 5 }));
      const primary = outcomeOf(world.asking.allocate(NAME, '192.0.2.1', new Recorder()));
      const any = outcomeOf(world.asking.allocate(NAME, '192.0.2.2', new Recorder(), { anyAddress: true }));
      world.network.advance(10);
      expect(outcome.error).to.be.instanceOf(FlowTimeoutError);
      expect(primary.value?.state).to.equal('allocated');
      expect(any.value?.getPeer().host).to.equal('192.0.2.1');
      void serving.stop();
      world.network.advance(1);
    }),
  );
});
