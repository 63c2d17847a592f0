import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Deferred, Reactor } from 'plait';
import { Helloer } from 'plait/protocols';

class Caller extends Helloer {
  readonly refused: Deferred<void> = new Deferred();

  override connectionRefused(): void {
    if (!this.refused.called) this.refused.callback();
  }
}

describe('Caller', () => {
  // region sockets
  it('is told that nobody listens', async () => {
    const reactor = new Reactor();
    const gone = reactor.listenUDP(0, {}, { interface: '127.0.0.1' });
    await gone.stopListening();

    const caller = new Caller('127.0.0.1', gone.getHost().port);
    const port = reactor.listenUDP(0, caller, { interface: '127.0.0.1' });
    await caller.refused;
    await port.stopListening();

    assert.deepEqual(reactor.openHandles(), []);
  });
  // endregion
});
