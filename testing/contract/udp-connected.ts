/**
 * Connected ports: one peer, and word of its refusals.
 */
import assert from 'node:assert/strict';
import {
  AddressError,
  AlreadyConnectedError,
  ConnectError,
  InvalidAddressError,
  MessageLengthError,
  NotConnectedError,
} from '../../lib/errors.js';
import type { ContractLimits } from './contract.js';
import { addressOf, Answerer, misuse, Recorder, type StageTest } from './stage.js';

export function connectedTests(test: StageTest, limits: ContractLimits): void {
  test('write without an address, and hear the peer with its address', async (stage) => {
    const asked = new Answerer();
    const asker = new Recorder();
    const to = addressOf(stage.open(stage.there, asked));
    const port = stage.open(stage.here, asker);
    port.connect(to.host, to.port);
    port.write('hello');
    await stage.until(() => asker.datagrams.length === 1);
    assert.deepEqual(asked.datagrams[0]!.address, addressOf(port));
    assert.deepEqual(asker.datagrams[0]!.address, to);
    assert.deepEqual(asker.texts, ['hello']);
  });

  test('can be connected to each other', async (stage) => {
    const [one, two] = [new Recorder(), new Recorder()];
    const first = stage.open(stage.here, one);
    const second = stage.open(stage.there, two);
    first.connect(addressOf(second).host, addressOf(second).port);
    second.connect(addressOf(first).host, addressOf(first).port);
    first.write('to the second');
    second.write('to the first');
    await stage.until(() => one.datagrams.length === 1 && two.datagrams.length === 1);
    assert.deepEqual([...one.texts, ...two.texts], ['to the first', 'to the second']);
  });

  test('can be connected in startProtocol', async (stage) => {
    const asker = new Recorder({
      startProtocol({ transport }) {
        transport.connect(to.host, to.port);
        transport.write('hello');
      },
    });
    const to = addressOf(stage.open(stage.there, new Answerer()));
    stage.open(stage.here, asker);
    await stage.until(() => asker.datagrams.length === 1);
  });

  test('take the address of their peer in write too', async (stage) => {
    const asker = new Recorder();
    const to = addressOf(stage.open(stage.there, new Answerer()));
    const port = stage.open(stage.here, asker);
    port.connect(to.host, to.port);
    port.write('its address', { ...to });
    await stage.until(() => asker.datagrams.length === 1);
    port.write('as it was received', asker.datagrams[0]!.address);
    await stage.until(() => asker.datagrams.length === 2);
  });

  test('refuse to write to another address: AddressError', async (stage) => {
    const stranger = new Recorder();
    const other = addressOf(stage.open(stage.there, stranger));
    const asker = new Recorder();
    const to = addressOf(stage.open(stage.there, new Answerer()));
    const port = stage.open(stage.here, asker);
    port.connect(to.host, to.port);
    misuse(() => port.write('x', other), AddressError, { code: 'ERR_PLAIT_ADDRESS', address: other });
    misuse(() => port.write('x', { host: '192.0.2.7', port: to.port }), AddressError);
    assert.equal(port.stats.sent, 0);
    port.write('to the peer');
    await stage.until(() => asker.datagrams.length === 1);
    assert.deepEqual(asker.texts, ['to the peer']);
    assert.deepEqual(stranger.texts, []);
  });

  test('refuse to answer somebody heard before they were connected', async (stage) => {
    const asker = new Recorder();
    const port = stage.open(stage.here, asker);
    const early = stage.open(stage.there);
    early.write('early', addressOf(port));
    await stage.until(() => asker.datagrams.length === 1);
    const to = addressOf(stage.open(stage.there, new Answerer()));
    port.connect(to.host, to.port);
    misuse(() => port.write('x', asker.datagrams[0]!.address), AddressError);
    port.write('hello');
    await stage.until(() => asker.datagrams.length === 2);
  });

  test('refuse 65508 bytes: MessageLengthError', (stage) => {
    const port = stage.open(stage.here);
    port.connect(stage.there.address, 9);
    misuse(() => port.write(new Uint8Array(65508)), MessageLengthError, { length: 65508, limit: 65507 });
  });

  test('hear their peer only', async (stage) => {
    const recorder = new Recorder();
    const peer = stage.open(stage.there);
    const port = stage.open(stage.here, recorder);
    port.connect(addressOf(peer).host, addressOf(peer).port);
    const strangers = [stage.open(stage.there), stage.open(stage.here)];
    for (const stranger of strangers) stranger.write('from a stranger', addressOf(port));
    await stage.turns();
    peer.write('from the peer', addressOf(port));
    await stage.until(() => recorder.datagrams.length > 0);
    assert.deepEqual(recorder.texts, ['from the peer']);
    assert.equal(port.stats.received, 1);
  });

  test('do not hear what a stranger sent before they were connected', async (stage) => {
    const recorder = new Recorder();
    const port = stage.open(stage.here, recorder);
    const stranger = stage.open(stage.there);
    const peer = stage.open(stage.there);
    for (let i = 0; i < 3; i++) stranger.write('from a stranger', addressOf(port));
    port.connect(addressOf(peer).host, addressOf(peer).port);
    await stage.turns();
    peer.write('from the peer', addressOf(port));
    await stage.until(() => recorder.datagrams.length > 0);
    assert.deepEqual(recorder.texts, ['from the peer']);
  });

  test('do not hear a stranger whom they heard before they were connected', async (stage) => {
    const recorder: Recorder = new Recorder({
      datagramReceived(_data, _address, { transport }) {
        if (recorder.datagrams.length === 1) transport.connect(addressOf(peer).host, addressOf(peer).port);
      },
    });
    const port = stage.open(stage.here, recorder);
    const stranger = stage.open(stage.there);
    const peer = stage.open(stage.there);
    for (let i = 0; i < 3; i++) stranger.write('from a stranger', addressOf(port));
    await stage.until(() => recorder.datagrams.length > 0);
    await stage.turns();
    peer.write('from the peer', addressOf(port));
    await stage.until(() => recorder.texts.includes('from the peer'));
    assert.deepEqual(recorder.texts, ['from a stranger', 'from the peer']);
  });

  test('can have themselves as peer', async (stage) => {
    const recorder = new Recorder();
    const port = stage.open(stage.here, recorder);
    port.connect(addressOf(port).host, addressOf(port).port);
    port.write('to myself');
    await stage.until(() => recorder.datagrams.length === 1);
  });

  if (!limits.noWildcardDestination) {
    test('hear the own host when they are connected to 0.0.0.0', async (stage) => {
      const recorder = new Recorder();
      const { port } = stage.here.reactor.listenUDP(0, new Answerer()).getHost();
      const client = stage.here.reactor.listenUDP(0, recorder);
      client.connect('0.0.0.0', port);
      client.write('hello');
      await stage.until(() => recorder.datagrams.length === 1);
    });
  }

  for (const host of ['localhost', '', '1.2.3', '<broadcast>', '::1']) {
    test(`refuse to connect to ${JSON.stringify(host)}: InvalidAddressError`, (stage) => {
      const port = stage.open(stage.here);
      misuse(() => port.connect(host, 9), InvalidAddressError, { code: 'ERR_PLAIT_INVALID_ADDRESS', address: host });
      port.connect(stage.there.address, 9);
    });
  }

  for (const number of [0, -1, 65536, 1.5, NaN, '80', undefined]) {
    test(`refuse to connect to port ${typeof number === 'string' ? `'${number}'` : number}: RangeError`, (stage) => {
      const port = stage.open(stage.here);
      misuse(() => port.connect(stage.there.address, number as number), RangeError);
      port.connect(stage.there.address, 9);
    });
  }

  test('refuse a second connect, and keep their peer: AlreadyConnectedError', async (stage) => {
    const recorder = new Recorder();
    const to = addressOf(stage.open(stage.there, new Answerer()));
    const other = addressOf(stage.open(stage.there));
    const port = stage.open(stage.here, recorder);
    port.connect(to.host, to.port);
    const facts = { code: 'ERR_PLAIT_ALREADY_CONNECTED' };
    misuse(() => port.connect(other.host, other.port), AlreadyConnectedError, facts);
    misuse(() => port.connect(to.host, to.port), AlreadyConnectedError, facts);
    port.write('hello');
    await stage.until(() => recorder.datagrams.length === 1);
  });

  test('stay unconnected when the system refuses, and are told at once: ConnectError', async (stage) => {
    const recorder = new Recorder();
    const to = addressOf(stage.here.reactor.listenUDP(0, new Answerer(), { interface: '127.0.0.1' }));
    const port = stage.here.reactor.listenUDP(0, recorder, { interface: '127.0.0.1' });
    const facts = { code: 'ERR_PLAIT_CONNECT', host: '192.0.2.7', port: 9 };
    const error = misuse(() => port.connect('192.0.2.7', 9), ConnectError, facts);
    assert.ok(error.cause instanceof Error);
    misuse(() => port.write('x'), AddressError);
    port.write('unconnected', to);
    await stage.until(() => recorder.datagrams.length === 1);
    port.connect(to.host, to.port);
    port.write('connected');
    await stage.until(() => recorder.datagrams.length === 2);
    assert.deepEqual(recorder.texts, ['unconnected', 'connected']);
  });

  test('need broadcast allowed to have it as peer: ConnectError', (stage) => {
    const port = stage.here.reactor.listenUDP(0, {});
    misuse(() => port.connect('255.255.255.255', 9), ConnectError, { host: '255.255.255.255', port: 9 });
    port.connect(stage.there.address, 9);
  });

  test('can not be connected when they were stopped: NotConnectedError', (stage) => {
    const port = stage.open(stage.here);
    void port.stopListening();
    misuse(() => port.connect(stage.there.address, 9), NotConnectedError, { code: 'ERR_PLAIT_NOT_CONNECTED' });
  });

  if (limits.noRefusal) return;

  test('have connectionRefused called for each refusal', async (stage) => {
    const recorder = new Recorder();
    const nobody = await stage.deserted(stage.there);
    const port = stage.open(stage.here, recorder);
    port.connect(nobody.host, nobody.port);
    for (let i = 1; i <= 5; i++) {
      port.write('anybody there?');
      await stage.until(() => recorder.refusals === i);
    }
    await stage.turns();
    assert.equal(recorder.refusals, 5);
    assert.deepEqual({ ...port.stats }, { sent: 5, received: 0, dropped: 0, refused: 5 });
    assert.equal(recorder.stops, 0);
  });

  test('give connectionRefused of a plain object the transport', async (stage) => {
    const nobody = await stage.deserted(stage.there);
    const seen: unknown[] = [];
    const port = stage.open(stage.here, { connectionRefused: (transport) => void seen.push(transport) });
    port.connect(nobody.host, nobody.port);
    port.write('x');
    await stage.until(() => seen.length > 0);
    assert.deepEqual(seen, [port]);
  });

  test('tell of no refusal inside connect or write', async (stage) => {
    let inside = false;
    let nested = 0;
    const recorder = new Recorder({ connectionRefused: () => void (inside && nested++) });
    const nobody = await stage.deserted(stage.there);
    const port = stage.open(stage.here, recorder);
    inside = true;
    port.connect(nobody.host, nobody.port);
    for (let i = 0; i < 10; i++) port.write('x');
    inside = false;
    await stage.until(() => recorder.refusals > 0);
    assert.equal(nested, 0);
  });

  test('lose a write that only fetched an older refusal, and count it: no exception', async (stage) => {
    const recorder = new Recorder();
    const nobody = await stage.deserted(stage.there);
    const port = stage.open(stage.here, recorder);
    port.connect(nobody.host, nobody.port);
    for (let i = 0; i < 10; i++) port.write('x');
    await stage.until(() => port.stats.refused > 0);
    await stage.turns();
    const { sent, dropped, refused } = port.stats;
    assert.equal(sent, 10);
    assert.equal(recorder.refusals, refused);
    assert.ok(dropped <= refused && refused <= sent, `${dropped} dropped, ${refused} refused of ${sent}`);
  });

  test('live on after a refusal: a peer that comes later is heard', async (stage) => {
    const recorder = new Recorder();
    const nobody = await stage.deserted(stage.there);
    const port = stage.open(stage.here, recorder);
    port.connect(nobody.host, nobody.port);
    port.write('too early');
    await stage.until(() => recorder.refusals === 1);
    const peer = stage.there.reactor.listenUDP(nobody.port, new Answerer(), { interface: nobody.host });
    port.write('hello');
    await stage.until(() => recorder.datagrams.length === 1);
    assert.deepEqual(recorder.texts, ['hello']);
    assert.equal(peer.stats.received, 1);
    await stage.result(peer.stopListening());
    port.write('too late');
    await stage.until(() => recorder.refusals === 2);
  });

  test('may write again in connectionRefused', async (stage) => {
    const recorder: Recorder = new Recorder({
      connectionRefused: ({ transport }) => void (recorder.refusals < 5 && transport.write('again')),
    });
    const nobody = await stage.deserted(stage.there);
    const port = stage.open(stage.here, recorder);
    port.connect(nobody.host, nobody.port);
    port.write('x');
    await stage.until(() => recorder.refusals === 5);
    assert.equal(port.stats.sent, 5);
  });
}
