import assert from 'node:assert/strict';
import { it } from 'mocha';
import { FakeDatagramTransport } from 'plait/testing';
import { Echo } from './echo.js';

it('sends a datagram back to where it came from', () => {
  const transport = new FakeDatagramTransport();
  new Echo().makeConnection(transport);

  transport.deliver('hello', { host: '192.0.2.7', port: 1234 });

  assert.deepEqual(transport.written, [{ data: Buffer.from('hello'), address: { host: '192.0.2.7', port: 1234 } }]);
});
