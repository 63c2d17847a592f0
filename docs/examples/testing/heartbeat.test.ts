import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { AddressError, Clock } from 'plait';
import { assertNoResult, FakeDatagramTransport, successResultOf } from 'plait/testing';
import { Heartbeat } from './heartbeat.js';

// region start
const peer = { host: '192.0.2.7', port: 4711 };

/** A heartbeat on a port that has no network, and on a clock that stands still. */
function start(): { clock: Clock; transport: FakeDatagramTransport; heartbeat: Heartbeat } {
  const clock = new Clock();
  const transport = new FakeDatagramTransport({ clock });
  const heartbeat = new Heartbeat(peer.host, peer.port);
  void heartbeat.makeConnection(transport);
  return { clock, transport, heartbeat };
}
// endregion

describe('Heartbeat', () => {
  // region time
  it('asks every five seconds', () => {
    const { clock, transport } = start();
    clock.advance(10);
    assert.equal(transport.written.length, 3); // at 0, 5 and 10 seconds
  });

  it('is lost after three questions without an answer', () => {
    const { clock, heartbeat } = start();
    clock.advance(14.9);
    assertNoResult(heartbeat.lost);
    clock.advance(0.1);
    successResultOf(heartbeat.lost);
  });
  // endregion

  // region deliver
  it('goes on as long as it is answered', () => {
    const { clock, transport, heartbeat } = start();
    for (let i = 0; i < 100; i++) {
      const question = transport.written.at(-1)!.data.toString();
      transport.deliver(question.replace('alive?', 'yes'), peer);
      clock.advance(5);
    }
    assertNoResult(heartbeat.lost);
  });

  it('takes an old answer for none', () => {
    const { clock, transport, heartbeat } = start();
    const question = transport.written[0]!.data.toString();
    clock.advance(5); // by now it has asked another one
    transport.deliver(question.replace('alive?', 'yes'), peer);
    clock.advance(10);
    successResultOf(heartbeat.lost);
  });
  // endregion

  // region checks
  it('hears its peer only', () => {
    const { transport } = start();
    transport.deliver('yes', { host: '192.0.2.8', port: 4711 });
    assert.deepEqual(transport.stats, { sent: 1, received: 0, dropped: 0, refused: 0 });
  });

  it('cannot write to anybody else', () => {
    const { transport } = start();
    assert.throws(() => transport.write('hello', { host: '192.0.2.8', port: 4711 }), AddressError);
  });
  // endregion

  // region stop
  it('leaves no timer when its port is stopped', () => {
    const { clock, transport } = start();
    const stopped = transport.stopListening();
    clock.advance(0); // a later turn
    successResultOf(stopped);
    assert.deepEqual(clock.getDelayedCalls(), []);
  });
  // endregion
});
