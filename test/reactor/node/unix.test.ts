import { chmodSync, existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  CannotListenError,
  ConnectError,
  ConnectionAborted,
  ConnectionDone,
  ConnectionRefusedError,
  type Connector,
  type FactoryLike,
  NotSupportedError,
  type TCPPort,
  UserAbortError,
} from '../../../index.js';
import { SimulatedNetwork } from '../../../testing.js';
import { ClientRecorder, echo, HalfRecorder, once, pattern, Recorder } from '../../../testing/contract/stream-stage.js';
import { CLIENT, SERVER } from './certificates.js';
import { Program } from './program.js';
import { until } from './sockets.js';
import { SecureRecorder, StreamBench } from './stream-bench.js';

describe('UNIX sockets', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plait-unix-'));
    path = join(folder, 'socket');
  });

  const bench = new StreamBench(); // closes what uses the folder, before that goes

  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });

  const listen = (factory: FactoryLike = () => null, at = path): TCPPort => bench.reactor.listenUNIX(at, factory);

  async function pair(
    server: Recorder = new Recorder(),
    client: Recorder = new Recorder(),
  ): Promise<{ server: Recorder; client: Recorder; port: TCPPort; connector: Connector }> {
    const port = listen(once(server));
    await port.listening;
    const connector = bench.reactor.connectUNIX(path, once(client));
    await until(() => server.made && client.made);
    return { server, client, port, connector };
  }

  /** Why it can't listen there. */
  async function refusal(at: string): Promise<CannotListenError> {
    const error: unknown = await listen(undefined, at).listening.then(undefined, (reason: unknown) => reason);
    expect(error).to.be.instanceOf(CannotListenError).and.to.include({ interface: at, port: 0 });
    return error as CannotListenError;
  }

  /** Why there is no connection to be had. */
  async function failure(at: string): Promise<Error> {
    const factory = new ClientRecorder();
    bench.reactor.connectUNIX(at, factory);
    await until(() => factory.stopped);
    expect(factory.log).to.deep.equal(['startFactory', 'startedConnecting', 'clientConnectionFailed', 'stopFactory']);
    return factory.reasons[0]!;
  }

  /** A socket of a program that was killed. */
  async function leaveStale(): Promise<void> {
    const program = new Program(`
      await new Reactor().listenUNIX(${JSON.stringify(path)}, () => null).listening;
      console.log('listening');`);
    await program.written('listening');
    program.signal('SIGKILL');
    await program.end;
    expect(lstatSync(path).isSocket()).to.equal(true);
  }

  it('carry bytes both ways', async () => {
    const { client } = await pair(echo());
    const data = pattern(1_000_000);
    client.transport.write(data);
    await until(() => client.bytes === data.length);
    expect(client.data.equals(data)).to.equal(true);
  });

  it('have the file as address: that of the server, of which its clients have none', async () => {
    const seen: unknown[] = [];
    const [server, client] = [new Recorder(), new Recorder()];
    const port = listen((peer) => {
      seen.push(peer);
      return server;
    });
    expect(await port.listening).to.deep.equal({ type: 'UNIX', path });
    expect(port.getHost()).to.deep.equal({ type: 'UNIX', path });
    const connector = bench.reactor.connectUNIX(path, (peer) => {
      seen.push(peer);
      return client;
    });
    expect(connector.getDestination()).to.deep.equal({ type: 'UNIX', path });
    await until(() => server.made && client.made);
    expect(seen).to.have.deep.members([
      { type: 'UNIX', path: '' },
      { type: 'UNIX', path },
    ]);
    expect(server.transport.getHost()).to.deep.equal({ type: 'UNIX', path });
    expect(server.transport.getPeer()).to.deep.equal({ type: 'UNIX', path: '' });
    expect(client.transport.getHost()).to.deep.equal({ type: 'UNIX', path: '' });
    expect(client.transport.getPeer()).to.deep.equal({ type: 'UNIX', path });
  });

  it('are a socket in the file system as long as the port listens; the connections stay', async () => {
    const { port, client, server } = await pair(echo());
    expect(lstatSync(path).isSocket()).to.equal(true);
    await port.stopListening();
    expect(existsSync(path)).to.equal(false);
    client.transport.write('still there');
    await until(() => client.text === 'still there');
    client.transport.loseConnection();
    await bench.lost(client, server);
  });

  it('leave no file when the reactor closes', async () => {
    await pair();
    await bench.reactor.close();
    expect(existsSync(path)).to.equal(false);
  });

  it('can be listened on again at once', async () => {
    for (let i = 0; i < 3; i++) {
      const port = listen();
      await port.listening;
      await port.stopListening();
    }
  });

  it('close one way, and the other', async () => {
    const [server, client] = [new HalfRecorder(), new HalfRecorder()];
    await pair(server, client);
    client.transport.write('question');
    client.transport.loseWriteConnection();
    await until(() => server.log.includes('readConnectionLost'));
    server.transport.write('answer');
    server.transport.loseConnection();
    await bench.lost(server, client);
    expect([server.text, client.text]).to.deep.equal(['question', 'answer']);
    expect(server.reason).to.be.instanceOf(ConnectionDone);
    expect(client.reason).to.be.instanceOf(ConnectionDone);
  });

  it('have no reset: who aborts has a ConnectionAborted, and the peer an end', async () => {
    const { server, client } = await pair();
    client.transport.abortConnection();
    await bench.lost(server, client);
    expect(client.reason).to.be.instanceOf(ConnectionAborted);
    expect(server.reason).to.be.instanceOf(ConnectionDone);
  });

  it('pause a producer while the peer does not read', async () => {
    const server = new Recorder({ connectionMade: ({ transport }) => transport.pauseProducing() });
    const { client } = await pair(server);
    let paused = false;
    let written = 0;
    const producer = {
      pauseProducing: () => (paused = true),
      resumeProducing: () => (paused = false),
      stopProducing: () => (paused = true),
    };
    client.transport.registerProducer(producer, true);
    while (!paused) {
      client.transport.write(pattern(10_000));
      written += 10_000;
    }
    expect(client.transport.writeQueueSize).to.be.lessThan(100_000);
    server.transport.resumeProducing();
    await until(() => server.bytes === written && !paused);
    client.transport.unregisterProducer();
  });

  it('take the options of TCP for nothing', async () => {
    const { client } = await pair();
    client.transport.setTcpNoDelay(true);
    client.transport.setTcpKeepAlive(true);
    expect([client.transport.getTcpNoDelay(), client.transport.getTcpKeepAlive()]).to.deep.equal([true, true]);
  });

  it('carry TLS', async () => {
    const start = (protocol: Recorder, options: object): void => void protocol.transport.startTLS(options);
    const server = new SecureRecorder({ connectionMade: (protocol) => start(protocol, SERVER) });
    const client = new SecureRecorder({
      connectionMade: (protocol) => start(protocol, { ...CLIENT, servername: 'localhost' }),
    });
    await pair(server, client);
    await until(() => server.agreed && client.agreed);
    client.transport.abortConnection();
    await bench.lost(server, client);
  });

  describe('that can’t be listened on', () => {
    it('because another port has the file: that port goes on', async () => {
      const { port } = await pair();
      expect((await refusal(path)).cause).to.include({ code: 'EADDRINUSE' });
      expect(lstatSync(path).isSocket()).to.equal(true);
      const again = new ClientRecorder();
      bench.reactor.connectUNIX(path, again);
      await until(() => again.stopped);
      expect(again.log).to.include('clientConnectionLost'); // the port has no second protocol to give
      await port.stopListening();
    });

    it('because there is a file of another kind, which stays as it is', async () => {
      writeFileSync(path, 'something of value');
      expect((await refusal(path)).cause).to.include({ code: 'EADDRINUSE' });
      expect(readFileSync(path, 'utf8')).to.equal('something of value');
      expect((await refusal(folder)).cause).to.include({ code: 'EADDRINUSE' });
    });

    it('because a program that was killed has left it, until it is removed', async () => {
      await leaveStale();
      const error = await refusal(path);
      expect(error.cause).to.include({ code: 'EADDRINUSE' });
      expect(error.message).to.include(`listen on ${path}: `);
      rmSync(path);
      await listen().listening;
    });

    it('because there is no such folder', async () => {
      expect((await refusal(join(folder, 'none', 'socket'))).cause)
        .to.have.property('code')
        .that.matches(/^(EACCES|ENOENT)$/); // Node says EACCES for both
    });

    it('because the folder can’t be written to', async () => {
      chmodSync(folder, 0o555);
      await asNobody(async () => {
        expect((await refusal(path)).cause).to.include({ code: 'EACCES' });
      });
    });

    it('because its name is too long', async () => {
      const long = join(folder, 'x'.repeat(108));
      expect((await refusal(long)).cause).to.include({ code: 'ENAMETOOLONG' });
      expect(existsSync(long.slice(0, 107))).to.equal(false);
    });

    it('and leave nothing open when they are stopped meanwhile', async () => {
      const port = listen(undefined, join(folder, 'x'.repeat(108)));
      await port.stopListening();
      const error: unknown = await port.listening.then(undefined, (reason: unknown) => reason);
      expect(error).to.be.instanceOf(CannotListenError);
    });
  });

  describe('that can’t be connected to', () => {
    it('because there is no such file', async () => {
      const error = await failure(path);
      expect(error).to.be.instanceOf(ConnectError).and.to.include({ host: path, port: 0 });
      expect(error.cause).to.include({ code: 'ENOENT' });
      expect(error.message).to.include(`connect to ${path}: `);
    });

    it('because it is a file of another kind', async () => {
      writeFileSync(path, '');
      expect(await failure(path)).to.be.instanceOf(ConnectionRefusedError);
    });

    it('because who listened was killed', async () => {
      await leaveStale();
      expect(await failure(path))
        .to.be.instanceOf(ConnectionRefusedError)
        .and.to.include({ host: path });
    });

    it('because it may not be written to', async () => {
      await listen().listening;
      chmodSync(folder, 0o755);
      chmodSync(path, 0o400);
      await asNobody(async () => {
        const error = await failure(path);
        expect(error).to.be.instanceOf(ConnectError);
        expect(error.cause).to.include({ code: 'EACCES' });
      });
    });

    it('because its name is too long', async () => {
      const error = await failure(join(folder, 'x'.repeat(108)));
      expect(error).to.be.instanceOf(ConnectError);
      expect(error.cause).to.include({ code: 'ENAMETOOLONG' });
    });

    it('because it was given up', async () => {
      await listen().listening;
      const factory = new ClientRecorder();
      bench.reactor.connectUNIX(path, factory).stopConnecting();
      await until(() => factory.stopped);
      expect(factory.reasons[0]).to.be.instanceOf(UserAbortError);
    });
  });

  it('are refused without a path', () => {
    for (const wrong of ['', undefined, 7] as string[]) {
      expect(() => bench.reactor.listenUNIX(wrong, () => null)).to.throw(TypeError);
      expect(() => bench.reactor.connectUNIX(wrong, () => null)).to.throw(TypeError);
    }
  });

  it('are not there on the simulated network', () => {
    const { reactor } = new SimulatedNetwork().host('here');
    expect(() => reactor.listenUNIX(path, () => null))
      .to.throw(NotSupportedError)
      .with.property('feature', 'listenUNIX');
    expect(() => reactor.connectUNIX(path, () => null)).to.throw(NotSupportedError);
    expect(reactor.openHandles()).to.deep.equal([]);
  });

  if (process.platform === 'linux') {
    it('may have a name that is in no file system', async () => {
      const name = `\0${path}`;
      const server = echo();
      const port = listen(once(server), name);
      expect(await port.listening).to.deep.equal({ type: 'UNIX', path: name });
      expect(existsSync(path)).to.equal(false);
      const client = new Recorder();
      bench.reactor.connectUNIX(name, once(client));
      await until(() => client.made);
      expect(client.transport.getPeer()).to.deep.equal({ type: 'UNIX', path: name });
      client.transport.write('x');
      await until(() => client.text === 'x');
      expect((await refusal(name)).cause).to.include({ code: 'EADDRINUSE' });
      await port.stopListening();
      expect(await failure(name)).to.be.instanceOf(ConnectionRefusedError);
    });
  }
});

/** Runs `f` as somebody for whom permissions hold: root may do everything. */
async function asNobody(f: () => Promise<void>): Promise<void> {
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid!(65534);
  try {
    await f();
  } finally {
    if (root) process.seteuid!(0);
  }
}
