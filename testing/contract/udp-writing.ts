/// <reference types="node" preserve="true" />
/**
 * What `write` refuses at once, by named errors, and what is lost without one.
 */
import assert from 'node:assert/strict';
import type { Address } from '../../lib/address.js';
import { AddressError, InvalidAddressError, MessageLengthError } from '../../lib/errors.js';
import { addressOf, type ErrorClass, misuse, Recorder, type Stage, type StageTest } from './stage.js';

export function writingTests(test: StageTest): void {
  /** A write that is misuse: it throws, nothing is sent, and the port goes on. */
  function refused<E extends Error>(
    name: string,
    write: (stage: Stage, to: Address) => { data?: unknown; address?: unknown },
    expected: ErrorClass<E>,
    facts: Record<string, unknown> = {},
  ): void {
    test(`refuses ${name}: ${expected.name}`, async (stage) => {
      const recorder = new Recorder();
      const to = addressOf(stage.open(stage.there, recorder));
      const port = stage.open(stage.here);
      const { data = 'x', address } = write(stage, to);
      misuse(() => port.write(data as string, address as Address), expected, facts);
      assert.equal(port.stats.sent, 0);
      port.write('after', to);
      await stage.until(() => recorder.datagrams.length > 0);
      assert.deepEqual(recorder.texts, ['after']);
      assert.deepEqual({ ...port.stats }, { sent: 1, received: 0, dropped: 0, refused: 0 });
    });
  }

  for (const host of ['localhost', 'example.org', '', '1.2.3', '127.0.0.1 ', '0127.0.0.1', '[::1]', 'a\0b']) {
    refused(
      `the host ${JSON.stringify(host)}`,
      (_stage, { port }) => ({ address: { host, port } }),
      InvalidAddressError,
      { code: 'ERR_PLAIT_INVALID_ADDRESS', address: host },
    );
  }
  for (const host of ['::1', '::', '::ffff:127.0.0.1', 'fe80::1%eth0']) {
    refused(
      `the IPv6 address ${host} on a port of IPv4`,
      (_stage, { port }) => ({ address: { host, port } }),
      InvalidAddressError,
      { code: 'ERR_PLAIT_INVALID_ADDRESS', address: host },
    );
  }
  for (const port of [0, -1, 65536, 1.5, NaN, Infinity, '80', undefined]) {
    refused(
      `port ${typeof port === 'string' ? `'${port}'` : port}`,
      (_stage, { host }) => ({ address: { host, port } }),
      RangeError,
    );
  }
  refused('no address', () => ({}), AddressError, { code: 'ERR_PLAIT_ADDRESS', address: undefined });
  refused('null as the address', () => ({ address: null }), AddressError, { code: 'ERR_PLAIT_ADDRESS' });
  refused('an address without a host', (_stage, { port }) => ({ address: { port } }), InvalidAddressError);
  refused('65508 bytes', (_stage, address) => ({ data: new Uint8Array(65508), address }), MessageLengthError, {
    code: 'ERR_PLAIT_MESSAGE_LENGTH',
    length: 65508,
    limit: 65507,
  });
  refused(
    'a text of 65508 bytes in fewer characters',
    (_stage, address) => ({ data: '€'.repeat(21836), address }),
    MessageLengthError,
    { length: 65508, limit: 65507 },
  );
  for (const [name, data] of [
    ['null', null],
    ['a number', 7],
    ['an array', [1, 2]],
    ['an ArrayBuffer', new ArrayBuffer(4)],
    ['a Uint16Array', Uint16Array.of(1)],
  ] as const) {
    refused(`${name} as data`, (_stage, address) => ({ data, address }), TypeError);
  }

  test('refuses a bad address after many good ones', async (stage) => {
    const recorder = new Recorder();
    const to = { ...addressOf(stage.open(stage.there, recorder)) };
    const port = stage.open(stage.here);
    for (let i = 0; i < 3; i++) port.write('good', to);
    const { host } = to;
    misuse(() => port.write('x', { host, port: 0 }), RangeError);
    to.host = 'example.org';
    misuse(() => port.write('x', to), InvalidAddressError, { address: 'example.org' });
    await stage.until(() => recorder.datagrams.length === 3);
  });

  test('loses what can not leave, counts it in dropped, and goes on', async (stage) => {
    const recorder = new Recorder();
    const there = stage.here.reactor.listenUDP(0, recorder, { interface: '127.0.0.1' });
    const port = stage.here.reactor.listenUDP(0, {}, { interface: '127.0.0.1' });
    port.write('no way out of this host', { host: '192.0.2.7', port: 9 });
    await stage.until(() => port.stats.dropped === 1);
    port.write('x', addressOf(there));
    await stage.until(() => recorder.datagrams.length === 1);
    assert.deepEqual({ ...port.stats }, { sent: 2, received: 0, dropped: 1, refused: 0 });
  });

  test('tells nothing inside write of what is lost', (stage) => {
    const port = stage.here.reactor.listenUDP(0, {}, { interface: '127.0.0.1' });
    port.write('x', { host: '192.0.2.7', port: 9 });
    assert.equal(port.stats.dropped, 0);
  });
}
