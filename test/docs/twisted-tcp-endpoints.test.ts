/** The ported TCP programs of Twisted that use endpoints. */
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { main as greeter } from '../../docs/examples/twisted-tcp/clients-greeter.js';
import { main as service } from '../../docs/examples/twisted-tcp/clients-service.js';
import { main as endpointsEcho } from '../../docs/examples/twisted-tcp/endpoints-echo.js';
import { ConnectionRefusedError } from '../../index.js';
import { simulation } from '../../testing.js';
import { withReactor } from './fixtures.js';
import { refusingPort, serving, visit, Visitor } from './tcp-fixtures.js';

describe('TCP examples ported from Twisted, with endpoints', () => {
  afterEach(() => sinon.restore());

  it('endpoints-echo echoes where it is told to listen', () =>
    withReactor((reactor) =>
      serving(
        reactor,
        () => endpointsEcho(reactor, 'tcp:0:interface=127.0.0.1'),
        async (port) => {
          const visitor = await visit(reactor, port);
          visitor.says('hello');
          await visitor.hears('hello');
        },
      ),
    ));

  it(
    'clients-greeter says hello, says something a second later, and hangs up after another',
    simulation(async (network) => {
      const visitor = new Visitor();
      network.host('server').reactor.listenTCP(1234, () => visitor);
      const done = greeter(network.host('client').reactor, 'tcp:server:1234');
      await network.advanceAsync(0.5);
      expect(visitor.heard).to.equal('MESSAGE Hello\n');
      await network.advanceAsync(1);
      expect(visitor.heard).to.equal('MESSAGE Hello\nMESSAGE This is sent in a second\n');
      expect(visitor.lost.called).to.equal(false);
      await network.advanceAsync(1);
      expect(visitor.lost.called).to.equal(true);
      await done;
    }),
  );

  it('clients-greeter fails where nobody listens', () =>
    withReactor(async (reactor) => {
      const port = await refusingPort(reactor);
      const failure = await greeter(reactor, `tcp:127.0.0.1:${port}`).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(ConnectionRefusedError);
    }));

  it(
    'clients-service waits longer after each failure, prints what it hears, and ends when it is stopped',
    simulation(async (network) => {
      const log = sinon.stub(console, 'log');
      const client = network.host('client').reactor;
      const server = network.host('server').reactor;
      const done = service(client, 'tcp:server:8007');
      await network.advanceAsync(5);
      expect(log.args).to.deep.equal([1, 2, 4].map((delay) => ['%s: again in %d s', 'ConnectionRefusedError', delay]));
      const visitor = new Visitor();
      server.listenTCP(8007, () => visitor);
      await network.advanceAsync(5);
      visitor.says('there you are');
      await network.advanceAsync(1);
      expect(log.lastCall.args).to.deep.equal(['there you are']);
      client.stop();
      await network.advanceAsync(5);
      await done;
      expect(visitor.lost.called).to.equal(true);
      expect(client.openHandles()).to.deep.equal([]);
    }),
  );
});
