import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import { StringTransport } from 'plait/testing';
import { RemoteCalculation } from './remote.js';

describe('a remote calculation', () => {
  let transport: StringTransport;

  beforeEach(() => {
    transport = new StringTransport();
    void new RemoteCalculation().makeConnection(transport);
  });

  for (const [question, answer] of [
    ['add 3 8', '11'],
    ['subtract 7 12', '-5'],
    ['multiply 6 9', '54'],
    ['divide 14 4', '3'],
    ['divide 1 0', 'error: Division by zero'],
    ['add 1 x', 'error: NaN is no whole number'],
    ['add 1', 'error: no such question'],
    ['constructor 1 2', 'error: no such question'],
  ]) {
    it(`answers "${question}" with "${answer}"`, () => {
      transport.deliver(`${question}\r\n`);
      assert.equal(transport.value().toString(), `${answer}\r\n`);
    });
  }

  it('does not care how the bytes arrive', () => {
    for (const byte of 'add 1 2\r\nadd 3 4\r\n') transport.deliver(byte);
    assert.equal(transport.value().toString(), '3\r\n7\r\n');
  });

  it('closes when a line has no end', () => {
    transport.deliver('9'.repeat(100_000));
    assert.equal(transport.disconnecting, true);
  });
});
