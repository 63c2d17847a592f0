/** The examples of docs/endpoints.md. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { isServed } from '../../docs/examples/endpoints/failures.js';
import { readNews } from '../../docs/examples/endpoints/news.js';
import { Shout } from '../../docs/examples/endpoints/shout.js';
import { secureClient, secureServer, secureThrough } from '../../docs/examples/endpoints/tls.js';
import {
  connectProtocol,
  Deferred,
  DNSLookupError,
  HostnameEndpoint,
  Protocol,
  TCPClientEndpoint,
  TCPServerEndpoint,
} from '../../index.js';
import '../../docs/examples/endpoints/news.test.js';
import { withReactor } from './fixtures.js';
import { ROOT, runExample, startExample } from './program.js';

const PEM = join(ROOT, 'test/fixtures/tls');
const pem = (name: string): string => readFileSync(join(PEM, `${name}.pem`), 'utf8');

describe('examples of the guide to endpoints', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plait-'));
  });

  afterEach(() => {
    sinon.restore();
    rmSync(folder, { recursive: true });
  });

  for (const [what, listen, connect] of [
    ['TCP', 'tcp:0:interface=127.0.0.1', (port: string) => `tcp:127.0.0.1:${port}`],
    ['a UNIX socket', 'unix', (path: string) => path],
  ] as const) {
    it(`server and client: talk by ${what}`, async () => {
      const where = listen === 'unix' ? `unix:${join(folder, 'shout')}` : listen;
      const server = startExample('endpoints/server', where);
      try {
        const [, port = ''] = await server.prints(/^listening on \{ type: '(?:TCP.* port: (\d+)|UNIX.*) \}$/m);
        const client = await runExample('endpoints/client', connect(listen === 'unix' ? where : port));
        expect(client.stdout).to.equal('HELLO\n');
        expect(client.complaints).to.equal('');
        expect(await server.stop()).to.deep.equal({ code: 0, signal: null });
      } finally {
        await server.kill();
      }
    });
  }

  it('failures: tells whether there is a server', () =>
    withReactor(async (reactor) => {
      const port = await new TCPServerEndpoint(reactor, 0, { interface: '127.0.0.1' }).listen(() => new Shout());
      const where = `tcp:127.0.0.1:${port.getHost().port}`;
      expect(await isServed(reactor, where, () => new Protocol())).to.equal(true);
      await port.stopListening();
      expect(await isServed(reactor, where, () => new Protocol())).to.equal(false);
      const unknown = Promise.resolve(isServed(reactor, `tcp:${'x'.repeat(64)}:80`, () => new Protocol()));
      expect(await unknown.catch((error: unknown) => error)).to.be.instanceOf(DNSLookupError);
    }));

  it('tls: the peers trust each other', () =>
    withReactor(async (reactor) => {
      writeFileSync(join(folder, 'key.pem'), pem('server-key'));
      writeFileSync(join(folder, 'cert.pem'), pem('server-cert') + pem('intermediate'));
      const port = await secureServer(reactor, 0, folder).listen(() => new Shout());
      class Asking extends Protocol {
        readonly answer: Deferred<string> = new Deferred();
        override dataReceived(data: Buffer): void {
          this.answer.callback(data.toString());
        }
      }
      const endpoint = secureClient(reactor, 'localhost', port.getHost().port, pem('root'));
      expect(endpoint).to.be.instanceOf(HostnameEndpoint);
      const tunnel = new TCPClientEndpoint(reactor, '127.0.0.1', port.getHost().port);
      for (const [each, protocol] of [
        [endpoint, 'shout'],
        [secureThrough(tunnel, 'localhost', pem('root')), undefined],
      ] as const) {
        const asking = await connectProtocol(each, new Asking());
        expect(asking.transport.negotiatedProtocol).to.equal(protocol);
        asking.transport.write('hello');
        expect(await asking.answer).to.equal('HELLO');
      }
    }));

  it('news: reads until the reactor is stopped', () =>
    withReactor(async (server) =>
      withReactor(async (reactor) => {
        const log = sinon.stub(console, 'log').callsFake(() => reactor.stop());
        const gone = new Deferred<Error>();
        class Newsroom extends Protocol {
          override dataReceived(data: Buffer): void {
            expect(data.toString()).to.equal('I am plait\n');
            this.transport.writeSequence(['welcome\n', 'it rains\n']);
          }
          override connectionLost(reason: Error): void {
            gone.callback(reason);
          }
        }
        const port = await new TCPServerEndpoint(server, 0, { interface: '127.0.0.1' }).listen(() => new Newsroom());
        await readNews(reactor, new HostnameEndpoint(reactor, '127.0.0.1', port.getHost().port));
        expect(log.args).to.deep.equal([['it rains']]);
        expect(await gone).to.include({ name: 'ConnectionDone' });
      }),
    ));
});
