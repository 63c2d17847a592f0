/**
 * The options of a multicast port: their values before and after they are set, and their ranges.
 */
import assert from 'node:assert/strict';
import { InvalidAddressError, NotConnectedError } from '../../lib/errors.js';
import type { ContractLimits } from './contract.js';
import { type Family, openMember } from './multicast-family.js';
import { checkError, misuse, type StageTest } from './stage.js';

export function optionTests(test: StageTest, family: Family, limits: ContractLimits): void {
  test('answers the defaults of every system: TTL 1, loopback on, the interface of its choice', ({ here }) => {
    const port = here.reactor.listenMulticast(0, {}, { interface: family.any });
    assert.equal(port.getTTL(), 1);
    assert.equal(port.getLoopbackMode(), true);
    assert.equal(port.getOutgoingInterface(), family.any);
    assert.equal(port.getBroadcastAllowed(), false);
  });

  test('answers the TTL that was set, each port its own', ({ here }) => {
    const [one, two] = [1, 2].map(() => here.reactor.listenMulticast(0, {}, { interface: family.any }));
    for (const ttl of [2, 0, 255, 128, 1]) {
      one!.setTTL(ttl);
      assert.equal(one!.getTTL(), ttl);
      assert.equal(two!.getTTL(), 1);
    }
    two!.setTTL(7);
    assert.deepEqual([one!.getTTL(), two!.getTTL()], [1, 7]);
  });

  for (const ttl of [-1, 256, 1.5, NaN, Infinity, '5', undefined, null, true]) {
    test(`refuses the TTL ${typeof ttl === 'string' ? `'${ttl}'` : ttl}: RangeError`, ({ here }) => {
      const port = here.reactor.listenMulticast(0, {}, { interface: family.any });
      port.setTTL(5);
      misuse(() => port.setTTL(ttl as number), RangeError);
      assert.equal(port.getTTL(), 5);
    });
  }

  test('answers the loopback mode that was set', ({ here }) => {
    const port = here.reactor.listenMulticast(0, {}, { interface: family.any });
    port.setLoopbackMode(false);
    assert.equal(port.getLoopbackMode(), false);
    port.setLoopbackMode(true);
    assert.equal(port.getLoopbackMode(), true);
  });

  test('answers the outgoing interface that was set', async (stage) => {
    const { here } = stage;
    const port = here.reactor.listenMulticast(0, {}, { interface: family.any });
    assert.equal(await stage.result(port.setOutgoingInterface(family.of(here))), undefined);
    assert.equal(port.getOutgoingInterface(), family.of(here));
    if (!limits.noInterfaceNames) {
      await stage.result(port.setOutgoingInterface(here.interfaceName!));
      assert.equal(port.getOutgoingInterface(), here.interfaceName);
    }
    await stage.result(port.setOutgoingInterface(family.any));
    assert.equal(port.getOutgoingInterface(), family.any);
    await stage.result(port.setOutgoingInterface(family.of(here)));
    await stage.result(port.setOutgoingInterface(''));
    assert.equal(port.getOutgoingInterface(), family.any);
  });

  for (const name of ['nosuch9', family.nobody, family.number === 4 ? '::1' : '127.0.0.1']) {
    test(`refuses ${name} as outgoing interface, and keeps the one it has: InvalidAddressError`, async (stage) => {
      const port = await openMember(stage, family, stage.here);
      await stage.failure(port.setOutgoingInterface(name), InvalidAddressError, {
        code: 'ERR_PLAIT_INVALID_ADDRESS',
        address: name,
      });
      assert.equal(port.getOutgoingInterface(), family.of(stage.here));
    });
  }

  test('reports a bad outgoing interface that nobody handles to the reactor, once', async (stage) => {
    void stage.here.reactor.listenMulticast(0, {}, { interface: family.any }).setOutgoingInterface('nosuch9');
    const [reported] = await stage.reports(1);
    checkError(reported!.error, InvalidAddressError, { address: 'nosuch9' });
    assert.equal(reported!.origin.hook, 'deferred');
  });

  test('sets nothing when the port was stopped: NotConnectedError; the getters still answer', async (stage) => {
    const port = await openMember(stage, family, stage.here);
    port.setTTL(9);
    port.setLoopbackMode(false);
    const stopped = port.stopListening();
    for (let i = 0; i < 2; i++) {
      const facts = { code: 'ERR_PLAIT_NOT_CONNECTED' };
      misuse(() => port.setTTL(1), NotConnectedError, facts);
      misuse(() => port.setLoopbackMode(true), NotConnectedError, facts);
      misuse(() => port.setOutgoingInterface(family.any), NotConnectedError, facts);
      misuse(() => port.setBroadcastAllowed(true), NotConnectedError, facts);
      assert.equal(port.getTTL(), 9);
      assert.equal(port.getLoopbackMode(), false);
      assert.equal(port.getOutgoingInterface(), family.of(stage.here));
      await stage.result(stopped);
    }
  });
}
