import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  AlreadyConnectedError,
  CancelledError,
  ConnectionAborted,
  ConnectionRefusedError,
  connectProtocol,
  ConnectTimeoutError,
  Deferred,
  HostnameEndpoint,
  NoProtocolError,
  NotSupportedError,
  Protocol,
  Reactor,
  type StreamHandler,
  TCPClientEndpoint,
  TCPServerEndpoint,
  TLSError,
  UNIXClientEndpoint,
  wrapClientTLS,
} from '../../../index.js';
import { failureResultOf, SimulatedNetwork } from '../../../testing.js';
import { CLIENT, SERVER } from '../node/certificates.js';
import { failureOf, Recorder, recorders } from './recorder.js';

const NAMED = { ...CLIENT, servername: 'localhost' };

/** Says hello, and tells of its end. */
class Talker extends Protocol {
  readonly lost: Deferred<Error> = new Deferred();

  override connectionMade(): void {
    this.transport.write('hello');
  }

  override connectionLost(reason: Error): void {
    this.lost.callback(reason);
  }
}

/** Fires when somebody has said hello, and when its connection is gone. */
class Listener extends Recorder {
  readonly heard: Deferred<void> = new Deferred();
  readonly lost: Deferred<Error> = new Deferred();

  override dataReceived(data: Buffer): void {
    super.dataReceived(data);
    if (this.received.length >= 5 && !this.heard.called) this.heard.callback();
  }

  override connectionLost(reason: Error): void {
    super.connectionLost(reason);
    this.lost.callback(reason);
  }
}

describe('wrapClientTLS', () => {
  let reactor: Reactor;
  let errors: Error[];
  let talkers: Talker[];

  beforeEach(() => {
    reactor = new Reactor();
    errors = [];
    talkers = [];
    reactor.on('error', (error) => errors.push(error));
  });

  afterEach(async () => {
    await reactor.close();
    expect(errors).to.deep.equal([]);
    expect(reactor.openHandles()).to.deep.equal([]);
  });

  const talking = (): Talker => {
    const talker = new Talker();
    talkers.push(talker);
    return talker;
  };

  /** A server with or without TLS, and the endpoint of it without. */
  async function serve(factory = talking, tls: object = { tls: SERVER }): Promise<TCPClientEndpoint> {
    const endpoint = new TCPServerEndpoint(reactor, 0, { interface: '127.0.0.1', ...tls });
    const port = (await endpoint.listen(factory)).getHost().port;
    return new TCPClientEndpoint(reactor, '127.0.0.1', port);
  }

  it('fires with the protocol when the peers have agreed, and all that connectionMade writes goes by TLS', async () => {
    const asked = new Deferred<string>();
    const endpoint = await serve(() =>
      Object.assign(talking(), { dataReceived: (data: Buffer) => asked.callback(data.toString()) }),
    );
    class Early extends Listener {
      override connectionMade(): void {
        super.connectionMade();
        this.transport.write('early');
      }
    }
    const early = new Early();
    const protocol = await connectProtocol(wrapClientTLS(NAMED, endpoint), early);
    expect(protocol).to.equal(early);
    expect(protocol.transport.getPeerCertificate()).to.include({ authorized: true });
    expect(await asked).to.equal('early');
    await protocol.heard;
    expect(protocol.told).to.deep.equal(['made', 'data']);
    expect(Object.hasOwn(protocol, 'makeConnection')).to.equal(false);
  });

  it('speaks TLS over a UNIX socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plait-'));
    try {
      const path = join(folder, 'socket');
      const secure = (): Talker => {
        const talker = talking();
        talker.connectionMade = () => void talker.transport.startTLS(SERVER);
        Object.assign(talker, { handshakeCompleted: () => talker.transport.write('hello') });
        return talker;
      };
      await reactor.listenUNIX(path, secure).listening;
      const endpoint = wrapClientTLS(NAMED, new UNIXClientEndpoint(reactor, path));
      const { heard, transport } = await connectProtocol(endpoint, new Listener());
      await heard;
      expect(transport.getPeerCertificate()).to.include({ authorized: true });
      await reactor.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('can be connected to any number of times, and finds out the options for each', async () => {
    const endpoint = await serve();
    let asked = 0;
    const wrapped = wrapClientTLS(() => {
      asked++;
      return Promise.resolve(NAMED);
    }, endpoint);
    for (let i = 0; i < 2; i++) await (await connectProtocol(wrapped, new Listener())).heard;
    expect(asked).to.equal(2);
  });

  it('fails with what finding out the options has thrown', async () => {
    const why = new Error('no such file');
    const endpoint = new TCPClientEndpoint(reactor, '127.0.0.1', 9);
    const failing = wrapClientTLS(() => Promise.reject(why), endpoint);
    expect(await failureOf(failing.connect(recorders()))).to.equal(why);
  });

  it('checks the certificate against servername, and else against the address that was connected to', async () => {
    const endpoint = await serve();
    await (
      await connectProtocol(wrapClientTLS(CLIENT, endpoint), new Listener())
    ).heard;
    const listener = new Listener();
    const other = wrapClientTLS({ ...CLIENT, servername: 'other.plait.test' }, endpoint);
    const failure = await failureOf(connectProtocol(other, listener));
    expect(failure).to.be.instanceOf(TLSError);
    expect(failure.cause).to.include({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(await listener.lost).to.equal(failure);
    await talkers.at(-1)!.lost;
  });

  it('fails where the server does not speak TLS', async () => {
    const endpoint = wrapClientTLS(NAMED, await serve(talking, {}));
    expect(await failureOf(endpoint.connect(recorders()))).to.be.instanceOf(TLSError);
  });

  it('fails as the wrapped endpoint does, and starts and stops the factory once', async () => {
    const listening = await new TCPServerEndpoint(reactor, 0, { interface: '127.0.0.1' }).listen(talking);
    const { port } = listening.getHost();
    await listening.stopListening();
    const factory = recorders();
    const wrapped = wrapClientTLS(NAMED, new HostnameEndpoint(reactor, '127.0.0.1', port));
    expect(await failureOf(wrapped.connect(factory))).to.be.instanceOf(ConnectionRefusedError);
    expect(factory.told).to.deep.equal(['start', 'stop']);
    expect(factory.built).to.deep.equal([]);
  });

  it('fails when the time is over and the server has not agreed', async () => {
    const endpoint = await serve(() => new Talker(), {});
    const silent = await new TCPServerEndpoint(reactor, 0, { interface: '127.0.0.1' }).listen(recorders());
    const { port } = silent.getHost();
    const listener = new Listener();
    const wrapped = wrapClientTLS(NAMED, new TCPClientEndpoint(reactor, '127.0.0.1', port), { timeout: 0.05 });
    const failure = await failureOf(connectProtocol(wrapped, listener));
    expect(failure).to.be.instanceOf(ConnectTimeoutError).and.to.include({ host: '127.0.0.1', port, timeout: 0.05 });
    expect(await listener.lost).to.be.instanceOf(ConnectionAborted);
    expect(() => wrapClientTLS(NAMED, endpoint, { timeout: -1 })).to.throw(RangeError);
  });

  it('gives up when it is cancelled and the server has not agreed', async () => {
    const met = new Deferred<void>();
    const endpoint = await serve(() => {
      met.callback();
      return Object.assign(new Talker(), { connectionMade: () => {} });
    }, {});
    const listener = new Listener();
    const made = new Deferred<void>();
    listener.connectionMade = () => made.callback();
    const controller = new AbortController();
    const connected = connectProtocol(wrapClientTLS(NAMED, endpoint), listener, { signal: controller.signal });
    await Promise.all([met, made]);
    controller.abort(new CancelledError());
    expect(await failureOf(connected)).to.equal(controller.signal.reason);
    expect(await listener.lost).to.be.instanceOf(ConnectionAborted);
  });

  it('gives up when it is cancelled while it is connecting', async () => {
    const endpoint = await serve();
    const factory = recorders();
    const connected = wrapClientTLS(NAMED, endpoint).connect(factory);
    connected.cancel();
    expect(await failureOf(connected)).to.be.instanceOf(CancelledError);
    await (
      await connectProtocol(wrapClientTLS(NAMED, endpoint), new Listener())
    ).heard;
    expect(factory.built).to.deep.equal([]);
  });

  it('fails where the factory builds no protocol', async () => {
    const wrapped = wrapClientTLS(NAMED, await serve());
    for (const source of [() => null, () => undefined as never]) {
      expect(await failureOf(wrapped.connect(source))).to.be.instanceOf(NoProtocolError);
    }
    expect(await failureOf(wrapped.connect(() => 7 as never))).to.be.instanceOf(TypeError);
    expect(await failureOf(wrapped.connect({} as never))).to.be.instanceOf(TypeError);
  });

  it('fails with what connectionMade throws, which ends the connection and is reported as ever', async () => {
    const listener = new Listener();
    listener.connectionMade = () => {
      throw new Error('broken');
    };
    const failure = await failureOf(connectProtocol(wrapClientTLS(NAMED, await serve()), listener));
    expect(failure.message).to.equal('broken');
    expect(await listener.lost).to.equal(failure);
    expect(errors.splice(0)).to.deep.equal([failure]);
  });

  it('fails where the wrapped endpoint speaks TLS itself, and the protocol, which had no connection, loses none', async () => {
    const { transport } = await connectProtocol(await serve(), new Recorder());
    const peer = transport.getPeer();
    const endpoint = new TCPClientEndpoint(reactor, '127.0.0.1', 'port' in peer ? peer.port : 0, { tls: NAMED });
    const recorder = new Recorder();
    const failure = await failureOf(connectProtocol(wrapClientTLS(NAMED, endpoint), recorder));
    expect(failure).to.be.instanceOf(AlreadyConnectedError);
    await reactor.close();
    expect(recorder.told).to.deep.equal([]);
  });

  it('takes a plain object with hooks for a protocol, and fires with that', async () => {
    const heard = new Deferred<string>();
    const agreed = new Deferred<void>();
    const handler: StreamHandler = {
      dataReceived: (data) => heard.callback(data.toString()),
      handshakeCompleted: () => agreed.callback(),
    };
    const wrapped = wrapClientTLS(NAMED, await serve());
    expect(await wrapped.connect(() => handler)).to.equal(handler);
    await agreed;
    expect(await heard).to.equal('hello');
  });

  it('fails on a network without TLS, and the protocol, which had no connection, loses none', () => {
    const network = new SimulatedNetwork();
    const [server, client] = [network.host('server').reactor, network.host('client').reactor];
    server.listenTCP(80, () => new Protocol());
    const recorder = new Recorder();
    const connected = connectProtocol(wrapClientTLS(NAMED, new HostnameEndpoint(client, 'server', 80)), recorder);
    network.advance(1);
    failureResultOf(connected, NotSupportedError);
    expect(recorder.told).to.deep.equal([]);
    expect(client.openHandles()).to.deep.equal([]);
  });
});
