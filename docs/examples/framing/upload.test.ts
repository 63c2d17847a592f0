import assert from 'node:assert/strict';
import { it } from 'mocha';
import { StringTransport } from 'plait/testing';
import { Upload } from './upload.js';

// region test
it('takes files, however the bytes were cut', () => {
  const upload = new Upload();
  const files: string[] = [];
  upload.received = (name, content) => files.push(`${name}: ${content.toString()}`);
  const transport = new StringTransport();
  void upload.makeConnection(transport);

  for (const byte of Buffer.from('one 5\r\nhellotwo 3\r\n\r\n!')) transport.deliver(Buffer.from([byte]));
  assert.deepEqual(files, ['one: hello', 'two: \r\n!']);

  transport.deliver('no length\r\n');
  assert.equal(transport.disconnecting, true);
});
// endregion
