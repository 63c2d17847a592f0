/**
 * Opening a UDP port: what is there when `listenUDP` returns, and what it refuses.
 */
import assert from 'node:assert/strict';
import { CannotListenError, InvalidAddressError, NotConnectedError, NotSupportedError } from '../../lib/errors.js';
import type { DatagramHandler, UDPPort } from '../../lib/interfaces.js';
import { addressOf, Answerer, checkError, misuse, Recorder, type StageTest } from './stage.js';

export function listeningTests(test: StageTest): void {
  test('binds before it returns: getHost() is the address with its real port', ({ here }) => {
    const port = here.reactor.listenUDP(0, {}, { interface: here.address });
    const host = port.getHost();
    assert.deepEqual({ ...host }, { type: 'UDP', family: 'IPv4', host: here.address, port: host.port });
    assert.ok(Number.isInteger(host.port) && host.port >= 1 && host.port <= 65535);
  });

  test('listens on all IPv4 addresses when no interface is given', ({ here }) => {
    assert.equal(here.reactor.listenUDP(0, {}).getHost().host, '0.0.0.0');
    assert.equal(here.reactor.listenUDP(0, {}, { interface: '' }).getHost().host, '0.0.0.0');
  });

  test('hears on all addresses what is sent to one of them', async (stage) => {
    const recorder = new Recorder();
    const { port } = stage.there.reactor.listenUDP(0, recorder).getHost();
    stage.open(stage.here).write('x', { host: stage.there.address, port });
    await stage.until(() => recorder.datagrams.length === 1);
  });

  test('gives port 0 a number of its own each time', ({ here }) => {
    const numbers = Array.from({ length: 20 }, () => here.reactor.listenUDP(0, {}).getHost().port);
    assert.equal(new Set(numbers).size, 20);
  });

  test('has startProtocol run, once, with the transport and its address', (stage) => {
    const seen: unknown[] = [];
    const recorder = new Recorder({
      startProtocol: (protocol) => void seen.push(protocol.transport, { ...protocol.transport.getHost() }),
    });
    const port = stage.open(stage.here, recorder);
    assert.equal(recorder.starts, 1);
    assert.equal(seen[0], port);
    assert.deepEqual(seen[1], { ...port.getHost() });
    assert.equal(recorder.transport, port);
    assert.equal(recorder.connected, true);
  });

  test('has a protocol without a port throw NotConnectedError for its transport', (stage) => {
    const recorder = new Recorder();
    assert.equal(recorder.connected, false);
    misuse(() => recorder.transport, NotConnectedError, { code: 'ERR_PLAIT_NOT_CONNECTED' });
    stage.assertQuiet();
  });

  test('is live before run(): a write right after listenUDP arrives', async (stage) => {
    const recorder = new Recorder();
    const to = addressOf(stage.open(stage.there, recorder));
    stage.here.reactor.listenUDP(0, {}, { interface: stage.here.address }).write('x', to);
    await stage.until(() => recorder.datagrams.length === 1);
    assert.equal(stage.here.reactor.running, false);
  });

  test('lets startProtocol write', async (stage) => {
    const recorder = new Recorder();
    const to = addressOf(stage.open(stage.there, recorder));
    stage.open(stage.here, { startProtocol: (transport) => transport.write('first', to) });
    await stage.until(() => recorder.datagrams.length === 1);
    assert.deepEqual(recorder.texts, ['first']);
  });

  test('delivers nothing inside listenUDP', async (stage) => {
    let inside = true;
    const during: string[] = [];
    const recorder = new Recorder({
      startProtocol: ({ transport }) => transport.write('to myself', addressOf(transport)),
      datagramReceived: (data) => void (inside && during.push(data.toString())),
    });
    stage.open(stage.here, recorder);
    inside = false;
    await stage.until(() => recorder.datagrams.length === 1);
    assert.deepEqual(during, []);
  });

  test('takes a plain object with the hooks it needs, and gives them the transport', async (stage) => {
    const calls: string[] = [];
    const port: UDPPort = stage.open(stage.there, {
      startProtocol: (transport) => void calls.push(`start ${transport.getHost().port}`),
      datagramReceived: (data, address, transport) => transport.write(`${data.toString()} back`, address),
      stopProtocol: () => void calls.push('stop'),
    });
    const asker = new Recorder();
    stage.open(stage.here, asker).write('there', addressOf(port));
    await stage.until(() => asker.datagrams.length === 1);
    await stage.result(port.stopListening());
    assert.deepEqual(asker.texts, ['there back']);
    assert.deepEqual(calls, [`start ${port.getHost().port}`, 'stop']);
  });

  test('keeps `this` in the hooks of a plain object', async (stage) => {
    const handler = {
      greeting: 'hello',
      datagramReceived(_data, address, transport) {
        transport.write(this.greeting, address);
      },
    } satisfies DatagramHandler & { greeting: string };
    const asker = new Recorder();
    const port = stage.open(stage.there, handler);
    stage.open(stage.here, asker).write('?', addressOf(port));
    await stage.until(() => asker.datagrams.length === 1);
    assert.deepEqual(asker.texts, ['hello']);
  });

  test('takes an object without any hook', async (stage) => {
    const port = stage.open(stage.there, Object.freeze({}));
    stage.open(stage.here).write('x', addressOf(port));
    await stage.until(() => port.stats.received === 1);
  });

  for (const handler of [null, undefined, 'echo', 7]) {
    test(`refuses ${JSON.stringify(handler)} as a protocol`, ({ here }) => {
      misuse(() => here.reactor.listenUDP(0, handler as never), TypeError);
      assert.deepEqual(here.reactor.openHandles(), []);
    });
  }

  test('refuses a port that is in use: CannotListenError, and the first lives on', async (stage) => {
    const { here, there } = stage;
    const first = stage.open(there, new Answerer());
    const { port } = first.getHost();
    const second = new Recorder();
    const error = misuse(() => there.reactor.listenUDP(port, second, { interface: there.address }), CannotListenError, {
      code: 'ERR_PLAIT_CANNOT_LISTEN',
      interface: there.address,
      port,
    });
    assert.equal((error.cause as { code?: string }).code, 'EADDRINUSE');
    assert.ok(error.message.includes(`${there.address}:${port}`), error.message);
    assert.equal(second.starts, 0);
    assert.equal(second.connected, false);
    assert.deepEqual(there.reactor.openHandles(), [first]);
    const asker = new Recorder();
    stage.open(here, asker).write('still there?', addressOf(first));
    await stage.until(() => asker.datagrams.length === 1);
  });

  test('takes all addresses for one that is in use too, and the other way round', ({ here }) => {
    const one = here.reactor.listenUDP(0, {}, { interface: here.address }).getHost().port;
    misuse(() => here.reactor.listenUDP(one, {}), CannotListenError, { interface: '0.0.0.0', port: one });
    const all = here.reactor.listenUDP(0, {}).getHost().port;
    misuse(() => here.reactor.listenUDP(all, {}, { interface: here.address }), CannotListenError, { port: all });
  });

  test('refuses an address that is not of this host: CannotListenError', ({ here }) => {
    const error = misuse(() => here.reactor.listenUDP(0, {}, { interface: '192.0.2.7' }), CannotListenError, {
      interface: '192.0.2.7',
      port: 0,
    });
    assert.equal((error.cause as { code?: string }).code, 'EADDRNOTAVAIL');
    assert.deepEqual(here.reactor.openHandles(), []);
  });

  for (const name of [
    'localhost',
    'example.org',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '01.2.3.4',
    '[::1]',
    '<broadcast>',
  ]) {
    test(`refuses ${name} as an interface: InvalidAddressError`, ({ here }) => {
      misuse(() => here.reactor.listenUDP(0, {}, { interface: name }), InvalidAddressError, {
        code: 'ERR_PLAIT_INVALID_ADDRESS',
        address: name,
      });
      assert.deepEqual(here.reactor.openHandles(), []);
    });
  }

  for (const port of [-1, 65536, 70000, 1.5, NaN, Infinity, '80', undefined]) {
    test(`refuses port ${typeof port === 'string' ? `'${port}'` : port}: RangeError`, ({ here }) => {
      misuse(() => here.reactor.listenUDP(port as number, {}), RangeError);
      assert.deepEqual(here.reactor.openHandles(), []);
    });
  }

  for (const options of [
    ...[0, -1, 65536, 1.5, NaN].map((maxPacketSize) => ({ maxPacketSize })),
    ...[0, -1, 1.5].map((recvBufferSize) => ({ recvBufferSize })),
    ...[0, -1, 1.5].map((sendBufferSize) => ({ sendBufferSize })),
  ]) {
    const [[name, value]] = Object.entries(options) as [[string, number]];
    test(`refuses ${name} ${value}: RangeError`, ({ here }) => {
      misuse(() => here.reactor.listenUDP(0, {}, options), RangeError);
      assert.deepEqual(here.reactor.openHandles(), []);
    });
  }

  test('takes sizes for the buffers of the system', async (stage) => {
    const recorder = new Recorder();
    const port = stage.open(stage.there, recorder, { recvBufferSize: 65536, sendBufferSize: 65536 });
    stage.open(stage.here).write('x', addressOf(port));
    await stage.until(() => recorder.datagrams.length === 1);
  });

  test('shares a port with reusePort, or throws NotSupportedError: never ignores it', (stage) => {
    const { here } = stage;
    let first: UDPPort;
    try {
      first = stage.open(here, {}, { reusePort: true });
    } catch (error) {
      checkError(error, NotSupportedError, { code: 'ERR_PLAIT_NOT_SUPPORTED', feature: 'reusePort' });
      assert.deepEqual(here.reactor.openHandles(), []);
      return;
    }
    const { host, port } = first.getHost();
    const second = here.reactor.listenUDP(port, {}, { interface: host, reusePort: true });
    assert.equal(second.getHost().port, port);
    misuse(() => here.reactor.listenUDP(port, {}, { interface: host }), CannotListenError);
  });

  test("emits 'listening' with the port, once it is open and its protocol started", (stage) => {
    const { here } = stage;
    const recorder = new Recorder();
    const seen: [port: unknown, starts: number][] = [];
    here.reactor.on('listening', (port) => seen.push([port, recorder.starts]));
    const port = stage.open(here, recorder);
    assert.deepEqual(seen, [[port, 1]]);
    misuse(() => here.reactor.listenUDP(port.getHost().port, {}, { interface: here.address }), CannotListenError);
    assert.equal(seen.length, 1);
  });

  test("emits 'close' with the port, once its number is free again", async (stage) => {
    const { here } = stage;
    const port = stage.open(here);
    const seen: unknown[] = [];
    here.reactor.on('close', (closed) => {
      seen.push(closed);
      if (seen.length === 1) here.reactor.listenUDP(port.getHost().port, {}, { interface: here.address });
    });
    await stage.result(port.stopListening());
    assert.deepEqual(seen, [port]);
    assert.equal(here.reactor.openHandles().length, 1);
  });

  test('lists what is open in openHandles(), until it is closed', async (stage) => {
    const { reactor } = stage.here;
    assert.deepEqual(reactor.openHandles(), []);
    const first = stage.open(stage.here);
    const second = stage.open(stage.here);
    const handles = reactor.openHandles();
    assert.equal(handles.length, 2);
    assert.ok(handles.includes(first) && handles.includes(second));
    const stopped = first.stopListening();
    assert.ok(reactor.openHandles().includes(first), 'a port that is stopping is still open');
    await stage.result(stopped);
    assert.deepEqual(reactor.openHandles(), [second]);
  });

  test('says its number when it is printed', (stage) => {
    const port = stage.open(stage.here, new Answerer());
    assert.ok((port as { toString(): string }).toString().includes(String(port.getHost().port)));
  });

  test('gives its protocol time and randomness', async (stage) => {
    const port = stage.open(stage.here);
    const { reactor } = port;
    const start = reactor.seconds();
    let ran = -1;
    reactor.callLater(0.01, () => void (ran = reactor.seconds()));
    assert.equal(reactor.getDelayedCalls().length, 1);
    await stage.until(() => ran !== -1);
    assert.ok(ran >= start);
    assert.equal(reactor.randomBytes(32).length, 32);
    assert.notDeepEqual(reactor.randomBytes(32), reactor.randomBytes(32));
    const random = reactor.random();
    assert.ok(random >= 0 && random < 1);
  });

  test('serves two reactors on one host side by side', async (stage) => {
    const recorder = new Recorder();
    const other = stage.another().listenUDP(0, recorder, { interface: stage.here.address });
    stage.open(stage.here).write('x', addressOf(other));
    await stage.until(() => recorder.datagrams.length === 1);
  });
}
