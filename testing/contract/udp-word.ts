/**
 * What a port can be asked to tell beside the datagrams: errors of the network (`reportErrors`), and where datagrams were
 * sent to (`packetInfo`).
 */
import assert from 'node:assert/strict';
import type { Address } from '../../lib/address.js';
import { UndeliveredError } from '../../lib/errors.js';
import type { ContractLimits } from './contract.js';
import { address6, addressOf, Answerer, checkError, Recorder, type Stage, type StageTest } from './stage.js';

export function wordTests(test: StageTest, limits: ContractLimits): void {
  if (!limits.noReportErrors) reportErrorsTests(test, limits);
  if (!limits.noPacketInfo) packetInfoTests(test, limits);
}

function reportErrorsTests(test: StageTest, limits: ContractLimits): void {
  test('reportErrors: an unconnected port is told who refused, and lives on', async (stage) => {
    const nobody = await stage.deserted(stage.there);
    const heard: [Error, Address][] = [];
    const answered = new Answerer();
    const port = stage.open(
      stage.here,
      { errorReceived: (error, address) => void heard.push([error, address]) },
      { reportErrors: true },
    );
    port.write('hello', nobody);
    await stage.until(() => heard.length === 1);
    assert.deepEqual(heard[0]![1], nobody);
    checkError(heard[0]![0], UndeliveredError, { reason: 'ECONNREFUSED', address: nobody });
    assert.equal(port.stats.refused, 0);
    port.write('hello', addressOf(stage.open(stage.there, answered)));
    await stage.until(() => answered.texts.length === 1);
  });

  test('reportErrors: no refusal costs the datagram that is written after it', async (stage) => {
    const nobody = await stage.deserted(stage.there);
    const there = new Recorder();
    const to = addressOf(stage.open(stage.there, there));
    let errors = 0;
    const port = stage.open(stage.here, { errorReceived: () => void errors++ }, { reportErrors: true });
    for (let i = 0; i < 5; i++) {
      port.write(`lost ${i}`, nobody);
      port.write(`got ${i}`, to);
    }
    await stage.until(() => there.datagrams.length === 5 && errors >= 1);
    assert.deepEqual(there.texts, ['got 0', 'got 1', 'got 2', 'got 3', 'got 4']);
    assert.equal(port.stats.dropped, 0);
  });

  const testOfRefusal: StageTest = limits.noRefusal ? () => {} : test;
  testOfRefusal('reportErrors: a connected port goes on to hear of refusals in connectionRefused', async (stage) => {
    const nobody = await stage.deserted(stage.there);
    const words: string[] = [];
    const port = stage.open(
      stage.here,
      {
        connectionRefused: () => void words.push('refused'),
        errorReceived: () => void words.push('error'),
      },
      { reportErrors: true },
    );
    port.connect(nobody.host, nobody.port);
    port.write('hello');
    await stage.until(() => words.length === 1);
    assert.deepEqual(words, ['refused']);
  });

  test('reportErrors: what errorReceived throws is reported, and the port lives on', async (stage) => {
    const nobody = await stage.deserted(stage.there);
    const protocol = new (class extends Recorder {
      override errorReceived(): void {
        throw new Error('of the hook');
      }
    })();
    const port = stage.open(stage.here, protocol, { reportErrors: true });
    port.write('hello', nobody);
    const [reported] = await stage.reports(1);
    assert.equal(reported!.error.message, 'of the hook');
    assert.deepEqual(reported!.origin, { hook: 'errorReceived', source: protocol });
    port.write('hello', addressOf(stage.open(stage.there, new Answerer())));
    await stage.until(() => protocol.texts.length === 1);
  });

  test('without reportErrors an unconnected port is told nothing', async (stage) => {
    const nobody = await stage.deserted(stage.there);
    let errors = 0;
    const protocol = new (class extends Recorder {
      override errorReceived(): void {
        errors++;
      }
    })();
    const port = stage.open(stage.here, protocol);
    port.write('hello', nobody);
    port.write('hello', addressOf(stage.open(stage.there, new Answerer())));
    await stage.until(() => protocol.texts.length === 1);
    await stage.turns();
    assert.equal(errors, 0);
  });
}

function packetInfoTests(test: StageTest, limits: ContractLimits): void {
  const families: [name: string, at: (stage: Stage) => string, any: string][] = [
    ['IPv4', (stage) => stage.there.address, '0.0.0.0'],
  ];
  if (!limits.noIPv6) families.push(['IPv6', (stage) => address6(stage.there), '::']);
  for (const [family, at, any] of families) {
    test(`packetInfo: a port of all addresses sees where it was asked, and answers from there (${family})`, async (stage) => {
      const asked = new Answerer();
      const asker = new Recorder();
      const host = at(stage);
      const { port } = addressOf(stage.there.reactor.listenUDP(0, asked, { interface: any, packetInfo: true }));
      const client = family === 'IPv4' ? stage.open(stage.here, asker) : stage.open6(stage.here, asker);
      client.connect(host, port);
      client.write('hello');
      await stage.until(() => asker.datagrams.length === 1);
      assert.equal(asked.datagrams[0]!.address.destination, host);
      client.write('again');
      await stage.until(() => asker.datagrams.length === 2);
      assert.equal(asked.datagrams[0]!.address, asked.datagrams[1]!.address);
    });
  }

  test('without packetInfo an address has no destination', async (stage) => {
    const asked = new Recorder();
    stage.open(stage.here).write('hello', addressOf(stage.open(stage.there, asked)));
    await stage.until(() => asked.datagrams.length === 1);
    assert.deepEqual(Object.keys(asked.datagrams[0]!.address), ['host', 'port']);
  });
}
