import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  CancelledError,
  CannotListenError,
  clientFromString,
  ClientService,
  ConnectError,
  ConnectionRefusedError,
  connectProtocol,
  ConnectTimeoutError,
  Deferred,
  HostnameEndpoint,
  type PeerCertificate,
  Protocol,
  quoteStringArgument,
  Reactor,
  type ResolveOptions,
  serverFromString,
  type StreamTransport,
  succeed,
  TCPClientEndpoint,
  type TCPPort,
  TCPServerEndpoint,
  TLSError,
} from '../../../index.js';
import { failureOf, Recorder, recorders } from './recorder.js';

/** Keys and certificates: see make-certificates.sh there. */
const PEM = fileURLToPath(new URL('../../../../test/fixtures/tls/', import.meta.url));
const pem = (name: string): string => quoteStringArgument(join(PEM, `${name}.pem`));

/** Says hello, echoes, and tells of its end. */
class Talker extends Protocol {
  readonly lost: Deferred<Error> = new Deferred();

  override connectionMade(): void {
    this.transport.write('hello');
  }

  override dataReceived(data: Buffer): void {
    this.transport.write(data);
  }

  override connectionLost(reason: Error): void {
    this.lost.callback(reason);
  }
}

/** Fires when that many bytes have come. */
class Listener extends Recorder {
  readonly lost: Deferred<Error> = new Deferred();
  readonly #heard = new Map<number, Deferred<string>>();

  hear(length: number): Deferred<string> {
    const heard = new Deferred<string>();
    this.#heard.set(length, heard);
    this.dataReceived(Buffer.alloc(0));
    return heard;
  }

  override dataReceived(data: Buffer): void {
    super.dataReceived(data);
    for (const [length, heard] of this.#heard) {
      if (this.received.length >= length && !heard.called) heard.callback(this.received);
    }
  }

  override connectionLost(reason: Error): void {
    super.connectionLost(reason);
    this.lost.callback(reason);
  }
}

describe('endpoints on real sockets', () => {
  let reactor: Reactor;
  let errors: Error[];

  beforeEach(() => {
    reactor = new Reactor();
    errors = [];
    reactor.on('error', (error) => errors.push(error));
  });

  afterEach(async () => {
    await reactor.close();
    expect(errors).to.deep.equal([]);
    expect(reactor.openHandles()).to.deep.equal([]);
  });

  /** Listens; gives the port's number too. */
  async function serve(description: string): Promise<{ port: number; listening: TCPPort; talkers: Talker[] }> {
    const talkers: Talker[] = [];
    const listening = await serverFromString(reactor, description).listen(() => {
      const talker = new Talker();
      talkers.push(talker);
      return talker;
    });
    return { port: listening.getHost().port, listening, talkers };
  }

  const connect = (description: string): Deferred<Listener> =>
    connectProtocol(clientFromString(reactor, description), new Listener());

  /** Connects, and talks both ways. */
  async function talk(description: string): Promise<Listener> {
    const listener = await connect(description);
    await listener.hear(5);
    listener.transport.write(', world');
    expect(await listener.hear(12)).to.equal('hello, world');
    return listener;
  }

  it('tcp: talk to each other', async () => {
    const { port } = await serve('tcp:0:interface=127.0.0.1:backlog=5');
    const { transport } = await talk(`tcp:127.0.0.1:${port}:bindAddress=127.0.0.1`);
    expect(transport.getPeer()).to.deep.equal({ type: 'TCP', family: 'IPv4', host: '127.0.0.1', port });
  });

  it('tcp6: talk to each other', async () => {
    const { port } = await serve('tcp6:0:interface=\\:\\:1');
    const { transport } = await talk(`tcp6:\\:\\:1:${port}`);
    expect(transport.getPeer()).to.deep.equal({ type: 'TCP', family: 'IPv6', host: '::1', port });
  });

  for (const host of ['127.0.0.1', '::1']) {
    it(`a name with two addresses is connected to where it listens: ${host}`, async () => {
      const { port } = await serve(`tcp:0:interface=${quoteStringArgument(host)}`);
      const resolving = {
        seconds: () => reactor.seconds(),
        callLater: reactor.callLater.bind(reactor),
        getDelayedCalls: () => reactor.getDelayedCalls(),
        listenTCP: reactor.listenTCP.bind(reactor),
        connectTCP: reactor.connectTCP.bind(reactor),
        resolveAll: (_name: string, options?: ResolveOptions) => succeed([options?.family === 4 ? '127.0.0.1' : '::1']),
      };
      const { transport } = await connectProtocol(new HostnameEndpoint(resolving, 'www', port), new Listener());
      expect(transport.getPeer()).to.include({ host });
    });
  }

  it('fail where nobody listens', async () => {
    const { port, listening } = await serve('tcp:0:interface=127.0.0.1');
    await listening.stopListening();
    const failure = await failureOf(connect(`tcp:127.0.0.1:${port}`));
    expect(failure).to.be.instanceOf(ConnectionRefusedError).and.to.include({ host: '127.0.0.1', port });
    expect(await failureOf(connect(`tcp:localhost:${port}`))).to.be.instanceOf(ConnectionRefusedError);
  });

  it('fail where the port is taken', async () => {
    const { port } = await serve('tcp:0:interface=127.0.0.1');
    const failure = await failureOf(serve(`tcp:${port}:interface=127.0.0.1`));
    expect(failure).to.be.instanceOf(CannotListenError).and.to.include({ port });
  });

  it('listen no more when they are cancelled', async () => {
    const listening = new TCPServerEndpoint(reactor, 0, { interface: '127.0.0.1' }).listen(recorders());
    listening.cancel();
    expect(await failureOf(listening)).to.be.instanceOf(CancelledError);
  });

  it('connect no more when they are cancelled', async () => {
    const { port } = await serve('tcp:0:interface=127.0.0.1');
    for (const host of ['127.0.0.1', 'localhost']) {
      const factory = recorders();
      const connected = clientFromString(reactor, `tcp:${host}:${port}`).connect(factory);
      connected.cancel();
      expect(await failureOf(connected)).to.be.instanceOf(CancelledError);
      await talk(`tcp:127.0.0.1:${port}`);
      expect(factory.built).to.deep.equal([]);
    }
  });

  describe('unix', () => {
    let folder: string;

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'plait-'));
    });

    afterEach(async () => {
      await reactor.close();
      rmSync(folder, { recursive: true });
    });

    it('talk to each other, whatever the name of the socket is', async () => {
      const path = quoteStringArgument(join(folder, 'a:b=c\\d'));
      await serve(`unix:${path}`);
      const { transport } = await talk(`unix:${path}:timeout=3`);
      expect(transport.getPeer()).to.include({ type: 'UNIX' });
    });

    it('fail where there is no such socket', async () => {
      const path = join(folder, 'none');
      const failure = await failureOf(connect(`unix:path=${path}`));
      expect(failure).to.be.instanceOf(ConnectError).and.to.include({ host: path });
      expect(failure.cause).to.include({ code: 'ENOENT' });
    });

    it('fail where it is taken', async () => {
      const path = join(folder, 'taken');
      await serve(`unix:${path}`);
      expect(await failureOf(serve(`unix:${path}`))).to.be.instanceOf(CannotListenError);
    });
  });

  describe('ssl', () => {
    const chain = `privateKey=${pem('server-key')}:certKey=${pem('server-cert')}:extraCertChain=${pem('intermediate')}`;
    const whole = `privateKey=${pem('server')}`;
    const trusting = `ca=${pem('root')}`;

    for (const [what, keys] of [
      ['key, certificate and chain', chain],
      ['all in one file', whole],
    ] as const) {
      it(`talk to each other: ${what}`, async () => {
        const { port } = await serve(`ssl:0:interface=127.0.0.1:${keys}`);
        const { transport } = await talk(`ssl:127.0.0.1:${port}:${trusting}`);
        const certificate = transport.getPeerCertificate() as PeerCertificate;
        expect(certificate)
          .to.include({ authorized: true })
          .and.to.have.nested.property('subject.CN', 'plait test server');
      });
    }

    it('talk to each other by name, which is what the certificate must be for', async () => {
      const { port } = await serve(`ssl:0:interface=127.0.0.1:${whole}`);
      await talk(`ssl:localhost:${port}:${trusting}`);
      await talk(`ssl:127.0.0.1:${port}:${trusting}:servername=www.plait.test`);
      const failure = await failureOf(connect(`ssl:localhost:${port}:${trusting}:servername=other.plait.test`));
      expect(failure).to.be.instanceOf(TLSError);
      expect(failure.cause).to.include({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    });

    it('fire when the peers have agreed, after connectionMade', async () => {
      const { port } = await serve(`ssl:0:interface=127.0.0.1:${whole}`);
      let transport: StreamTransport | undefined;
      class Early extends Listener {
        override connectionMade(): void {
          transport = this.transport;
          transport.write('early'); // goes by TLS
        }
      }
      const connected = connectProtocol(clientFromString(reactor, `ssl:127.0.0.1:${port}:${trusting}`), new Early());
      let secure: boolean | undefined;
      void connected.addCallback((protocol) => {
        secure = transport!.getPeerCertificate()?.authorized;
        return protocol;
      });
      expect(await (await connected).hear(10)).to.equal('helloearly');
      expect(secure).to.equal(true);
    });

    it('fail where the server is not trusted', async () => {
      const { port, talkers } = await serve(`ssl:0:interface=127.0.0.1:${whole}`);
      const listener = new Listener();
      const failure = await failureOf(connectProtocol(clientFromString(reactor, `ssl:127.0.0.1:${port}`), listener));
      expect(failure).to.be.instanceOf(TLSError);
      expect(failure.cause)
        .to.have.property('code')
        .that.matches(/ISSUER|SELF_SIGNED/);
      expect(await listener.lost).to.equal(failure);
      await talkers[0]!.lost;
    });

    it('fail where the server does not speak TLS', async () => {
      const { port } = await serve('tcp:0:interface=127.0.0.1');
      expect(await failureOf(connect(`ssl:127.0.0.1:${port}:${trusting}`))).to.be.instanceOf(TLSError);
    });

    it('fail when the time is over and the server has not agreed', async () => {
      const server = await new TCPServerEndpoint(reactor, 0, { interface: '127.0.0.1' }).listen(recorders());
      const { port } = server.getHost();
      for (const host of ['127.0.0.1', 'localhost']) {
        const failure = await failureOf(connect(`ssl:${host}:${port}:timeout=0.1`));
        expect(failure).to.be.instanceOf(ConnectTimeoutError).and.to.include({ host, timeout: 0.1 });
      }
    });

    it('give up when they are cancelled and the server has not agreed', async () => {
      const factory = recorders();
      const met = new Deferred<void>();
      factory.buildProtocol = () => {
        met.callback();
        return new Recorder();
      };
      const server = await new TCPServerEndpoint(reactor, 0, { interface: '127.0.0.1' }).listen(factory);
      const listener = new Listener();
      const endpoint = new TCPClientEndpoint(reactor, '127.0.0.1', server.getHost().port, { tls: {} });
      const made = new Deferred<void>();
      listener.connectionMade = () => made.callback();
      const connected = connectProtocol(endpoint, listener);
      await Promise.all([met, made]);
      connected.cancel();
      expect(await failureOf(connected)).to.be.instanceOf(CancelledError);
      expect(await listener.lost).to.include({ name: 'ConnectionAborted' });
    });

    it('let in only clients with a certificate that is trusted', async () => {
      const { port, talkers } = await serve(`ssl:0:interface=127.0.0.1:${whole}:ca=${pem('client-cert')}`);
      const keys = `privateKey=${pem('client-key')}:certKey=${pem('client-cert')}`;
      await talk(`ssl:127.0.0.1:${port}:${trusting}:${keys}`);
      const certificate = talkers[0]!.transport.getPeerCertificate();
      expect(certificate)
        .to.include({ authorized: true })
        .and.to.have.nested.property('subject.CN', 'plait test client');
      // TLS 1.3: such a client may have seen the server agree before it is turned away.
      const listener = new Listener();
      const stranger = connectProtocol(clientFromString(reactor, `ssl:127.0.0.1:${port}:${trusting}`), listener);
      stranger.addErrback(() => undefined);
      await listener.lost;
      expect(await talkers[1]!.lost).to.be.instanceOf(Error);
      expect(listener.received).to.equal('');
    });

    it('agree on a protocol', async () => {
      const { port, talkers } = await serve(`ssl:0:interface=127.0.0.1:${whole}:alpn=one,two`);
      const { transport } = await talk(`ssl:127.0.0.1:${port}:${trusting}:alpn=two,three`);
      expect(transport.negotiatedProtocol).to.equal('two');
      expect(talkers[0]!.transport.negotiatedProtocol).to.equal('two');
    });

    it('find out their options anew each time', async () => {
      const { port } = await serve(`ssl:0:interface=127.0.0.1:${whole}`);
      let asked = 0;
      const endpoint = new TCPClientEndpoint(reactor, '127.0.0.1', port, {
        tls: () => {
          asked++;
          return { rejectUnauthorized: false };
        },
      });
      for (let i = 1; i <= 2; i++) {
        await connectProtocol(endpoint, new Listener());
        expect(asked).to.equal(i);
      }
    });
  });

  it('a client service connects again and again', async () => {
    const { port, talkers } = await serve('tcp:0:interface=127.0.0.1');
    const endpoint = clientFromString(reactor, `tcp:localhost:${port}`);
    const service = new ClientService(endpoint, () => new Listener(), { reactor, retryPolicy: () => 0 });
    service.startService();
    for (let i = 0; i < 3; i++) {
      const listener = await service.whenConnected();
      await listener.hear(5);
      talkers.at(-1)!.transport.abortConnection();
      await listener.lost;
    }
    await service.whenConnected();
    await service.stopService();
    await talkers.at(-1)!.lost;
    expect(talkers).to.have.length(4);
  });
});
