import { expect } from 'chai';
import { describe, it } from 'mocha';
import { CancelledError, DNSLookupError, InvalidAddressError } from '../../../index.js';
import { FlowAllocator, FlowTimeoutError } from '../../../protocols/index.js';
import { inWorld, NAME, outcomeOf, Recorder } from './world.js';

describe('where the server is', () => {
  it(
    'may be given as a name',
    inWorld((world) => {
      world.network.names.set('www.example', ['fd00::99', world.server.address]);
      const protocol = new Recorder();
      void world.asking.allocate(NAME, 'www.example', protocol);
      world.network.advance(1);
      expect(protocol.flow.getPeer().host).to.equal(world.server.address);
    }),
  );

  it(
    'is looked up in the family of the interface',
    inWorld((world) => {
      const six = world.server.addresses.find((address) => address.includes(':'))!;
      const serving = new FlowAllocator(world.server.reactor);
      serving.listen({ interface: '::', port: 4000 });
      serving.register(NAME, () => new Recorder());
      const protocol = new Recorder();
      void world.asking.allocate(NAME, 'server', protocol, { interface: '::', port: 4000 });
      world.network.advance(1);
      expect(protocol.flow.getPeer()).to.include({ family: 'IPv6', host: six });
      void serving.stop();
      world.network.advance(1);
    }),
  );

  it(
    'that cannot be found fails with a DNSLookupError, and nothing is sent',
    inWorld((world) => {
      const outcome = outcomeOf(world.asking.allocate(NAME, 'nowhere.example', new Recorder()));
      world.network.advance(1);
      expect(outcome.error).to.be.instanceOf(DNSLookupError).with.property('hostname', 'nowhere.example');
      expect(world.sent).to.deep.equal([]);
      expect(world.asking.flows.size).to.equal(0);
    }),
  );

  it(
    'is looked up no longer than the timeout',
    inWorld((world) => {
      world.network.lookupLatency = Infinity;
      const outcome = outcomeOf(world.asking.allocate(NAME, 'server', new Recorder(), { timeout: 7 }));
      world.network.advance(7.1);
      expect(outcome.error).to.be.instanceOf(FlowTimeoutError).with.property('attempts', 0);
      expect(outcome.error!.message).to.match(
        /^No echo of "echo-server" from server:3359 within 7 s, after 0 requests$/,
      );
    }),
  );

  it(
    'is looked up no longer when it is cancelled',
    inWorld((world) => {
      world.network.lookupLatency = 1;
      const allocation = world.asking.allocate(NAME, 'server', new Recorder());
      const outcome = outcomeOf(allocation);
      allocation.cancel();
      expect(outcome.error).to.be.instanceOf(CancelledError);
      world.network.advance(0);
      expect(world.network.clock.getDelayedCalls()).to.deep.equal([]);
      world.network.advance(5);
      expect(world.sent).to.deep.equal([]);
    }),
  );

  it(
    'must be of the family of the interface',
    inWorld((world) => {
      const ask = (host: string, networkInterface: string) => () =>
        world.asking.allocate(NAME, host, new Recorder(), { interface: networkInterface });
      expect(ask('::1', '0.0.0.0')).to.throw(InvalidAddressError).with.property('address', '::1');
      expect(ask('127.0.0.1', '::')).to.throw(InvalidAddressError);
      expect(ask('server', 'localhost')).to.throw(InvalidAddressError).with.property('address', 'localhost');
      expect(world.asking.flows.size).to.equal(0);
    }),
  );

  it(
    'is asked in its own family, whatever is listened on',
    inWorld((world) => {
      const six = world.client.addresses.find((address) => address.includes(':'))!;
      world.asking.listen({ interface: six });
      const protocol = new Recorder();
      void world.asking.allocate(NAME, world.server.address, protocol);
      world.network.advance(1);
      expect(protocol.events).to.deep.equal(['allocated']);
      expect(protocol.flow.getHost().family).to.equal('IPv4');
    }),
  );

  it(
    'that cannot be written to fails with that error',
    inWorld((world) => {
      const outcome = outcomeOf(world.asking.allocate(NAME, '255.255.255.255', new Recorder()));
      world.network.advance(1);
      expect(outcome.error).to.have.property('name', 'BroadcastNotAllowedError');
      expect(world.asking.flows.size).to.equal(0);
    }),
  );

  it(
    'may listen on another port',
    inWorld((world) => {
      const serving = new FlowAllocator(world.server.reactor);
      const { port } = serving.listen({ port: 0 }).getHost();
      serving.register('elsewhere', () => new Recorder());
      const { protocol } = world.ask({ name: 'elsewhere', port });
      world.network.advance(1);
      expect(protocol.events).to.deep.equal(['allocated']);
      void serving.stop();
      world.network.advance(1);
    }),
  );
});
