/**
 * Joining and leaving: what goes, and the MulticastJoinError of what does not.
 */
import assert from 'node:assert/strict';
import type { Deferred } from '../../lib/deferred/deferred.js';
import { MulticastJoinError, NotConnectedError } from '../../lib/errors.js';
import type { MulticastPort, MulticastTransport } from '../../lib/interfaces.js';
import type { ContractHost, ContractLimits } from './contract.js';
import { type Family, openMember } from './multicast-family.js';
import { checkError, misuse, Recorder, type Stage, type StageTest } from './stage.js';

const CODE = 'ERR_PLAIT_MULTICAST_JOIN';

export function membershipTests(test: StageTest, family: Family, limits: ContractLimits): void {
  test('joins, leaves, joins again, leaves again', async (stage) => {
    const port = await openMember(stage, family, stage.here);
    const group = family.group(stage);
    const own = family.of(stage.here);
    for (let i = 0; i < 2; i++) {
      assert.equal(await stage.result(port.joinGroup(group, own)), undefined);
      assert.equal(await stage.result(port.leaveGroup(group, own)), undefined);
    }
  });

  test('joins and leaves by the interface that the system chooses', async (stage) => {
    const port = await openMember(stage, family, stage.here);
    const group = family.group(stage);
    // Where the system finds none it says so.
    for (const own of [undefined, '']) {
      const joined = await outcome(stage, port.joinGroup(group, own));
      if (joined === undefined) await stage.result(port.leaveGroup(group, own));
      else checkError(joined, MulticastJoinError, { group, interface: '' });
    }
  });

  test('refuses to join twice: MulticastJoinError, and stays a member', async (stage) => {
    const { here, there } = stage;
    const recorder = new Recorder<MulticastTransport>();
    const port = await openMember(stage, family, there, recorder);
    const group = family.group(stage);
    const own = family.of(there);
    await stage.result(port.joinGroup(group, own));
    await fails(stage, port.joinGroup(group, own), { group, interface: own }, 'EADDRINUSE');
    const sender = await openMember(stage, family, here);
    sender.write('x', { host: group, port: port.getHost().port });
    await stage.until(() => recorder.datagrams.length === 1);
  });

  test('refuses to leave what it has not joined: MulticastJoinError', async (stage) => {
    const port = await openMember(stage, family, stage.here);
    const group = family.group(stage);
    const own = family.of(stage.here);
    await fails(stage, port.leaveGroup(group, own), { group, interface: own }, 'EADDRNOTAVAIL');
    await stage.result(port.joinGroup(group, own));
    await stage.result(port.leaveGroup(group, own));
    await fails(stage, port.leaveGroup(group, own), { group, interface: own }, 'EADDRNOTAVAIL');
  });

  test('has memberships of its own: another port of the same host may join too', async (stage) => {
    const group = family.group(stage);
    const own = family.of(stage.here);
    const [one, two] = [await openMember(stage, family, stage.here), await openMember(stage, family, stage.here)];
    await stage.result(one.joinGroup(group, own));
    await fails(stage, two.leaveGroup(group, own), { group }, 'EADDRNOTAVAIL');
    await stage.result(two.joinGroup(group, own));
    await stage.result(one.leaveGroup(group, own));
    await stage.result(two.leaveGroup(group, own));
  });

  const each = (
    name: string,
    membership: (port: MulticastPort, family: Family, own: string) => { group: string; call: Deferred<void> },
  ): void =>
    test(`refuses ${name}: MulticastJoinError`, async (stage) => {
      const port = await openMember(stage, family, stage.here);
      const { group, call } = membership(port, family, family.of(stage.here));
      await fails(stage, call, { group });
    });

  each('to join what is no group', (port, { nobody }, own) => ({ group: nobody, call: port.joinGroup(nobody, own) }));
  each('to leave what is no group', (port, { nobody }, own) => ({ group: nobody, call: port.leaveGroup(nobody, own) }));
  each('a source for what is no group', (port, { nobody }, own) => ({
    group: nobody,
    call: port.joinSourceGroup(own, nobody, own),
  }));
  each('a group of the other family', (port, { otherGroup }) => ({
    group: otherGroup,
    call: port.joinGroup(otherGroup),
  }));
  each('to leave a group of the other family', (port, { otherGroup }) => ({
    group: otherGroup,
    call: port.leaveGroup(otherGroup),
  }));

  for (const action of ['joinGroup', 'leaveGroup'] as const) {
    test(`refuses an interface of the other family in ${action}: MulticastJoinError`, async (stage) => {
      const port = await openMember(stage, family, stage.here);
      const group = family.group(stage);
      const other = family.number === 4 ? '::1' : '127.0.0.1';
      await fails(stage, port[action](group, other), { group, interface: other });
    });

    test(`refuses an interface that is not there in ${action}: MulticastJoinError`, async (stage) => {
      const port = await openMember(stage, family, stage.here);
      const group = family.group(stage);
      await fails(stage, port[action](group, family.nobody), { group, interface: family.nobody });
      await fails(stage, port[action](group, 'nosuch9'), { group, interface: 'nosuch9' }, 'ENODEV');
    });
  }

  for (const action of ['joinSourceGroup', 'leaveSourceGroup'] as const) {
    test(`refuses a source that is no address, or one of the other family, in ${action}: MulticastJoinError`, async (stage) => {
      const port = await openMember(stage, family, stage.here);
      const group = family.group(stage);
      const own = family.of(stage.here);
      for (const source of ['localhost', '', family.number === 4 ? '::1' : '127.0.0.1']) {
        await fails(stage, port[action](source, group, own), { group, interface: own });
      }
    });
  }

  test('refuses to join a source twice, and to leave one not joined: MulticastJoinError', async (stage) => {
    const port = await openMember(stage, family, stage.here);
    const group = family.group(stage);
    const own = family.of(stage.here);
    await fails(stage, port.leaveSourceGroup(own, group, own), { group, interface: own });
    await stage.result(port.joinSourceGroup(own, group, own));
    await fails(stage, port.joinSourceGroup(own, group, own), { group, interface: own });
    await stage.result(port.joinSourceGroup(family.nobody, group, own));
    await stage.result(port.leaveSourceGroup(own, group, own));
    await fails(stage, port.leaveSourceGroup(own, group, own), { group, interface: own });
    await stage.result(port.leaveSourceGroup(family.nobody, group, own));
  });

  test('throws NotConnectedError when the port was stopped', async (stage) => {
    const port = await openMember(stage, family, stage.here);
    const group = family.group(stage);
    const own = family.of(stage.here);
    const stopped = port.stopListening();
    for (let i = 0; i < 2; i++) {
      for (const call of [
        () => port.joinGroup(group),
        () => port.leaveGroup(group),
        () => port.joinSourceGroup(own, group),
        () => port.leaveSourceGroup(own, group),
      ]) {
        misuse(call, NotConnectedError, { code: 'ERR_PLAIT_NOT_CONNECTED' });
      }
      await stage.result(stopped);
    }
  });

  test('reports a failure that nobody handles to the reactor, once', async (stage) => {
    const port = await openMember(stage, family, stage.here);
    void port.joinGroup(family.nobody);
    const [reported] = await stage.reports(1);
    checkError(reported!.error, MulticastJoinError, { code: CODE, group: family.nobody, interface: '' });
    assert.equal(reported!.origin.hook, 'deferred');
  });

  test('reports a failure that startProtocol returns once, as its own', async (stage) => {
    const recorder = new Recorder<MulticastTransport>({
      startProtocol: ({ transport }) => transport.joinGroup(family.nobody),
    });
    stage.here.reactor.listenMulticast(0, recorder, { interface: family.any });
    const [reported] = await stage.reports(1);
    checkError(reported!.error, MulticastJoinError, { group: family.nobody });
    assert.equal(reported!.origin.hook, 'startProtocol');
    assert.equal(reported!.origin.source, recorder);
  });

  if (limits.noInterfaceNames) return;

  test('takes the interface by its name, which is the same as by its address', async (stage) => {
    const { here, there } = stage;
    const group = family.group(stage);
    const recorder = new Recorder<MulticastTransport>();
    const port = await openMember(stage, family, there, recorder);
    const name = nameOf(there);
    await stage.result(port.joinGroup(group, name));
    await fails(stage, port.joinGroup(group, family.of(there)), { group, interface: family.of(there) }, 'EADDRINUSE');
    const sender = await openMember(stage, family, here);
    sender.write('x', { host: group, port: port.getHost().port });
    await stage.until(() => recorder.datagrams.length === 1);
    await stage.result(port.leaveGroup(group, family.of(there)));
    await fails(stage, port.leaveGroup(group, name), { group, interface: name }, 'EADDRNOTAVAIL');
    await stage.result(port.joinSourceGroup(family.of(here), group, name));
    await stage.result(port.leaveSourceGroup(family.of(here), group, name));
  });

  test('sends by the interface that was named', async (stage) => {
    const { here, there } = stage;
    const group = family.group(stage);
    const recorder = new Recorder<MulticastTransport>();
    const port = await openMember(stage, family, there, recorder);
    await stage.result(port.joinGroup(group, family.of(there)));
    const sender = here.reactor.listenMulticast(0, {}, { interface: family.any });
    assert.equal(await stage.result(sender.setOutgoingInterface(nameOf(here))), undefined);
    assert.equal(sender.getOutgoingInterface(), nameOf(here));
    sender.write('x', { host: group, port: port.getHost().port });
    await stage.until(() => recorder.datagrams.length === 1);
  });
}

async function fails(stage: Stage, call: Deferred<void>, facts: object, causeCode?: string): Promise<void> {
  const error = await stage.failure(call, MulticastJoinError, { code: CODE, ...facts });
  assert.ok(error.cause instanceof Error);
  if (causeCode !== undefined) assert.equal((error.cause as { code?: string }).code, causeCode);
}

/** Waits until `deferred` has fired, and gives its error, if it has failed. */
async function outcome(stage: Stage, deferred: Deferred<void>): Promise<Error | undefined> {
  try {
    await stage.result(deferred);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

function nameOf(host: ContractHost): string {
  assert.ok(
    host.interfaceName !== undefined,
    'the hosts name no interface: give them an interfaceName, or the limit noInterfaceNames',
  );
  return host.interfaceName;
}
