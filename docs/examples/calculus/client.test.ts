import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import { ConnectionLost, TimeoutError } from 'plait';
import { assertNoResult, failureResultOf, StringTransport, successResultOf } from 'plait/testing';
import { CalculationError, RemoteCalculationClient } from './client.js';

describe('a client of a remote calculation', () => {
  let transport: StringTransport;
  let client: RemoteCalculationClient;

  beforeEach(() => {
    transport = new StringTransport();
    client = new RemoteCalculationClient();
    void client.makeConnection(transport);
  });

  // region answer
  it('asks, and gives the answer', () => {
    const sum = client.add(3, 8);
    assert.equal(transport.value().toString(), 'add 3 8\r\n');
    assertNoResult(sum);
    transport.deliver('11\r\n');
    assert.equal(successResultOf(sum), 11);
  });
  // endregion

  it('gives the answers to the questions in their order', () => {
    const [difference, product, quotient] = [client.subtract(3, 8), client.multiply(3, 8), client.divide(8, 3)];
    transport.deliver('-5\r\n24\r\n');
    assert.equal(successResultOf(difference), -5);
    assert.equal(successResultOf(product), 24);
    assertNoResult(quotient);
    transport.deliver('2\r\n');
    assert.equal(successResultOf(quotient), 2);
  });

  it('fails a question that has no answer', () => {
    const quotient = client.divide(1, 0);
    transport.deliver('error: Division by zero\r\n');
    assert.equal(failureResultOf(quotient, CalculationError).message, 'Division by zero');
  });

  // region timeout
  it('gives up after a minute, and fails all that waits', () => {
    const first = client.add(1, 2);
    transport.clock.advance(59);
    const second = client.add(3, 4);
    assertNoResult(first);
    transport.clock.advance(1);
    failureResultOf(first, TimeoutError);
    failureResultOf(second, TimeoutError);
    assert.equal(transport.aborted, true);
  });
  // endregion

  it('waits no more for what was answered', () => {
    client.add(1, 2);
    transport.deliver('3\r\n');
    assert.deepEqual(transport.clock.getDelayedCalls(), []);
    transport.clock.advance(60);
    assert.equal(transport.disconnecting, false);
  });

  // region lost
  it('fails what waits when the connection is lost, and what is asked later', () => {
    const before = client.add(1, 2);
    transport.disconnect(new Error('ECONNRESET'));
    failureResultOf(before, ConnectionLost);
    failureResultOf(client.add(3, 4), ConnectionLost);
    assert.deepEqual(transport.clock.getDelayedCalls(), []);
  });
  // endregion

  it('takes an answer that nobody asked for as an error', () => {
    assert.throws(() => transport.deliver('42\r\n'), /An answer without a question/);
  });
});
