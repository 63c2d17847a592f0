/**
 * UDP over IPv6, and a port of `::` that hears IPv4 too.
 */
import assert from 'node:assert/strict';
import { canonicalHost } from '../../lib/address.js';
import { CannotListenError, InvalidAddressError, MessageLengthError } from '../../lib/errors.js';
import type { ContractLimits } from './contract.js';
import { address6, addressOf, Answerer, misuse, Recorder, type StageTest } from './stage.js';

export function ipv6Tests(test: StageTest, limits: ContractLimits): void {
  test('has an address of IPv6', (stage) => {
    const host = stage.open6(stage.here).getHost();
    assert.deepEqual({ ...host }, { type: 'UDP', family: 'IPv6', host: address6(stage.here), port: host.port });
    assert.equal(stage.here.reactor.listenUDP(0, {}, { interface: '::' }).getHost().host, '::');
  });

  test('carries datagrams both ways, each with the address it came from', async (stage) => {
    const asked = new Answerer();
    const asker = new Recorder();
    const server = stage.open6(stage.there, asked);
    const client = stage.open6(stage.here, asker);
    client.write('hello', addressOf(server));
    await stage.until(() => asker.datagrams.length === 1);
    assert.deepEqual(asked.datagrams[0]!.address, addressOf(client));
    assert.deepEqual(asker.datagrams[0]!.address, addressOf(server));
  });

  test('carries datagrams between connected ports', async (stage) => {
    const asker = new Recorder();
    const to = addressOf(stage.open6(stage.there, new Answerer()));
    const client = stage.open6(stage.here, asker);
    client.connect(to.host, to.port);
    client.write('hello');
    await stage.until(() => asker.datagrams.length === 1);
    assert.deepEqual(asker.datagrams[0]!.address, to);
  });

  test('takes any spelling of an address', async (stage) => {
    const host = spelledOut(address6(stage.there));
    const recorder = new Recorder();
    const server = stage.there.reactor.listenUDP(0, new Answerer(), { interface: host });
    assert.equal(canonicalHost(server.getHost().host), canonicalHost(host));
    const { port } = server.getHost();
    const client = stage.open6(stage.here, recorder);
    client.write('hello', { host, port });
    await stage.until(() => recorder.datagrams.length === 1);
    client.connect(host, port);
    client.write('hello again', { host: address6(stage.there), port });
    await stage.until(() => recorder.datagrams.length === 2);
    client.write('and again', { host, port });
    await stage.until(() => recorder.datagrams.length === 3);
  });

  test('hears only the peer it is connected to', async (stage) => {
    const recorder = new Recorder();
    const port = stage.open6(stage.here, recorder);
    const [peer, stranger] = [stage.open6(stage.there), stage.open6(stage.there)];
    stranger.write('early', addressOf(port));
    port.connect(addressOf(peer).host, addressOf(peer).port);
    stranger.write('late', addressOf(port));
    await stage.turns();
    peer.write('from the peer', addressOf(port));
    await stage.until(() => recorder.datagrams.length > 0);
    assert.deepEqual(recorder.texts, ['from the peer']);
  });

  if (!limits.noRefusal) {
    test('has connectionRefused called', async (stage) => {
      const recorder = new Recorder();
      const nobody = await stage.deserted(stage.there, address6(stage.there));
      const port = stage.open6(stage.here, recorder);
      port.connect(nobody.host, nobody.port);
      port.write('x');
      await stage.until(() => recorder.refusals === 1);
    });
  }

  for (const size of [0, 1, 1452, 1453, 8192, 65507, 65508, 65526, 65527]) {
    test(`keeps every one of ${size} bytes`, async (stage) => {
      const asker = new Recorder();
      const to = addressOf(stage.open6(stage.there, new Answerer()));
      const data = stage.here.reactor.randomBytes(size);
      stage.open6(stage.here, asker).write(data, to);
      await stage.until(() => asker.datagrams.length === 1);
      assert.ok(data.equals(asker.datagrams[0]!.data));
    });
  }

  test('refuses 65528 bytes: MessageLengthError', (stage) => {
    const port = stage.open6(stage.here);
    const facts = { code: 'ERR_PLAIT_MESSAGE_LENGTH', length: 65528, limit: 65527 };
    misuse(() => port.write(new Uint8Array(65528), addressOf(port)), MessageLengthError, facts);
  });

  for (const host of ['127.0.0.1', '0.0.0.0', '255.255.255.255', '<broadcast>', 'localhost', '::1::', '::%', '1::g']) {
    test(`refuses to write to ${host}: InvalidAddressError`, (stage) => {
      const port = stage.open6(stage.here);
      const facts = { code: 'ERR_PLAIT_INVALID_ADDRESS', address: host };
      misuse(() => port.write('x', { host, port: 9 }), InvalidAddressError, facts);
      assert.equal(port.stats.sent, 0);
    });
  }

  for (const host of ['127.0.0.1', 'localhost', '<broadcast>']) {
    test(`refuses to connect to ${host}: InvalidAddressError`, (stage) => {
      const port = stage.open6(stage.here);
      misuse(() => port.connect(host, 9), InvalidAddressError, { address: host });
    });
  }

  test('refuses an interface with a bad scope, and one of another host', ({ here }) => {
    const listen = (host: string) => (): unknown => here.reactor.listenUDP(0, {}, { interface: host });
    misuse(listen('::1%'), InvalidAddressError, { address: '::1%' });
    const error = misuse(listen('2001:db8::7'), CannotListenError, { interface: '2001:db8::7', port: 0 });
    assert.equal((error.cause as { code?: string }).code, 'EADDRNOTAVAIL');
  });

  test('refuses a port that is in use, and says so with brackets', (stage) => {
    const host = address6(stage.here);
    const { port } = stage.open6(stage.here).getHost();
    const error = misuse(() => stage.here.reactor.listenUDP(port, {}, { interface: host }), CannotListenError, {
      interface: host,
      port,
    });
    assert.ok(error.message.includes(`[${host}]:${port}`), error.message);
  });

  test('has a port of :: hear IPv4 as ::ffff:…, and answer it', async (stage) => {
    const asked = new Answerer();
    const { port } = stage.there.reactor.listenUDP(0, asked, { interface: '::' }).getHost();
    const asker = new Recorder();
    const client = stage.open(stage.here, asker);
    client.write('over IPv4', { host: stage.there.address, port });
    await stage.until(() => asker.datagrams.length === 1);
    assert.deepEqual(asked.datagrams[0]!.address, {
      host: `::ffff:${stage.here.address}`,
      port: client.getHost().port,
    });
    assert.deepEqual(asker.datagrams[0]!.address, { host: stage.there.address, port });
  });

  test('has a port of :: hear IPv6 as it is', async (stage) => {
    const asked = new Answerer();
    const { port } = stage.there.reactor.listenUDP(0, asked, { interface: '::' }).getHost();
    const asker = new Recorder();
    const client = stage.open6(stage.here, asker);
    client.write('over IPv6', { host: address6(stage.there), port });
    await stage.until(() => asker.datagrams.length === 1);
    assert.deepEqual(asked.datagrams[0]!.address, addressOf(client));
  });

  test('has a port of :: write to IPv4 by ::ffff:…, and be connected to it', async (stage) => {
    const to = addressOf(stage.open(stage.there, new Answerer()));
    const mapped = { host: `::ffff:${to.host}`, port: to.port };
    const asker = new Recorder();
    const client = stage.here.reactor.listenUDP(0, asker, { interface: '::' });
    client.write('unconnected', mapped);
    await stage.until(() => asker.datagrams.length === 1);
    client.connect(mapped.host, mapped.port);
    client.write('connected');
    await stage.until(() => asker.datagrams.length === 2);
    assert.deepEqual(
      asker.datagrams.map(({ address }) => address),
      [mapped, mapped],
    );
  });

  test('has a port of :: refuse 65508 bytes for ::ffff:…, which IPv4 has to carry: MessageLengthError', (stage) => {
    const host = `::ffff:${stage.there.address}`;
    const port = stage.here.reactor.listenUDP(0, {}, { interface: '::' });
    const facts = { length: 65508, limit: 65507 };
    misuse(() => port.write(new Uint8Array(65508), { host, port: 9 }), MessageLengthError, facts);
    port.connect(host, 9);
    misuse(() => port.write(new Uint8Array(65508)), MessageLengthError, facts);
  });

  test('has a port of :: take the number in IPv4 too', (stage) => {
    const { reactor, address } = stage.here;
    const { port } = reactor.listenUDP(0, {}, { interface: '::' }).getHost();
    misuse(() => reactor.listenUDP(port, {}), CannotListenError, { port });
    misuse(() => reactor.listenUDP(port, {}, { interface: address }), CannotListenError, { port });
  });

  if (!limits.noWildcardDestination) {
    test('takes :: as a destination for the own host, in write and in connect', async (stage) => {
      const recorder = new Recorder();
      const { port } = stage.here.reactor.listenUDP(0, new Answerer(), { interface: '::' }).getHost();
      const client = stage.here.reactor.listenUDP(0, recorder, { interface: '::' });
      client.write('x', { host: '::', port });
      await stage.until(() => recorder.datagrams.length === 1);
      client.connect('::', port);
      client.write('x');
      await stage.until(() => recorder.datagrams.length === 2);
    });
  }
}

/** Another spelling of an IPv6 address: in capitals, nothing left out. */
function spelledOut(host: string): string {
  const [address = '', ...scope] = canonicalHost(host)!.split('%');
  const [head = '', tail] = address.split('::');
  const words = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [front, back] = [words(head), words(tail ?? '')];
  const zeros = new Array<string>(tail === undefined ? 0 : 8 - front.length - back.length).fill('0');
  const full = [...front, ...zeros, ...back].map((word) => word.padStart(4, '0').toUpperCase());
  return [full.join(':'), ...scope].join('%');
}
