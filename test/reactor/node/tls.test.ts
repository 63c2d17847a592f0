import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  AlreadyConnectedError,
  ConnectionDone,
  type PeerCertificate,
  type StreamTransport,
  TLSError,
  type TLSOptions,
} from '../../../index.js';
import { Recorder } from '../../../testing/contract/stream-stage.js';
import { CLIENT, IDENTITY, pem, SERVER } from './certificates.js';
import { until } from './sockets.js';
import { type SecureHooks, SecureRecorder, StreamBench } from './stream-bench.js';

describe('TLS', () => {
  const bench = new StreamBench();

  /** A connection in TLS on which both ends have agreed. */
  async function agree(
    serverTLS: TLSOptions = {},
    clientTLS: TLSOptions = {},
    hooks: SecureHooks = {},
  ): Promise<{ server: SecureRecorder; client: SecureRecorder }> {
    const server = new SecureRecorder();
    const client = new SecureRecorder(hooks);
    const port = await bench.listen(() => server, { ...SERVER, ...serverTLS });
    bench.connect(port, () => client, { ...CLIENT, ...clientTLS });
    await until(() => server.agreed && client.agreed);
    return { server, client };
  }

  describe('from the first byte', () => {
    it('carries bytes both ways, and shows none of them to who listens on the way', async () => {
      const seen: Buffer[] = [];
      const server = new SecureRecorder({ dataReceived: (_data, { transport }) => transport.write('a public answer') });
      const client = new SecureRecorder();
      const port = await bench.relay(await bench.listen(() => server, SERVER), (data) => {
        seen.push(data);
        return data;
      });
      bench.connect(port, () => client, CLIENT);
      await until(() => client.made);
      client.transport.write('a private question');
      await until(() => client.text === 'a public answer');
      expect(server.text).to.equal('a private question');
      expect(Buffer.concat(seen).toString('latin1')).to.not.match(/public|private/);
    });

    it('tells of the connection, then that the peers have agreed, then of what arrives', async () => {
      const { server, client } = await agree();
      client.transport.write('x');
      await until(() => server.bytes > 0);
      client.transport.loseConnection();
      await bench.lost(server, client);
      expect(server.log).to.deep.equal(['connectionMade', 'handshakeCompleted', 'dataReceived', 'connectionLost']);
      expect(client.log).to.deep.equal(['connectionMade', 'handshakeCompleted', 'connectionLost']);
      expect(server.reason).to.be.instanceOf(ConnectionDone);
      expect(client.reason).to.be.instanceOf(ConnectionDone);
    });

    it('keeps what is written before the peers have agreed until they have', async () => {
      let queued = 0;
      const { server } = await agree(
        {},
        {},
        {
          connectionMade({ transport }) {
            transport.write('early, ');
            transport.writeSequence(['still ', 'early']);
            queued = transport.writeQueueSize;
          },
          handshakeCompleted: ({ transport }) => transport.write(', late'),
        },
      );
      await until(() => server.text === 'early, still early, late');
      expect(queued).to.equal('early, still early'.length);
    });

    it('takes keys and certificates as bytes, too', async () => {
      const bytes = (text: TLSOptions['key']): Uint8Array => new TextEncoder().encode(text as string);
      await agree({ key: bytes(SERVER.key), cert: bytes(SERVER.cert) }, { ca: [bytes(pem('root'))] });
    });

    it('refuses startTLS', async () => {
      const { server, client } = await agree();
      for (const { transport } of [server, client]) {
        expect(() => transport.startTLS()).to.throw(AlreadyConnectedError);
      }
    });

    it('is begun, too, for a connection that is closed before it has a protocol: that writes nothing in the clear', async () => {
      const seen: Buffer[] = [];
      const port = await bench.bareServer((socket) => socket.on('data', (data) => seen.push(data)));
      const client = new Recorder({ connectionMade: ({ transport }) => transport.write('a secret') });
      const connector = bench.reactor.connectSSL('127.0.0.1', port, () => {
        connector.disconnect();
        return client;
      });
      await until(() => seen.length > 0);
      client.transport.abortConnection();
      await bench.lost(client);
      expect(Buffer.concat(seen).toString('latin1')).to.not.include('secret');
    });
  });

  describe('from some later byte on', () => {
    /** Speaks plainly, and TLS from when one says "go" and the other "gone". */
    async function upgrade(
      serverTLS: TLSOptions,
      clientTLS: TLSOptions,
      tap?: (data: Buffer) => Buffer,
    ): Promise<{ server: SecureRecorder; client: SecureRecorder; fired: string[] }> {
      const fired: string[] = [];
      const start = ({ transport }: Recorder, who: string, options: TLSOptions): void =>
        void transport.startTLS(options).addCallback(() => fired.push(who));
      const server = new SecureRecorder({
        dataReceived(data, protocol) {
          if (data.toString() !== 'go') return;
          protocol.transport.write('gone');
          start(protocol, 'server', serverTLS);
        },
      });
      const client = new SecureRecorder({
        connectionMade: ({ transport }) => transport.write('go'),
        dataReceived(data, protocol) {
          if (data.toString() === 'gone') start(protocol, 'client', clientTLS);
        },
      });
      const port = await bench.listen(() => server);
      bench.connect(await bench.relay(port, tap), () => client);
      await until(() => server.agreed && client.agreed);
      return { server, client, fired };
    }

    it('goes on in TLS at both ends, with what was written before it still in the clear', async () => {
      const seen: Buffer[] = [];
      const { server, client, fired } = await upgrade(SERVER, { ...CLIENT, servername: 'localhost' }, (data) => {
        seen.push(data);
        return data;
      });
      client.transport.write('secret there');
      server.transport.write('secret back');
      await until(() => server.text === 'gosecret there' && client.text === 'gonesecret back');
      expect(fired).to.have.members(['server', 'client']);
      expect(Buffer.concat(seen).toString('latin1'))
        .to.match(/^go/)
        .and.not.match(/secret/);
      expect(server.log).to.deep.equal(['connectionMade', 'dataReceived', 'handshakeCompleted', 'dataReceived']);
    });

    it('checks the certificate against the host that was connected to', async () => {
      const { client } = await upgrade(SERVER, CLIENT);
      expect(client.transport.getPeerCertificate()).to.include({ authorized: true });
    });

    it('may be answered by the end that has connected', async () => {
      const server = new SecureRecorder({
        dataReceived: (_data, { transport }) =>
          void transport.startTLS({ ...CLIENT, isServer: false, servername: 'localhost' }),
      });
      const client = new SecureRecorder({
        connectionMade({ transport }) {
          transport.write('go'); // in the clear, and before the other end can begin
          void transport.startTLS({ ...SERVER, isServer: true });
        },
      });
      bench.connect(await bench.listen(() => server), () => client);
      await until(() => server.agreed && client.agreed);
      expect(server.text).to.equal('go');
      expect(server.transport.getPeerCertificate()).to.include({ authorized: true });
      expect(client.transport.getPeerCertificate()).to.equal(undefined);
    });

    it('is refused while it is begun already', async () => {
      const { client } = await upgrade(SERVER, { ...CLIENT, servername: 'localhost' });
      expect(() => client.transport.startTLS(CLIENT)).to.throw(AlreadyConnectedError);
    });
  });

  describe('application protocols', () => {
    const negotiated = (...ends: { transport: StreamTransport }[]): (string | undefined)[] =>
      ends.map(({ transport }) => transport.negotiatedProtocol);

    it('are agreed on: the first of the server that the client has, too', async () => {
      const { server, client } = await agree(
        { alpnProtocols: ['h2', 'echo/2', 'echo/1'] },
        { alpnProtocols: ['echo/1', 'echo/2'] },
      );
      expect(negotiated(server, client)).to.deep.equal(['echo/2', 'echo/2']);
    });

    for (const [who, ...options] of [
      ['nobody', {}, {}],
      ['only the client', {}, { alpnProtocols: ['echo/1'] }],
      ['only the server', { alpnProtocols: ['echo/1'] }, {}],
    ] as const) {
      it(`are not agreed on where ${who} names one`, async () => {
        const { server, client } = await agree(...(options as unknown as [TLSOptions, TLSOptions]));
        expect(negotiated(server, client)).to.deep.equal([undefined, undefined]);
      });
    }

    it('that have nothing in common end the connection with a TLSError at both ends', async () => {
      const [server, client] = [new SecureRecorder(), new SecureRecorder()];
      const port = await bench.listen(() => server, { ...SERVER, alpnProtocols: ['echo/1'] });
      bench.connect(port, () => client, { ...CLIENT, alpnProtocols: ['echo/2'] });
      await bench.lost(server, client);
      expect(server.reason).to.be.instanceOf(TLSError);
      expect(client.reason).to.be.instanceOf(TLSError);
      expect(server.log.concat(client.log)).to.not.include('handshakeCompleted');
    });
  });

  describe('certificates', () => {
    const certificateAt = ({ transport }: Recorder): PeerCertificate => transport.getPeerCertificate()!;

    it('tell the client whom it talks to', async () => {
      const { server, client } = await agree();
      const certificate = certificateAt(client);
      expect(certificate.authorized).to.equal(true);
      expect(certificate.subject).to.deep.equal({ CN: 'plait test server' });
      expect(certificate.issuer).to.deep.equal({ CN: 'plait test intermediate' });
      expect(certificate.subjectAltName).to.equal(
        'DNS:localhost, DNS:www.plait.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
      );
      expect(certificate.fingerprint256).to.match(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
      expect(Buffer.from(pem('server-cert').replace(/-.*-|\s/g, ''), 'base64').equals(certificate.raw)).to.equal(true);
      expect(Object.isFrozen(certificate)).to.equal(true);
      expect(server.transport.getPeerCertificate()).to.equal(undefined);
    });

    it('are not there before the peers have agreed', async () => {
      let early: unknown = 'not asked';
      await agree({}, {}, { connectionMade: ({ transport }) => void (early = transport.getPeerCertificate()) });
      expect(early).to.equal(undefined);
    });

    it('that nobody trusts may be taken all the same, and are told to be so', async () => {
      const { client } = await agree({}, { ca: pem('client-cert'), rejectUnauthorized: false });
      expect(certificateAt(client)).to.include({ authorized: false }).and.have.nested.property('subject.CN');
    });

    it('are for the name that is asked for, whatever was connected to', async () => {
      await agree({}, { servername: 'www.plait.test' });
      await agree({}, { servername: '127.0.0.1' });
      await agree({}, { servername: '::1' });
      await agree({}, { servername: '0:0:0:0:0:0:0:1' });
    });

    it('of a client are asked for where the server says so', async () => {
      const { server } = await agree({ requestCert: true, ca: pem('client-cert') }, IDENTITY);
      expect(certificateAt(server)).to.include({ authorized: true });
      expect(certificateAt(server).subject).to.deep.equal({ CN: 'plait test client' });
    });

    it('of a client may be missing, or not be trusted, where the server does not refuse it', async () => {
      const without = await agree({ requestCert: true });
      expect(without.server.transport.getPeerCertificate()).to.equal(undefined);
      const unknown = await agree({ requestCert: true }, IDENTITY);
      expect(certificateAt(unknown.server)).to.include({ authorized: false });
    });

    for (const [what, identity] of [
      ['that shows none', {}],
      ['whose certificate is not trusted', IDENTITY],
    ] as const) {
      it(`end the connection with a client ${what} where the server must have one`, async () => {
        const [server, client] = [new SecureRecorder(), new SecureRecorder()];
        const demanding = { ...SERVER, requestCert: true, rejectUnauthorized: true, ca: pem('root') };
        const port = await bench.listen(() => server, demanding);
        bench.connect(port, () => client, { ...CLIENT, ...identity });
        await bench.lost(server, client);
        expect(server.reason).to.be.instanceOf(TLSError);
        expect(server.log).to.deep.equal(['connectionMade', 'connectionLost']);
        // TLS 1.3: the client has agreed when it shows its certificate. It is not told what is wrong with it.
        expect(client.log).to.deep.equal(['connectionMade', 'handshakeCompleted', 'connectionLost']);
      });
    }
  });
});
