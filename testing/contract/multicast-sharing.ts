/**
 * `listenMultiple`: several listeners on one port of a host.
 */
import assert from 'node:assert/strict';
import { CannotListenError } from '../../lib/errors.js';
import type { MulticastTransport } from '../../lib/interfaces.js';
import { type Family, openMember } from './multicast-family.js';
import { misuse, Recorder, type StageTest } from './stage.js';

export function sharingTests(test: StageTest, family: Family): void {
  test('brings each of them what is sent to the group, in bytes that they do not share', async (stage) => {
    const { here, there } = stage;
    const group = family.group(stage);
    const spoil = new Recorder<MulticastTransport>({ datagramReceived: (data) => void data.fill(0) });
    const keep = new Recorder<MulticastTransport>();
    const spoilAgain = new Recorder<MulticastTransport>({ datagramReceived: (data) => void data.fill(1) });
    let port = 0;
    for (const recorder of [spoil, keep, spoilAgain]) {
      const member = await openMember(stage, family, there, recorder, { port, listenMultiple: true });
      await stage.result(member.joinGroup(group, family.of(there)));
      ({ port } = member.getHost());
    }
    const sender = await openMember(stage, family, here);
    sender.write('to each', { host: group, port });
    await stage.until(() => [spoil, keep, spoilAgain].every(({ datagrams }) => datagrams.length === 1));
    assert.deepEqual(keep.texts, ['to each']);
    assert.deepEqual(spoil.texts, ['\0'.repeat(7)]);
  });

  test('goes on with those that are left when one is closed', async (stage) => {
    const { here, there } = stage;
    const group = family.group(stage);
    const [leaver, stayer] = [new Recorder<MulticastTransport>(), new Recorder<MulticastTransport>()];
    const first = await openMember(stage, family, there, leaver, { listenMultiple: true });
    const { port } = first.getHost();
    const second = await openMember(stage, family, there, stayer, { port, listenMultiple: true });
    for (const member of [first, second]) await stage.result(member.joinGroup(group, family.of(there)));
    await stage.result(first.stopListening());
    const sender = await openMember(stage, family, here);
    sender.write('x', { host: group, port });
    await stage.until(() => stayer.datagrams.length === 1);
    assert.deepEqual(leaver.texts, []);
  });

  test('serves one protocol on several ports of the number: each hears the group', async (stage) => {
    const { here, there } = stage;
    const group = family.group(stage);
    const recorder: Recorder<MulticastTransport> = new Recorder<MulticastTransport>({
      datagramReceived: () => void heardBy.add(recorder.transport),
    });
    const heardBy = new Set<MulticastTransport>();
    const first = await openMember(stage, family, there, recorder, { listenMultiple: true });
    const { port } = first.getHost();
    const second = await openMember(stage, family, there, recorder, { port, listenMultiple: true });
    for (const member of [first, second]) await stage.result(member.joinGroup(group, family.of(there)));
    const sender = await openMember(stage, family, here);
    sender.write('x', { host: group, port });
    await stage.until(() => recorder.datagrams.length === 2);
    assert.deepEqual(heardBy, new Set([first, second]));
    assert.equal(recorder.starts, 1);
  });

  test('must be asked for by every one of them: CannotListenError', async (stage) => {
    const alone = (await openMember(stage, family, stage.here)).getHost().port;
    const shared = (await openMember(stage, family, stage.here, {}, { listenMultiple: true })).getHost().port;
    const { reactor } = stage.here;
    const options = { interface: family.any };
    const facts = (port: number) => ({ code: 'ERR_PLAIT_CANNOT_LISTEN', interface: family.any, port });
    misuse(
      () => reactor.listenMulticast(alone, {}, { ...options, listenMultiple: true }),
      CannotListenError,
      facts(alone),
    );
    misuse(() => reactor.listenMulticast(shared, {}, options), CannotListenError, facts(shared));
    misuse(() => reactor.listenMulticast(alone, {}, options), CannotListenError, facts(alone));
    misuse(() => reactor.listenUDP(shared, {}, options), CannotListenError, facts(shared));
  });
}
