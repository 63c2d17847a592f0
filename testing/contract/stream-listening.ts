/**
 * Ports that take connections: opening them, what can be wrong with that, and what factories make for them.
 */
import assert from 'node:assert/strict';
import type { InternetAddress } from '../../lib/address.js';
import { CancelledError } from '../../lib/deferred/errors.js';
import { CannotListenError, InvalidAddressError, NotConnectedError } from '../../lib/errors.js';
import type { FactoryLike, StreamHandler, StreamTransport } from '../../lib/stream.js';
import { ConnectionDone } from '../../lib/stream-errors.js';
import { Factory, Protocol } from '../../lib/stream-protocol.js';
import { checkError, misuse } from './stage.js';
import { checkReason, ClientRecorder, echo, Recorder, type StreamTest } from './stream-stage.js';

export function listeningTests(test: StreamTest): void {
  test('fires `listening` with the address, in a later turn', async (stage) => {
    const { reactor, address } = stage.there;
    const port = reactor.listenTCP(0, () => null, { interface: address });
    assert.equal(port.listening.called, false);
    misuse(() => port.getHost(), NotConnectedError, { code: 'ERR_PLAIT_NOT_CONNECTED' });
    const bound = await stage.result(port.listening);
    assert.deepEqual({ ...bound, port: 0 }, { type: 'TCP', family: 'IPv4', host: address, port: 0 });
    assert.ok(bound.port > 0);
    assert.deepEqual(port.getHost(), bound);
  });

  test("tells the reactor: 'listening' when it listens, 'close' when it is closed", async (stage) => {
    const { reactor, address } = stage.there;
    const seen: string[] = [];
    const port = reactor.listenTCP(0, () => null, { interface: address });
    reactor.on('listening', (which) => void seen.push(`listening ${which === port} ${port.getHost().port > 0}`));
    reactor.on('close', (which) => void seen.push(`close ${which === port}`));
    await stage.result(port.listening);
    assert.deepEqual(reactor.openHandles(), [port]);
    assert.deepEqual(seen, ['listening true true']);
    await stage.result(port.stopListening());
    assert.deepEqual(reactor.openHandles(), []);
    assert.deepEqual(seen, ['listening true true', 'close true']);
  });

  test('listens on every address of the host when no interface is given', async (stage) => {
    const port = stage.there.reactor.listenTCP(0, () => echo());
    const bound = await stage.result(port.listening);
    assert.deepEqual({ ...bound, port: 0 }, { type: 'TCP', family: 'IPv4', host: '0.0.0.0', port: 0 });
    const client = new Recorder({ connectionMade: ({ transport }) => transport.write('hello') });
    stage.connect({ host: stage.there.address, port: bound.port }, () => client);
    await stage.until(() => client.text === 'hello');
  });

  test('listens on the port that was asked for', async (stage) => {
    const { reactor, address } = stage.there;
    const { port } = await stage.refusing();
    const bound = await stage.result(reactor.listenTCP(port, () => null, { interface: address }).listening);
    assert.equal(bound.port, port);
  });

  test('fails with a CannotListenError when the port is taken; the factory is started and stopped', async (stage) => {
    const { reactor } = stage.there;
    const { address } = await stage.listen(stage.there, () => null);
    const seen: string[] = [];
    reactor.on('listening', () => void seen.push('listening'));
    reactor.on('close', () => void seen.push('close'));
    const factory = new ClientRecorder();
    const port = reactor.listenTCP(address.port, factory, { interface: address.host });
    const facts = { code: 'ERR_PLAIT_CANNOT_LISTEN', interface: address.host, port: address.port };
    const error = await stage.failure(port.listening, CannotListenError, facts);
    assert.equal((error.cause as { code?: string }).code, 'EADDRINUSE');
    await stage.turns();
    assert.deepEqual(factory.log, ['startFactory', 'stopFactory']);
    assert.deepEqual(seen, []);
    assert.equal(reactor.openHandles().length, 1);
    misuse(() => port.getHost(), NotConnectedError);
    await stage.result(port.stopListening());
    assert.deepEqual(factory.log, ['startFactory', 'stopFactory']);
  });

  test('fails with a CannotListenError where the address is not of this host', async (stage) => {
    const port = stage.there.reactor.listenTCP(0, () => null, { interface: '192.0.2.1' });
    const error = await stage.failure(port.listening, CannotListenError, { interface: '192.0.2.1', port: 0 });
    assert.equal((error.cause as { code?: string }).code, 'EADDRNOTAVAIL');
  });

  test('reports once that it can not listen, where nobody waits for `listening`', async (stage) => {
    const { reactor } = stage.there;
    const { address } = await stage.listen(stage.there, () => null);
    const port = reactor.listenTCP(address.port, () => null, { interface: address.host });
    const [reported] = await stage.reports(1);
    checkError(reported!.error, CannotListenError, { port: address.port });
    assert.equal(reported!.origin.hook, 'deferred');
    assert.equal(reported!.origin.source, port.listening);
  });

  test('refuses wrong arguments at once, and opens nothing', async (stage) => {
    const { reactor, address } = stage.there;
    const factory = new ClientRecorder();
    const at = { interface: address };
    for (const port of [-1, 65536, 1.5, Number.NaN, '80' as never]) {
      misuse(() => reactor.listenTCP(port, factory, at), RangeError);
    }
    for (const host of ['localhost', '1.2.3', '127.0.0.1 ', '<broadcast>']) {
      misuse(() => reactor.listenTCP(0, factory, { interface: host }), InvalidAddressError, { address: host });
    }
    for (const backlog of [0, -1, 1.5, Number.NaN]) {
      misuse(() => reactor.listenTCP(0, factory, { ...at, backlog }), RangeError);
    }
    for (const none of [undefined, null, 7, 'factory', {}, { protocol: Protocol }]) {
      misuse(() => reactor.listenTCP(0, none as never, at), TypeError);
    }
    await stage.turns();
    assert.deepEqual(factory.log, []);
    assert.deepEqual(reactor.openHandles(), []);
  });

  test('takes a backlog', async (stage) => {
    const { address } = await stage.listen(stage.there, () => echo(), { backlog: 5 });
    const client = new Recorder({ connectionMade: ({ transport }) => transport.write('x') });
    stage.connect(address, () => client);
    await stage.until(() => client.text === 'x');
  });

  test('rethrows what startFactory throws, and opens nothing', async (stage) => {
    const { reactor, address } = stage.there;
    const { port } = await stage.refusing();
    const error = new Error('in startFactory');
    const factory = new ClientRecorder(undefined, {
      startFactory() {
        throw error;
      },
    });
    assert.throws(
      () => reactor.listenTCP(port, factory, { interface: address }),
      (thrown) => thrown === error,
    );
    assert.deepEqual(reactor.openHandles(), []);
    await stage.result(reactor.listenTCP(port, () => null, { interface: address }).listening);
  });

  test('gives up when `listening` is cancelled', async (stage) => {
    const { reactor, address } = stage.there;
    const factory = new ClientRecorder();
    const port = reactor.listenTCP(0, factory, { interface: address });
    port.listening.cancel();
    await stage.failure(port.listening, CancelledError);
    await stage.result(port.stopListening());
    assert.deepEqual(factory.log, ['startFactory', 'stopFactory']);
  });

  test('asks the factory for each connection, with the address it comes from', async (stage) => {
    const server = new ClientRecorder();
    const { address } = await stage.listen(stage.there, server);
    const clients = [new Recorder(), new Recorder(), new Recorder()];
    for (const client of clients) stage.connect(address, () => client);
    await stage.until(() => clients.every(({ made }) => made) && server.peers.length === 3);
    const froms = clients.map(({ transport }) => (transport.getHost() as InternetAddress).port);
    assert.deepEqual(new Set(server.peers.map(({ port }) => port)), new Set(froms));
    for (const peer of server.peers) {
      assert.deepEqual({ ...peer, port: 0 }, { type: 'TCP', family: 'IPv4', host: stage.here.address, port: 0 });
    }
  });

  test('takes a function as a factory', async (stage) => {
    const server = echo();
    const { address } = await stage.listen(stage.there, (peer) => {
      assert.equal(peer.host, stage.here.address);
      return server;
    });
    const client = new Recorder({ connectionMade: ({ transport }) => transport.write('hello') });
    stage.connect(address, () => client);
    await stage.until(() => client.text === 'hello');
    assert.equal(server.factory, undefined);
  });

  test('takes a Factory with a class as `protocol`, and Factory.forProtocol with arguments', async (stage) => {
    class Greeter extends Protocol {
      readonly words: string[];
      constructor(...words: string[]) {
        super();
        this.words = words;
      }
      override connectionMade(): void {
        this.transport.write(`${this.words.join(' ')} ${this.factory instanceof Factory}`);
        this.transport.loseConnection();
      }
    }
    const plain = new Factory<Greeter>();
    plain.protocol = Greeter;
    const factories: [Factory, string][] = [
      [plain, ' true'],
      [Factory.forProtocol(Greeter, 'good', 'morning'), 'good morning true'],
    ];
    for (const [factory, greeting] of factories) {
      const { address } = await stage.listen(stage.there, factory);
      const client = new Recorder();
      stage.connect(address, () => client);
      await stage.lost(client);
      assert.equal(client.text, greeting);
    }
  });

  for (const [what, nothing] of [
    ['null', () => null],
    ['undefined', () => undefined as never],
    ['null, by a Factory without a protocol', new Factory()],
  ] as [string, FactoryLike][]) {
    test(`closes a connection for which the factory gives ${what}; others are taken`, async (stage) => {
      const { address } = await stage.listen(stage.there, nothing);
      for (let i = 0; i < 2; i++) {
        const client = new Recorder();
        stage.connect(address, () => client);
        await stage.lost(client);
        checkReason(client, ConnectionDone, { code: 'ERR_PLAIT_CONNECTION_DONE' });
      }
    });
  }

  test('reports once what buildProtocol throws, and closes that connection; others are taken', async (stage) => {
    const error = new Error('in buildProtocol');
    let count = 0;
    const factory = new ClientRecorder(() => {
      if (count++ === 0) throw error;
      return echo();
    });
    const { address } = await stage.listen(stage.there, factory);
    const [first, second] = [new Recorder(), new Recorder()];
    stage.connect(address, () => first);
    await stage.lost(first);
    const [reported] = await stage.reports(1);
    assert.equal(reported!.error, error);
    assert.deepEqual(reported!.origin, { hook: 'buildProtocol', source: factory });
    stage.connect(address, () => second);
    await stage.until(() => second.made);
    second.transport.write('x');
    await stage.until(() => second.text === 'x');
  });

  test('reports a TypeError for what is neither a protocol nor null', async (stage) => {
    const { address } = await stage.listen(stage.there, (() => Promise.resolve(null)) as never);
    const client = new Recorder();
    stage.connect(address, () => client);
    await stage.lost(client);
    const [reported] = await stage.reports(1);
    checkError(reported!.error, TypeError);
    assert.equal(reported!.origin.hook, 'buildProtocol');
  });

  test('takes a plain object with the hooks it needs as a protocol, for any number of connections', async (stage) => {
    const log: string[] = [];
    const transports = new Set<StreamTransport>();
    const handler: StreamHandler = {
      connectionMade: (transport) => void transports.add(transport),
      dataReceived(data, transport) {
        log.push(`${data.toString()} ${transports.has(transport)}`);
        transport.write(data);
      },
      connectionLost: (reason, transport) => void log.push(`${reason.name} ${transports.delete(transport)}`),
    };
    const { address } = await stage.listen(stage.there, () => handler);
    const clients = [new Recorder(), new Recorder()];
    for (const client of clients) stage.connect(address, () => client);
    await stage.until(() => clients.every(({ made }) => made) && transports.size === 2);
    clients[0]!.transport.write('a');
    await stage.until(() => clients[0]!.text === 'a');
    clients[1]!.transport.write('b');
    await stage.until(() => clients[1]!.text === 'b');
    for (const { transport } of clients) transport.loseConnection();
    await stage.until(() => transports.size === 0);
    assert.deepEqual(log, ['a true', 'b true', 'ConnectionDone true', 'ConnectionDone true']);
  });

  test('names a plain object as the source of its errors', async (stage) => {
    const error = new Error('in a plain object');
    const handler: StreamHandler = {
      dataReceived() {
        throw error;
      },
    };
    const { address } = await stage.listen(stage.there, () => handler);
    const client = new Recorder({ connectionMade: ({ transport }) => transport.write('x') });
    stage.connect(address, () => client);
    await stage.lost(client);
    const [reported] = await stage.reports(1);
    assert.equal(reported!.error, error);
    assert.deepEqual(reported!.origin, { hook: 'dataReceived', source: handler });
  });

  test('shows its address in its text', async (stage) => {
    const { port, address } = await stage.listen(stage.there, () => null);
    const text = (port as { toString(): string }).toString();
    assert.ok(text.includes(`${address.host}:${address.port}`), text);
  });
}
