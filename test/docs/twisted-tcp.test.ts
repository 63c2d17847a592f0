/** The ported TCP programs of Twisted: run in this process on loopback, and where time matters on a simulated network. */
import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { main as echoClientFactory } from '../../docs/examples/twisted-tcp/clients-echo-factory.js';
import { main as echoClient } from '../../docs/examples/twisted-tcp/clients-echo.js';
import { EchoClientFactory } from '../../docs/examples/twisted-tcp/clients-reconnecting.js';
import { main as welcome } from '../../docs/examples/twisted-tcp/clients-welcome.js';
import { Echo, main as echoserv } from '../../docs/examples/twisted-tcp/echoserv.js';
import { main as finger01 } from '../../docs/examples/twisted-tcp/finger01.js';
import { main as finger02 } from '../../docs/examples/twisted-tcp/finger02.js';
import { main as finger03 } from '../../docs/examples/twisted-tcp/finger03.js';
import { main as quoters } from '../../docs/examples/twisted-tcp/quoters.js';
import { main as servCounting } from '../../docs/examples/twisted-tcp/servers-counting.js';
import { main as servEcho } from '../../docs/examples/twisted-tcp/servers-echo.js';
import { main as servQotd } from '../../docs/examples/twisted-tcp/servers-qotd.js';
import { ThrottlingFactory } from '../../docs/examples/twisted-tcp/shaper.js';
import { main as simpleclient } from '../../docs/examples/twisted-tcp/simpleclient.js';
import { main as simpleserv } from '../../docs/examples/twisted-tcp/simpleserv.js';
import { main as streaming, Producer, ServeRandom } from '../../docs/examples/twisted-tcp/streaming.js';
import { ConnectionRefusedError, Factory } from '../../index.js';
import { simulation, StringTransport } from '../../testing.js';
import { withReactor } from './fixtures.js';
import { host, refusingPort, serving, visit, Visitor } from './tcp-fixtures.js';

describe('TCP examples ported from Twisted', () => {
  afterEach(() => sinon.restore());

  const APPLE = 'An apple a day keeps the doctor away\r\n';

  for (const [name, main] of Object.entries({ echoserv, simpleserv, 'servers-echo': servEcho })) {
    it(`${name} sends back what it receives`, () =>
      withReactor((reactor) =>
        serving(reactor, main, async (port) => {
          const visitor = await visit(reactor, port);
          visitor.says('one, ');
          await visitor.hears('one, ');
          visitor.says('two');
          await visitor.hears('two');
        }),
      ));
  }

  it('simpleclient is answered by simpleserv, tells so and ends', () =>
    withReactor(async (server) => {
      const log = sinon.stub(console, 'log');
      await serving(server, simpleserv, (port) => withReactor((reactor) => simpleclient(reactor, port)));
      expect(log.args).to.deep.equal([
        ['Server said:', 'hello, world!'],
        ['connection lost'],
        ['Connection lost - goodbye!'],
      ]);
    }));

  it('simpleclient ends where nobody listens', () =>
    withReactor(async (reactor) => {
      const log = sinon.stub(console, 'log');
      await simpleclient(reactor, await refusingPort(reactor));
      expect(log.args).to.have.length(1);
      expect(log.args[0]).to.satisfy(([text, why]: string[]) =>
        [text, why].join().startsWith('Connection failed - goodbye!,Connection refused by 127.0.0.1'),
      );
    }));

  it('streaming sends as many numbers as are wanted, then closes', () =>
    withReactor((reactor) =>
      serving(reactor, streaming, async (port) => {
        const log = sinon.stub(console, 'log');
        const visitor = await visit(reactor, port);
        await visitor.hears('How many random integers do you want?\r\n');
        visitor.says('10');
        visitor.says('0\r\n');
        await visitor.lost;
        const numbers = visitor.heard.split('\r\n');
        expect(numbers.pop()).to.equal('');
        expect(numbers).to.have.length(100);
        expect(numbers.filter((number) => !/^\d{1,4}$/.test(number))).to.deep.equal([]);
        expect(log.args).to.deep.equal([['Connection lost from %s', '127.0.0.1']]);
      }),
    ));

  it('streaming closes when it is told no number', () =>
    withReactor((reactor) =>
      serving(reactor, streaming, async (port) => {
        sinon.stub(console, 'log');
        const visitor = await visit(reactor, port);
        visitor.says('some\r\n');
        await visitor.hears('How many random integers do you want?\r\nThat is no number.\r\n');
        expect(await visitor.end()).to.equal('ConnectionDone');
      }),
    ));

  it('streaming waits while the client does not read', () => {
    sinon.stub(console, 'log');
    const transport = new StringTransport();
    transport.congest();
    const producer = new Producer(transport, 40_000);
    transport.registerProducer(producer, true);
    producer.resumeProducing();
    expect(producer.produced).to.be.within(10_000, 30_000);
    transport.drain();
    transport.clock.advance(0);
    expect(producer.produced).to.equal(40_000);
    expect(transport.disconnecting).to.equal(true);
  });

  it('streaming stops producing when the client goes', () => {
    sinon.stub(console, 'log');
    const transport = new StringTransport();
    void new ServeRandom().makeConnection(transport);
    transport.congest();
    transport.deliver('40000\n');
    transport.disconnect();
    const length = transport.value().length;
    transport.drain();
    expect(transport.value()).to.have.length(length);
  });

  it(
    'shaper hears a client at its rate, and says all in the end',
    simulation(async (network) => {
      const server = network.host('server').reactor;
      const client = network.host('client').reactor;
      server.listenTCP(8000, new ThrottlingFactory(Factory.forProtocol(Echo), 100));
      const visitor = new Visitor();
      client.connectTCP('server', 8000, () => visitor);
      await network.advanceAsync(1);
      visitor.says('x'.repeat(500));
      await network.advanceAsync(1);
      visitor.says('y'.repeat(100));
      await network.advanceAsync(3);
      expect(visitor.heard).to.equal('x'.repeat(500));
      await network.advanceAsync(3);
      expect(visitor.heard).to.equal('x'.repeat(500) + 'y'.repeat(100));
    }),
  );

  it(
    'shaper leaves no timer behind when the client goes',
    simulation(async (network) => {
      const server = network.host('server').reactor;
      const port = server.listenTCP(8000, new ThrottlingFactory(Factory.forProtocol(Echo), 1));
      const visitor = new Visitor();
      network.host('client').reactor.connectTCP('server', 8000, () => visitor);
      await network.advanceAsync(1);
      visitor.says('hello');
      await network.advanceAsync(1);
      visitor.transport.abortConnection();
      await network.advanceAsync(1);
      expect(server.openHandles()).to.deep.equal([port]);
    }),
  );

  it('quoters says a quote and hangs up', () =>
    withReactor((reactor) =>
      serving(reactor, quoters, async (port) => {
        const visitor = await visit(reactor, port);
        await visitor.hears(APPLE);
        expect(await visitor.end()).to.equal('ConnectionDone');
      }),
    ));

  it('quoters takes one of a file', () =>
    withReactor(async (reactor) => {
      const folder = mkdtempSync(join(tmpdir(), 'plait-'));
      try {
        const file = join(folder, 'quotes');
        writeFileSync(file, 'to be\n%\nor not\nto be\n');
        const main = (_: unknown, port: number): Promise<void> => quoters(reactor, port, file);
        await serving(reactor, main, async (port) => {
          const visitor = await visit(reactor, port);
          await visitor.lost;
          expect(visitor.heard).to.be.oneOf(['to be\r\n', 'or not\nto be\r\n']);
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    }));

  it('servers-qotd says its quote and hangs up', () =>
    withReactor((reactor) =>
      serving(reactor, servQotd, async (port) => {
        const visitor = await visit(reactor, port);
        await visitor.hears(APPLE);
        expect(await visitor.end()).to.equal('ConnectionDone');
      }),
    ));

  it('servers-counting counts those who are there', () =>
    withReactor((reactor) =>
      serving(reactor, servCounting, async (port) => {
        const welcomed = (count: number): string => `Welcome! There are currently ${count} open connections.\n`;
        const one = await visit(reactor, port);
        await one.hears(welcomed(1));
        const two = await visit(reactor, port);
        await two.hears(welcomed(2));
        one.says('still echoing');
        await one.hears('still echoing');
        two.transport.loseConnection();
        await two.end();
        one.says('.');
        await one.hears('.');
        const three = await visit(reactor, port);
        await three.hears(welcomed(2));
      }),
    ));

  it('clients-echo prints what it is told, until the server hangs up', () =>
    withReactor((reactor) =>
      serving(reactor, servQotd, async (port) => {
        const write = sinon.stub(process.stdout, 'write').returns(true);
        await echoClient(reactor, port);
        const printed = write.args.map(([data]) => String(data)).join('');
        sinon.restore();
        expect(printed).to.equal(APPLE);
      }),
    ));

  it('clients-echo-factory tells of each step', () =>
    withReactor((reactor) =>
      serving(reactor, servQotd, async (port) => {
        const log = sinon.stub(console, 'log');
        await echoClientFactory(reactor, port);
        expect(log.args.map((line) => line.join(' '))).to.deep.equal([
          'Started to connect.',
          'Connected.',
          APPLE,
          'Lost connection.  Reason: The connection was closed cleanly',
        ]);
      }),
    ));

  it('clients-echo-factory tells why it has failed', () =>
    withReactor(async (reactor) => {
      const log = sinon.stub(console, 'log');
      await echoClientFactory(reactor, await refusingPort(reactor));
      expect(log.args.map(([text]) => String(text))).to.deep.equal([
        'Started to connect.',
        'Connection failed. Reason:',
      ]);
    }));

  it('clients-welcome greets and hangs up', () =>
    withReactor(async (reactor) => {
      const { visitor, port } = await host(reactor);
      const done = welcome(reactor, port);
      await visitor.hears('Hello server, I am the client!\r\n');
      expect(await visitor.end()).to.equal('ConnectionDone');
      await done;
    }));

  it('clients-welcome fails where nobody listens', () =>
    withReactor(async (reactor) => {
      const failure = await welcome(reactor, await refusingPort(reactor)).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(ConnectionRefusedError);
    }));

  it(
    'clients-reconnecting waits longer each time, and a second again after a success',
    simulation(async (network) => {
      const log = sinon.stub(console, 'log');
      const client = network.host('client').reactor;
      const server = network.host('server');
      const times: number[] = [];
      class Timed extends EchoClientFactory {
        override startedConnecting(): void {
          times.push(Math.floor(client.seconds()));
        }
      }
      client.connectTCP('server', 8000, new Timed(client));
      await network.advanceAsync(10);
      expect(times).to.deep.equal([0, 1, 3, 7]);
      const visitor = new Visitor();
      const port = server.reactor.listenTCP(8000, () => visitor);
      await network.advanceAsync(10);
      visitor.says('there I am');
      await network.advanceAsync(1);
      visitor.transport.loseConnection();
      void port.stopListening();
      await network.advanceAsync(2.5);
      expect(times).to.deep.equal([0, 1, 3, 7, 15, 22]);
      expect(log.args).to.deep.include(['there I am']);
    }),
  );

  it('finger01 runs until it is stopped', () =>
    withReactor(async (reactor) => {
      const ended = finger01(reactor);
      reactor.callWhenRunning(() => reactor.stop());
      await ended;
      expect(reactor.running).to.equal(false);
    }));

  it('finger02 takes a connection and keeps it', () =>
    withReactor((reactor) =>
      serving(reactor, finger02, async (port) => {
        const visitor = await visit(reactor, port);
        visitor.says('hello?');
        visitor.transport.loseConnection();
        expect(await visitor.end()).to.equal('ConnectionDone');
      }),
    ));

  it('finger03 hangs up', () =>
    withReactor((reactor) =>
      serving(reactor, finger03, async (port) => {
        const visitor = await visit(reactor, port);
        expect(await visitor.end()).to.equal('ConnectionDone');
      }),
    ));
});
