/** What must hold on every network, tried on many. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Address, Clock, UDPPort } from '../../../index.js';
import {
  type DeliveryFailedError,
  type GuaranteedDatagramOptions,
  GuaranteedDatagramProtocol,
} from '../../../protocols/index.js';
import { decode, wireFormat } from '../../../protocols/guaranteed/wire.js';
import { explore, type SimulatedHost, type SimulatedNetwork, type TraceEvent } from '../../../testing.js';

const RUNS = 2000;
const PORT = 4323;
const FORMAT = wireFormat();

/** Sends messages that all differ, and keeps what becomes of each; answers some of those it hears. */
class Talker extends GuaranteedDatagramProtocol {
  readonly host: SimulatedHost;
  readonly delivered: string[] = [];
  readonly confirmed: string[] = [];
  readonly failed: [text: string, reason: string][] = [];
  sent = 0;

  constructor(host: SimulatedHost, options: GuaranteedDatagramOptions) {
    super(options);
    this.host = host;
  }

  say(text: string, to: Address): void {
    this.sent++;
    this.send(text, to).addCallbacks(
      () => this.confirmed.push(text),
      (error) => this.failed.push([text, (error as DeliveryFailedError).reason]),
    );
  }

  override messageReceived(data: Buffer, from: Address): void {
    const text = data.toString();
    this.delivered.push(text);
    if (text.startsWith('ask')) this.say(`answer to ${text}`, from);
  }
}

/** A network of two that chance makes bad, on which both talk, and which is then drained. */
function scenario(network: SimulatedNetwork): void {
  const [a, b] = [network.host('a'), network.host('b')];
  const chance = (): number => a.reactor.random();
  const among = <T>(...list: T[]): T => list[Math.floor(chance() * list.length)]!;
  const bad = (): object => ({
    latency: among<number | [number, number]>(0.0001, 0.01, 0.3, [0.001, 0.05], [0.01, 0.9]),
    loss: among(0, 0.05, 0.2, 0.5),
    duplicate: among(0, 0.1, 0.5),
    reorder: among(0, 0.1, 0.5),
  });
  network.link(a, b, bad(), { oneWay: true });
  network.link(b, a, bad(), { oneWay: true });
  const options: GuaranteedDatagramOptions = {
    profile: among('interoperable', 'interoperable', 'plait'),
    identities: among('unguessable', 'sequential'),
  };
  const talkers = [new Talker(a, options), new Talker(b, options)] as const;
  const ports = talkers.map((talker) => talker.host.reactor.listenUDP(PORT, talker));
  talkers.forEach((talker, i) => talkAtRandom(network.clock, talker, talkers[1 - i]!, chance));
  if (chance() < 0.3) {
    network.clock.callLater(chance() * 3, () => network.partition(a, b));
    network.clock.callLater(3 + chance() * 6, () => network.heal());
  }
  network.advance(chance() * 12);
  let drained = 0;
  for (const talker of talkers) talker.drain(chance() * 15).addCallback(() => drained++);
  network.runUntil(() => drained === 2, { timeout: 16 });
  network.heal();
  checkTalkers(talkers, ports, network);
  for (const host of [a, b]) checkAmplification(network.trace.events, host.name);
}

/** Some messages at some time, alone or in bursts; never the same twice, but for their length. */
function talkAtRandom(clock: Clock, talker: Talker, peer: Talker, chance: () => number): void {
  const to = { host: peer.host.address, port: PORT };
  const bursts = Math.floor(chance() * 3);
  for (let burst = 0; burst < bursts; burst++) {
    const size = Math.floor(chance() * 5) + 1;
    clock.callLater(chance() * 5, () => {
      for (let i = 0; i < size; i++) {
        const text = `${i % 2 === 0 ? 'ask' : 'tell'} ${talker.host.name} ${burst} ${i}`;
        if (talker.connected) talker.say(text + 'x'.repeat(chance() < 0.2 ? 3000 : 0), to);
      }
    });
  }
}

function checkTalkers(talkers: readonly [Talker, Talker], ports: readonly UDPPort[], network: SimulatedNetwork): void {
  for (const [i, talker] of talkers.entries()) {
    const delivered = new Set(talkers[1 - i]!.delivered);
    expect(delivered.size, 'delivered at most once').to.equal(talkers[1 - i]!.delivered.length);
    for (const text of talker.confirmed) expect(delivered.has(text), `${text} was confirmed`).to.equal(true);
    expect(talker.confirmed.length + talker.failed.length, 'all known').to.equal(talker.sent);
    const reasons = new Set(talker.failed.map(([, reason]) => reason));
    expect([...reasons].filter((reason) => !['attempts', 'deadline', 'stopped'].includes(reason))).to.deep.equal([]);
    expect(talker.counters, 'nothing is held').to.deep.include({ pending: 0, unacknowledged: 0, peers: 0, held: 0 });
    expect(talker.connected).to.equal(false);
    expect(talker.host.reactor.openHandles().map(String), 'nothing is open').to.deep.equal([]);
    expect(ports[i]!.stats.dropped).to.equal(0);
  }
  network.runUntilIdle({ timeout: 10 });
}

/** Who did not speak first gets three times what it has sent at most, before there was an ACK or a RECV of its. */
function checkAmplification(events: readonly TraceEvent[], host: string): void {
  const sum = { heard: 0, bytesHeard: 0, sent: 0, bytesSent: 0 };
  for (const event of events) {
    if (event.host !== host) continue;
    if (event.type === 'sent') {
      if (sum.heard === 0) return;
      sum.sent++;
      sum.bytesSent += event.data.length;
      expect(sum.sent, 'datagrams drawn').to.be.at.most(3 * sum.heard);
      expect(sum.bytesSent, 'bytes drawn').to.be.at.most(3 * sum.bytesHeard);
    } else if (event.type === 'delivered') {
      if (decode(FORMAT, event.data)?.type !== 'data') return;
      sum.heard++;
      sum.bytesHeard += event.data.length;
    }
  }
}

describe('guaranteed delivery', () => {
  it(`delivers at most once, and once what was confirmed, and leaves nothing: ${RUNS} networks`, async () => {
    await explore({ runs: RUNS, shrinks: 50 }, scenario);
  }).timeout(60_000);

  it('gets everything through where no message is lost six times', async () => {
    const scene = (network: SimulatedNetwork): void => {
      const [a, b] = [network.host('a'), network.host('b')];
      const [here, there] = [new Talker(a, {}), new Talker(b, {})];
      a.reactor.listenUDP(PORT, here);
      b.reactor.listenUDP(PORT, there);
      for (let i = 0; i < 20; i++) here.say(`ask ${i}`, { host: b.address, port: PORT });
      network.runUntil(() => here.delivered.length === 20, { timeout: 10 });
      network.advance(7);
      expect([here.confirmed.length, there.confirmed.length]).to.deep.equal([20, 20]);
    };
    await explore({ runs: 50, network: { loss: 0.05, duplicate: 0.05, reorder: 0.05, trace: false } }, scene);
  }).timeout(20_000);
});
