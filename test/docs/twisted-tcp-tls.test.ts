/** The ported TCP programs of Twisted that speak TLS, on loopback. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { main as echoclientSSL } from '../../docs/examples/twisted-tcp/echoclient-ssl.js';
import { main as echoservSSL } from '../../docs/examples/twisted-tcp/echoserv-ssl.js';
import { main as endpointsTLS } from '../../docs/examples/twisted-tcp/endpoints-tls.js';
import { main as clientauthClient } from '../../docs/examples/twisted-tcp/ssl-clientauth-client.js';
import { main as clientauthServer } from '../../docs/examples/twisted-tcp/ssl-clientauth-server.js';
import { main as starttlsClient } from '../../docs/examples/twisted-tcp/starttls-client.js';
import { main as starttlsServer } from '../../docs/examples/twisted-tcp/starttls-server.js';
import { main as alpnClient } from '../../docs/examples/twisted-tcp/tls-alpn-npn-client.js';
import { main as alpnServer } from '../../docs/examples/twisted-tcp/tls-alpn-npn-server.js';
import { type Reactor, TLSError, type TLSOptions } from '../../index.js';
import { withReactor } from './fixtures.js';
import { ROOT, runExample, startExample } from './program.js';
import { serving, visit, Visitor } from './tcp-fixtures.js';

const file = (name: string): string => join(ROOT, 'test/fixtures/tls', `${name}.pem`);
const pem = (name: string): string => readFileSync(file(name), 'utf8');

const TRUSTING: TLSOptions = { ca: pem('root') };
const IDENTITY: TLSOptions = { key: pem('client-key'), cert: pem('client-cert') };

const ECHOED = ['Hello, world!', 'What a fine day it is.', 'Bye-bye!'].map((line) => `receive: ${line}`);

/** A visitor that has begun to speak TLS. */
async function visitSecurely(reactor: Reactor, port: number, tls: TLSOptions): Promise<Visitor> {
  const visitor = new Visitor();
  reactor.connectSSL('localhost', port, () => visitor, tls);
  return visitor.made;
}

describe('TCP examples ported from Twisted, with TLS', () => {
  let log: sinon.SinonStub;

  beforeEach(() => {
    log = sinon.stub(console, 'log');
  });

  afterEach(() => sinon.restore());

  const lines = (): string[] => log.args.map((line) => line.join(' '));

  describe('echoserv-ssl and echoclient-ssl', () => {
    const server = (reactor: Reactor, port: number): Promise<void> => echoservSSL(reactor, port, file('server'));

    it('talk to each other', () =>
      withReactor((reactor) =>
        serving(reactor, server, async (port) => {
          await echoclientSSL(reactor, port, file('root'));
          expect(lines()).to.deep.equal(ECHOED);
        }),
      ));

    it('take port and file from the command line', async () => {
      sinon.restore();
      const program = startExample('twisted-tcp/echoserv-ssl', '0', file('server'));
      try {
        const port = await program.port();
        const client = await runExample('twisted-tcp/echoclient-ssl', String(port), file('root'));
        expect(client.stdout).to.equal(ECHOED.map((line) => `${line}\n`).join(''));
        expect(client.stderr).to.equal('');
        expect(await program.stop()).to.deep.equal({ code: 0, signal: null });
      } finally {
        await program.kill();
      }
    });

    it('the client says nothing to a server that it does not trust', () =>
      withReactor((reactor) =>
        serving(reactor, server, async (port) => {
          const failure = await echoclientSSL(reactor, port, file('client-cert')).catch((error: unknown) => error);
          expect(failure).to.be.instanceOf(TLSError);
          expect(lines()).to.deep.equal([]);
        }),
      ));
  });

  describe('ssl-clientauth-server and ssl-clientauth-client', () => {
    const server = (reactor: Reactor, port: number): Promise<void> =>
      clientauthServer(reactor, port, file('server'), file('client-cert'));

    it('talk to each other, and the server knows to whom', () =>
      withReactor((reactor) =>
        serving(reactor, server, async (port) => {
          await clientauthClient(reactor, port, { ...TRUSTING, ...IDENTITY });
          const [hello, ...others] = lines();
          expect(hello).to.equal('Hello, plait test client');
          expect(others.slice(0, -1)).to.deep.equal(ECHOED);
          expect(others.at(-1)).to.equal('connection lost: The connection was closed cleanly');
        }),
      ));

    it('the server hangs up on who proves nothing', () =>
      withReactor((reactor) =>
        serving(reactor, server, async (port) => {
          await clientauthClient(reactor, port, TRUSTING);
          expect(lines()).to.have.length(1);
          expect(lines()[0]).to.match(/^connection lost: /);
          expect(lines()[0]).not.to.equal('connection lost: The connection was closed cleanly');
        }),
      ));
  });

  describe('starttls-server and starttls-client', () => {
    const server = (reactor: Reactor, port: number): Promise<void> => starttlsServer(reactor, port, file('server'));

    it('go on in TLS', () =>
      withReactor((reactor) =>
        serving(reactor, server, async (port) => {
          await starttlsClient(reactor, port, file('root'));
          expect(lines()).to.deep.equal([
            'received: plain text',
            'received: STARTTLS',
            '-- Switching to TLS',
            'received: READY',
            'received: secure text',
          ]);
        }),
      ));

    it('the server does not listen to what was said ahead in the clear', () =>
      withReactor((reactor) =>
        serving(reactor, server, async (port) => {
          const visitor = await visit(reactor, port, 'localhost');
          visitor.says('STARTTLS\r\nas if it were secure\r\n');
          await visitor.hears('READY\r\n');
          await visitor.transport.startTLS(TRUSTING);
          visitor.says('secure\r\n');
          visitor.transport.loseConnection();
          await visitor.end();
          expect(lines()).to.deep.equal(['received: STARTTLS', '-- Switching to TLS', 'received: secure']);
        }),
      ));
  });

  describe('tls-alpn-npn-server and tls-alpn-npn-client', () => {
    const server = (reactor: Reactor, port: number): Promise<void> => alpnServer(reactor, port, file('server'));

    it('agree on HTTP/2', () =>
      withReactor((reactor) =>
        serving(reactor, server, async (port) => {
          await alpnClient(reactor, 'localhost', port, TRUSTING);
          expect(lines()).to.have.members([
            'Connection made',
            'Next protocol is: h2',
            'Agreed on: h2',
            'It has answered',
          ]);
        }),
      ));

    it('the server sends back what it gets in any other protocol, too', () =>
      withReactor((reactor) =>
        serving(reactor, server, async (port) => {
          const visitor = await visitSecurely(reactor, port, { ...TRUSTING, alpnProtocols: ['http/1.1'] });
          visitor.says('GET / HTTP/1.1\r\n\r\n');
          await visitor.hears('GET / HTTP/1.1\r\n\r\n');
          expect(await visitor.end()).to.equal('ConnectionDone');
          expect(lines()).to.deep.equal(['Connection made', 'Agreed on: http/1.1']);
        }),
      ));
  });

  it('endpoints-tls prints what a web server answers', () =>
    withReactor(async (reactor) => {
      const visitor = new Visitor();
      const tls = { key: pem('server'), cert: pem('server') };
      const { port } = await reactor.listenSSL(0, () => visitor, tls, { interface: '127.0.0.1' }).listening;
      const done = endpointsTLS(reactor, 'localhost', port, TRUSTING);
      await visitor.made;
      await visitor.hears('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      visitor.says('HTTP/1.1 204 No Content\r\n\r\n');
      visitor.transport.loseConnection();
      await done;
      expect(log.args).to.deep.equal([['data: %j', 'HTTP/1.1 204 No Content\r\n\r\n']]);
    }));

  it('endpoints-tls says nothing to a server that is not trusted', () =>
    withReactor((reactor) =>
      serving(
        reactor,
        (_, port) => echoservSSL(reactor, port, file('server')),
        async (port) => {
          const failure = await endpointsTLS(reactor, 'localhost', port, {}).catch((error: unknown) => error);
          expect(failure).to.be.instanceOf(TLSError);
          expect(lines()).to.deep.equal([]);
        },
      ),
    ));
});
