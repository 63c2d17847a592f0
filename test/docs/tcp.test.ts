/** The examples of docs/tcp.md: on loopback, and on a simulated network where time matters. */
import { expect } from 'chai';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { listenProxy, PowerServer } from '../../docs/examples/tcp/back-pressure.js';
import { fetchText } from '../../docs/examples/tcp/client.js';
import { listenWhile } from '../../docs/examples/tcp/closing.js';
import { advise, listenSomewhere } from '../../docs/examples/tcp/errors.js';
import { listenForVisitors, Room } from '../../docs/examples/tcp/factories.js';
import { ByteCounter, Sender } from '../../docs/examples/tcp/half-close.js';
import { ImpatientEcho } from '../../docs/examples/tcp/idle.js';
import { explain } from '../../docs/examples/tcp/reasons.js';
import { connectSecretly, listenSecretly, Upgradable, Upgrader } from '../../docs/examples/tcp/tls.js';
import { pair } from '../../docs/examples/tcp/unix.js';
import {
  ConnectionAborted,
  ConnectionDone,
  ConnectionLost,
  ConnectionRefusedError,
  ConnectTimeoutError,
  DNSLookupError,
  TLSError,
} from '../../index.js';
import { Echo } from '../../docs/examples/twisted-tcp/echoserv.js';
import { simulation, StringTransport, successResultOf } from '../../testing.js';
import { withReactor } from './fixtures.js';
import { ROOT, runExample } from './program.js';
import { host, refusingPort, visit, Visitor } from './tcp-fixtures.js';

describe('examples of the TCP guide', () => {
  it('shout: asks, prints the answer and ends', async () => {
    const program = await runExample('tcp/shout');
    expect(program.complaints).to.equal('');
    expect(program.stdout).to.equal('HELLO\n');
    expect(await program.exited).to.deep.equal({ code: 0, signal: null });
  });

  it('factories: a room passes on what one says, and sends all home when it closes', () =>
    withReactor(async (reactor) => {
      const room = reactor.listenTCP(0, new Room(), { interface: '127.0.0.1' });
      const { port } = await room.listening;
      const one = await visit(reactor, port);
      one.says('hello?');
      await one.hears('hello?');
      const two = await visit(reactor, port);
      two.says('hello!');
      await two.hears('hello!');
      await one.hears('hello!');
      one.says('welcome');
      await two.hears('welcome');
      await one.hears('welcome');
      await room.stopListening();
      expect(await one.end()).to.equal('ConnectionDone');
      expect(await two.end()).to.equal('ConnectionDone');
    }));

  it('factories: a function takes those of this machine', () =>
    withReactor(async (reactor) => {
      const { port } = await listenForVisitors(reactor, 0).listening;
      const visitor = await visit(reactor, port);
      await visitor.hears('127.0.0.1');
      expect(await visitor.end()).to.equal('ConnectionDone');
    }));

  it(
    'factories: and no others',
    simulation(async (network) => {
      listenForVisitors(network.host('server').reactor, 80);
      const stranger = new Visitor();
      network.host('client').reactor.connectTCP('server', 80, () => stranger);
      await network.advanceAsync(1);
      expect(stranger.lost.called).to.equal(true);
      expect(stranger.heard).to.equal('');
    }),
  );

  it('client: gets all that the server says', () =>
    withReactor(async (reactor) => {
      const { visitor, port } = await host(reactor);
      const text = fetchText(reactor, '127.0.0.1', port);
      await visitor.made;
      visitor.says('all there ');
      visitor.says('is');
      visitor.transport.loseConnection();
      expect(await text).to.equal('all there is');
    }));

  it('client: fails where nobody listens', () =>
    withReactor(async (reactor) => {
      const refused = await fetchText(reactor, '127.0.0.1', await refusingPort(reactor)).addErrback((error) => error);
      expect(refused).to.be.instanceOf(ConnectionRefusedError);
    }));

  it(
    'client: fails where the connection breaks',
    simulation(async (network) => {
      const visitor = new Visitor();
      network.host('server').reactor.listenTCP(80, () => visitor);
      const broken = fetchText(network.host('client').reactor, 'server', 80).addErrback((error) => error);
      await network.advanceAsync(1);
      visitor.says('not all');
      visitor.transport.abortConnection();
      await network.advanceAsync(1);
      expect(successResultOf(broken)).to.be.instanceOf(ConnectionLost);
    }),
  );

  it('reasons: each is told apart', () => {
    expect(explain(new ConnectionDone())).to.equal('closed in good order, by either end');
    expect(explain(new ConnectionAborted())).to.equal('this end aborted it');
    expect(explain(new ConnectionLost())).to.equal('it broke; the cause tells how');
    expect(explain(new TypeError('x is no y'))).to.equal('a hook has thrown: x is no y');
  });

  it('back-pressure: powers of two come up to the last below 2 to the 64, then the end', () =>
    withReactor(async (reactor) => {
      const { port } = await reactor.listenTCP(0, () => new PowerServer(), { interface: '127.0.0.1' }).listening;
      const visitor = await visit(reactor, port);
      await visitor.lost;
      const lines = visitor.heard.trimEnd().split('\n');
      expect(lines).to.have.length(64);
      expect(lines.at(-1)).to.equal('9223372036854775808');
    }));

  it('back-pressure: a pull producer waits while its last piece has not left', () => {
    const transport = new StringTransport();
    void new PowerServer().makeConnection(transport);
    transport.congest();
    transport.clock.advance(1);
    const before = transport.value().toString();
    transport.clock.advance(1);
    expect(transport.value().toString()).to.equal(before);
    transport.drain();
    expect(transport.value().toString()).to.match(new RegExp(`^${before}\\d+\n$`));
  });

  it('back-pressure: the proxy passes on both ways, and the end', () =>
    withReactor(async (reactor) => {
      const target = await reactor.listenTCP(0, () => new Echo(), { interface: '127.0.0.1' }).listening;
      const { port } = await listenProxy(reactor, 0, target).listening;
      const visitor = await visit(reactor, port);
      const much = 'x'.repeat(300_000);
      visitor.says(much);
      await visitor.hears(much);
      visitor.transport.loseConnection();
      await visitor.end();
    }));

  it('back-pressure: the proxy closes where its target refuses', () =>
    withReactor(async (reactor) => {
      const target = { type: 'TCP', family: 'IPv4', host: '127.0.0.1', port: await refusingPort(reactor) } as const;
      const { port } = await listenProxy(reactor, 0, target).listening;
      const visitor = await visit(reactor, port);
      expect(await visitor.end()).to.equal('ConnectionDone');
    }));

  it(
    'back-pressure: the proxy stops reading from who sends faster than the other side takes',
    simulation(async (network) => {
      const [sender, proxy, slow] = ['sender', 'proxy', 'slow'].map((name) => network.host(name));
      const receiver = new Visitor();
      slow!.reactor.listenTCP(80, () => receiver);
      const target = { type: 'TCP', family: 'IPv4', host: slow!.address, port: 80 } as const;
      listenProxy(proxy!.reactor, 80, target);
      const visitor = new Visitor();
      sender!.reactor.connectTCP('proxy', 80, () => visitor);
      await network.advanceAsync(1);
      receiver.transport.pauseProducing();
      visitor.says('x'.repeat(1_000_000));
      await network.advanceAsync(10);
      expect(visitor.transport.writeQueueSize).to.be.greaterThan(500_000);
      receiver.transport.resumeProducing();
      await network.advanceAsync(60);
      expect(receiver.heard).to.have.length(1_000_000);
    }),
  );

  it(
    'back-pressure: the proxy gives up connecting for who has left',
    simulation(async (network) => {
      const [client, proxy] = ['client', 'proxy'].map((name) => network.host(name).reactor);
      const target = { type: 'TCP', family: 'IPv4', host: '192.0.2.99', port: 80 } as const;
      const port = listenProxy(proxy!, 80, target);
      const visitor = new Visitor();
      client!.connectTCP('proxy', 80, () => visitor);
      await network.advanceAsync(1);
      visitor.transport.abortConnection();
      await network.advanceAsync(1);
      expect(proxy!.openHandles()).to.deep.equal([port]);
    }),
  );

  it('half-close: who has said all still hears the answer', () =>
    withReactor(async (reactor) => {
      const { port } = await reactor.listenTCP(0, () => new ByteCounter(), { interface: '127.0.0.1' }).listening;
      const sender = new Sender();
      reactor.connectTCP('127.0.0.1', port, () => sender);
      expect(await sender.answer).to.equal('11');
    }));

  it('idle: who is silent for half a minute is cut off', () => {
    const transport = new StringTransport();
    void new ImpatientEcho().makeConnection(transport);
    transport.clock.advance(29);
    transport.deliver('still here');
    expect(transport.value().toString()).to.equal('still here');
    transport.clock.advance(29);
    expect(transport.aborted).to.equal(false);
    transport.clock.advance(1);
    expect(transport.aborted).to.equal(true);
  });

  it('idle: nothing is left when the peer goes first', () => {
    const transport = new StringTransport();
    void new ImpatientEcho().makeConnection(transport);
    transport.disconnect();
    expect(transport.clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('tls: a trusted server is heard, another is not', () =>
    withReactor(async (reactor) => {
      const { port } = await listenSecretly(reactor, 0, KEY, CERT).listening;
      expect(await connectSecretly(reactor, port, { ca: CERT }).text).to.equal('between you and me');
      const failure = await connectSecretly(reactor, port, {}).text.addErrback((error) => error);
      expect(failure).to.be.instanceOf(TLSError);
    }));

  it('tls: a connection is upgraded when both have said so', () =>
    withReactor(async (reactor) => {
      const server = reactor.listenTCP(0, () => new Upgradable({ key: KEY, cert: CERT }), { interface: '127.0.0.1' });
      const { port } = await server.listening;
      const client = new Upgrader({ ca: CERT, servername: 'localhost' });
      reactor.connectTCP('127.0.0.1', port, () => client);
      expect(await client.heard).to.equal('between you and me');
      expect(client.transport.getPeerCertificate()?.subject).to.deep.equal({ CN: 'localhost' });
      client.transport.loseConnection();
    }));

  it('unix: connects within the machine, and takes the file away at the end', () =>
    withReactor(async (reactor) => {
      const folder = mkdtempSync(join(tmpdir(), 'plait-'));
      try {
        const path = join(folder, 'socket');
        const visitor = new Visitor();
        await pair(reactor, path, () => new Echo(), visitor);
        await visitor.made;
        visitor.says('hello');
        await visitor.hears('hello');
        expect(visitor.transport.getPeer()).to.deep.equal({ type: 'UNIX', path });
        await reactor.close();
        expect(existsSync(path)).to.equal(false);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }));

  it('errors: a port that is taken is replaced by another', () =>
    withReactor(async (reactor) => {
      const taken = await listenSomewhere(reactor, 0, () => new Echo());
      const other = await listenSomewhere(reactor, taken.getHost().port, () => new Echo());
      expect(other.getHost().port).not.to.equal(taken.getHost().port);
    }));

  it('errors: a failed attempt is explained', () => {
    const where = { host: '192.0.2.7', port: 80 };
    expect(advise(new ConnectionRefusedError(where))).to.equal('Nobody listens on port 80 of 192.0.2.7.');
    expect(advise(new ConnectTimeoutError(where, 30))).to.equal('192.0.2.7 does not answer. Is it on?');
    expect(advise(new DNSLookupError('nowhere.example', 'no such name'))).to.equal('There is no host nowhere.example.');
    expect(advise(new Error('something else'))).to.equal('something else');
  });

  it('closing: the port is gone after the block, the connection is not', () =>
    withReactor(async (reactor) => {
      let visitor: Visitor | undefined;
      let port = 0;
      await listenWhile(
        reactor,
        () => new Echo(),
        async (number) => {
          port = number;
          visitor = await visit(reactor, port);
          visitor.says('in');
          await visitor.hears('in');
        },
      );
      visitor!.says('out');
      await visitor!.hears('out');
      const refused = await fetchText(reactor, '127.0.0.1', port).addErrback((error) => error);
      expect(refused).to.be.instanceOf(ConnectionRefusedError);
    }));
});

/** A key for tests, which is public, and its certificate for localhost, signed by itself. */
const KEY = readFileSync(join(ROOT, 'test/docs/tls-key.pem'), 'utf8');
const CERT = readFileSync(join(ROOT, 'test/docs/tls-cert.pem'), 'utf8');
