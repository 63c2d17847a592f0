/**
 * Broadcast: only where it was allowed.
 */
import assert from 'node:assert/strict';
import { BroadcastNotAllowedError } from '../../lib/errors.js';
import type { ContractLimits } from './contract.js';
import { addressOf, misuse, Recorder, type Stage, type StageTest } from './stage.js';

export function broadcastTests(test: StageTest, limits: ContractLimits): void {
  test('is not allowed until it is, and can be taken back', (stage) => {
    const port = stage.open(stage.here);
    assert.equal(port.getBroadcastAllowed(), false);
    port.setBroadcastAllowed(true);
    assert.equal(port.getBroadcastAllowed(), true);
    port.setBroadcastAllowed(false);
    assert.equal(port.getBroadcastAllowed(), false);
  });

  for (const host of ['255.255.255.255', '<broadcast>']) {
    test(`refuses a write to ${host} where it is not allowed: BroadcastNotAllowedError`, (stage) => {
      const port = stage.open(stage.here);
      const refuses = (): void =>
        void misuse(() => port.write('x', { host, port: 9 }), BroadcastNotAllowedError, {
          code: 'ERR_PLAIT_BROADCAST_NOT_ALLOWED',
          host,
        });
      refuses();
      refuses();
      port.setBroadcastAllowed(true);
      port.setBroadcastAllowed(false);
      refuses();
      assert.equal(port.stats.sent, 0);
    });

    test(`checks the port number of ${host} too`, (stage) => {
      const port = stage.open(stage.here);
      port.setBroadcastAllowed(true);
      misuse(() => port.write('x', { host, port: 0 }), RangeError);
      misuse(() => port.write('x', { host, port: 65536 }), RangeError);
    });

    test(`takes ${host} as an address where it is allowed`, (stage) => {
      const port = stage.open(stage.here);
      port.setBroadcastAllowed(true);
      port.write('x', { host, port: 9 });
      assert.equal(port.stats.sent, 1);
    });

    if (!limits.noBroadcast) {
      test(`reaches every host by ${host}, the own one too`, async (stage) => {
        const { here, there } = stage;
        const heard = new Recorder();
        const { port } = there.reactor.listenUDP(0, heard).getHost();
        const own = new Recorder();
        const ownPort = stage.another().listenUDP(0, own).getHost().port;
        const sender = here.reactor.listenUDP(0, {});
        sender.setBroadcastAllowed(true);
        sender.write('to all', { host, port });
        sender.write('to myself', { host, port: ownPort });
        await stage.until(() => heard.datagrams.length === 1 && own.datagrams.length === 1);
        assert.deepEqual(heard.datagrams[0]!.address, { host: here.address, port: sender.getHost().port });
        assert.deepEqual([...heard.texts, ...own.texts], ['to all', 'to myself']);
      });

      test(`does not send what was refused: only a later datagram to ${host} arrives`, async (stage) => {
        const heard = new Recorder();
        const { port } = stage.there.reactor.listenUDP(0, heard).getHost();
        const sender = stage.here.reactor.listenUDP(0, {});
        misuse(() => sender.write('refused', { host, port }), BroadcastNotAllowedError);
        sender.setBroadcastAllowed(true);
        sender.write('allowed', { host, port });
        await stage.until(() => heard.datagrams.length > 0);
        assert.deepEqual(heard.texts, ['allowed']);
      });
    }
  }

  if (limits.noDirectedBroadcast) return;

  test("reaches every host by the network's broadcast address where it is allowed", async (stage) => {
    const heard = new Recorder();
    const { port } = stage.there.reactor.listenUDP(0, heard).getHost();
    const sender = stage.here.reactor.listenUDP(0, {});
    sender.setBroadcastAllowed(true);
    sender.write('to all', { host: broadcastOf(stage), port });
    await stage.until(() => heard.datagrams.length === 1);
    assert.equal(heard.datagrams[0]!.address.port, sender.getHost().port);
  });

  test("counts a write to the network's broadcast address as dropped where it is not allowed", async (stage) => {
    const heard = new Recorder();
    const to = { host: broadcastOf(stage), port: stage.there.reactor.listenUDP(0, heard).getHost().port };
    const sender = stage.here.reactor.listenUDP(0, {});
    sender.write('not allowed', to);
    await stage.until(() => sender.stats.dropped === 1);
    sender.setBroadcastAllowed(true);
    sender.write('allowed', to);
    await stage.until(() => heard.datagrams.length > 0);
    assert.deepEqual(heard.texts, ['allowed']);
  });

  test('can be answered: the sender is known', async (stage) => {
    const asker = new Recorder();
    const server = stage.there.reactor.listenUDP(0, {
      datagramReceived: (_data, address, transport) => transport.write('here', address),
    });
    const sender = stage.here.reactor.listenUDP(0, asker);
    sender.setBroadcastAllowed(true);
    sender.write('who is there?', { host: broadcastOf(stage), port: addressOf(server).port });
    await stage.until(() => asker.datagrams.length === 1);
    assert.deepEqual(asker.texts, ['here']);
  });
}

function broadcastOf({ network }: Stage): string {
  assert.ok(
    network.broadcast !== undefined,
    'the network names no broadcast address: give it one, or the limit noDirectedBroadcast',
  );
  return network.broadcast;
}
