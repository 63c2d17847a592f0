/// <reference types="node" preserve="true" />
/**
 * What is sent to a group arrives at its members, and only while they are.
 */
import assert from 'node:assert/strict';
import type { MulticastTransport } from '../../lib/interfaces.js';
import type { ContractLimits } from './contract.js';
import { type Family, openMember } from './multicast-family.js';
import { addressOf, Recorder, type Stage, type StageTest } from './stage.js';

export function deliveryTests(test: StageTest, family: Family, limits: ContractLimits): void {
  test('has an address of the family', async (stage) => {
    const port = await openMember(stage, family, stage.here);
    const host = port.getHost();
    assert.deepEqual({ ...host }, { type: 'UDP', family: `IPv${family.number}`, host: family.any, port: host.port });
  });

  test('brings a member what is sent to its group, with the address of the sender', async (stage) => {
    const { here, there } = stage;
    const group = family.group(stage);
    const recorder = new Recorder<MulticastTransport>();
    const member = await openMember(stage, family, there, recorder);
    assert.equal(await stage.result(member.joinGroup(group, family.of(there))), undefined);
    const sender = await openMember(stage, family, here);
    sender.write('to the group', { host: group, port: member.getHost().port });
    await stage.until(() => recorder.datagrams.length === 1);
    assert.ok(Buffer.isBuffer(recorder.datagrams[0]!.data));
    assert.deepEqual(recorder.texts, ['to the group']);
    assert.equal(recorder.datagrams[0]!.address.port, sender.getHost().port);
  });

  test('lets a member answer the sender alone', async (stage) => {
    const { here, there } = stage;
    const group = family.group(stage);
    const asker = new Recorder<MulticastTransport>();
    const server = await openMember(stage, family, there, {
      datagramReceived: (data, address, transport) => transport.write(`${data.toString()}: here`, address),
    });
    await stage.result(server.joinGroup(group, family.of(there)));
    const client = await openMember(stage, family, here, asker);
    client.write('who is there?', { host: group, port: server.getHost().port });
    await stage.until(() => asker.datagrams.length === 1);
    assert.deepEqual(asker.texts, ['who is there?: here']);
    assert.equal(asker.datagrams[0]!.address.port, server.getHost().port);
  });

  test('lets startProtocol join, and returns while it does', async (stage) => {
    const { here, there } = stage;
    const group = family.group(stage);
    const recorder = new Recorder<MulticastTransport>({
      startProtocol: ({ transport }) => transport.joinGroup(group, family.of(there)),
    });
    const member = there.reactor.listenMulticast(0, recorder, { interface: family.any });
    assert.equal(recorder.starts, 1);
    const sender = await openMember(stage, family, here);
    sender.write('x', { host: group, port: member.getHost().port });
    await stage.until(() => recorder.datagrams.length === 1);
  });

  test('brings a member what is sent to it alone', async (stage) => {
    const recorder = new Recorder<MulticastTransport>();
    const member = await openMember(stage, family, stage.there, recorder);
    await stage.result(member.joinGroup(family.group(stage), family.of(stage.there)));
    const sender = await openMember(stage, family, stage.here);
    sender.write('to you', { host: family.of(stage.there), port: member.getHost().port });
    await stage.until(() => recorder.datagrams.length === 1);
  });

  test('takes a plain object, and gives its hooks the transport', async (stage) => {
    const seen: unknown[] = [];
    const port = stage.here.reactor.listenMulticast(
      0,
      {
        startProtocol: (transport) => transport.setTTL(3),
        datagramReceived: (_data, _address, transport) => void seen.push(transport.getTTL()),
      },
      { interface: family.of(stage.here) },
    );
    port.write('to myself', addressOf(port));
    await stage.until(() => seen.length === 1);
    assert.deepEqual(seen, [3]);
  });

  test('brings what is sent to any of several groups', async (stage) => {
    const recorder = new Recorder<MulticastTransport>();
    const member = await openMember(stage, family, stage.there, recorder);
    const groups = new Set(Array.from({ length: 3 }, () => family.group(stage)));
    const sender = await openMember(stage, family, stage.here);
    for (const group of groups) {
      await stage.result(member.joinGroup(group, family.of(stage.there)));
      sender.write(group, { host: group, port: member.getHost().port });
      await stage.until(() => recorder.texts.includes(group));
    }
    assert.equal(recorder.datagrams.length, groups.size);
  });

  test('needs no membership to send', async (stage) => {
    const { here, there } = stage;
    const group = family.group(stage);
    const recorder = new Recorder<MulticastTransport>();
    const own = new Recorder<MulticastTransport>();
    const member = await openMember(stage, family, there, recorder);
    await stage.result(member.joinGroup(group, family.of(there)));
    const sender = await openMember(stage, family, here, own);
    sender.write('x', { host: group, port: member.getHost().port });
    await stage.until(() => recorder.datagrams.length === 1);
    assert.deepEqual(own.texts, []);
  });

  test('brings nothing before joinGroup, and nothing after leaveGroup', async (stage) => {
    const { here, there } = stage;
    const group = family.group(stage);
    const recorder = new Recorder<MulticastTransport>();
    const member = await openMember(stage, family, there, recorder);
    const sender = await openMember(stage, family, here);
    const { port } = member.getHost();
    const own = family.of(there);
    const writeBoth = bothWriter(stage, sender, recorder, { group, own, port });
    await writeBoth('before');
    await stage.result(member.joinGroup(group, own));
    await writeBoth('while');
    await stage.result(member.leaveGroup(group, own));
    await writeBoth('after');
    assert.deepEqual(recorder.texts, ['before', 'while to the group', 'while', 'after']);
  });

  test('leaves its groups when it is closed', async (stage) => {
    const { here, there } = stage;
    const group = family.group(stage);
    const member = await openMember(stage, family, there);
    await stage.result(member.joinGroup(group, family.of(there)));
    const { port } = member.getHost();
    await stage.result(member.stopListening());
    const recorder = new Recorder<MulticastTransport>();
    await openMember(stage, family, there, recorder, { port });
    const sender = await openMember(stage, family, here);
    sender.write('to the group', { host: group, port });
    await stage.turns();
    sender.write('to you', { host: family.of(there), port });
    await stage.until(() => recorder.texts.includes('to you'));
    assert.deepEqual(recorder.texts, ['to you']);
  });

  test('keeps every byte, from none to many', async (stage) => {
    const { here, there } = stage;
    const group = family.group(stage);
    const recorder = new Recorder<MulticastTransport>();
    const member = await openMember(stage, family, there, recorder);
    await stage.result(member.joinGroup(group, family.of(there)));
    const sender = await openMember(stage, family, here);
    for (const [i, size] of [0, 1, 1400, 9216, 65507].entries()) {
      const data = here.reactor.randomBytes(size);
      sender.write(data, { host: group, port: member.getHost().port });
      await stage.until(() => recorder.datagrams.length === i + 1);
      assert.ok(data.equals(recorder.datagrams[i]!.data), `${size} bytes arrived changed`);
    }
  });

  test('delivers nothing inside write or joinGroup', async (stage) => {
    const { here } = stage;
    const group = family.group(stage);
    let inside = true;
    let nested = 0;
    const recorder = new Recorder<MulticastTransport>({ datagramReceived: () => void (inside && nested++) });
    const port = here.reactor.listenMulticast(0, recorder, { interface: family.any });
    const joined = port.joinGroup(group, family.of(here));
    const outgoing = port.setOutgoingInterface(family.of(here));
    port.write('to all, myself too', { host: group, port: port.getHost().port });
    inside = false;
    await stage.result(joined);
    await stage.result(outgoing);
    await stage.until(() => recorder.datagrams.length === 1);
    assert.equal(nested, 0);
  });

  test('brings datagrams of a chosen source only after joinSourceGroup', async (stage) => {
    const { here, there } = stage;
    const group = family.group(stage);
    const recorder = new Recorder<MulticastTransport>();
    const member = await openMember(stage, family, there, recorder);
    const sender = await openMember(stage, family, here, {}, { interface: family.of(here) });
    const { port } = member.getHost();
    const own = family.of(there);
    const writeBoth = bothWriter(stage, sender, recorder, { group, own, port });
    assert.equal(await stage.result(member.joinSourceGroup(family.nobody, group, own)), undefined);
    await writeBoth('other source');
    await stage.result(member.joinSourceGroup(family.of(here), group, own));
    await writeBoth('that source');
    await stage.result(member.leaveSourceGroup(family.of(here), group, own));
    await writeBoth('no more');
    assert.deepEqual(recorder.texts, ['other source', 'that source to the group', 'that source', 'no more']);
  });

  if (!limits.noMulticastLoopback) {
    test('brings the own host its own datagrams while loopback is on, and none while it is off', async (stage) => {
      const { here } = stage;
      const group = family.group(stage);
      const recorder = new Recorder<MulticastTransport>();
      const member = await openMember(stage, family, here, recorder, { reactor: stage.another() });
      await stage.result(member.joinGroup(group, family.of(here)));
      const sender = await openMember(stage, family, here);
      const to = { host: group, port: member.getHost().port };
      sender.write('on', to);
      await stage.until(() => recorder.datagrams.length === 1);
      sender.setLoopbackMode(false);
      sender.write('off', to);
      await stage.turns();
      sender.setLoopbackMode(true);
      sender.write('on again', to);
      await stage.until(() => recorder.texts.includes('on again'));
      assert.deepEqual(recorder.texts, ['on', 'on again']);
    });
  }
}

/** Writes a text to a group, then to a member alone, and waits until that has arrived. */
function bothWriter(
  stage: Stage,
  sender: MulticastTransport,
  recorder: { readonly texts: string[] },
  { group, own, port }: { group: string; own: string; port: number },
): (text: string) => Promise<void> {
  return async (text) => {
    sender.write(`${text} to the group`, { host: group, port });
    await stage.turns();
    sender.write(text, { host: own, port });
    await stage.until(() => recorder.texts.includes(text));
  };
}
