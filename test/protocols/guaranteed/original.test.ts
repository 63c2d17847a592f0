import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Address } from '../../../index.js';
import { type LinkConditions, type SimulatedNetwork, type SimulatedHost, simulation } from '../../../testing.js';
import { Listener } from './fixtures.js';
import { Original } from './original.js';

const COUNT = 100;

interface Ends {
  readonly ours: Listener;
  readonly theirs: Original;
  readonly here: Address;
  readonly there: Address;
  readonly hosts: readonly SimulatedHost[];
}

function ends(network: SimulatedNetwork): Ends {
  const hosts = [network.host('ours'), network.host('theirs')] as const;
  const [ours, theirs] = [new Listener(), new Original()];
  hosts[0].reactor.listenUDP(4323, ours);
  hosts[1].reactor.listenUDP(4323, theirs);
  const [here, there] = hosts.map(({ address }) => ({ host: address, port: 4323 }));
  return { ours, theirs, here: here!, there: there!, hosts };
}

const texts = Array.from({ length: COUNT }, (_, i) => `message ${i}`);
const sorted = (list: readonly string[]): string[] => [...list].sort();

describe('with the original at the other end', () => {
  const links: Record<string, LinkConditions> = {
    'a good link': {},
    'a link that loses a twentieth': { loss: 0.05 },
    'a link that loses a fifth': { loss: 0.2 },
    'a slow link': { latency: 0.4 },
    'a link that doubles': { duplicate: 0.3 },
  };
  for (const [name, conditions] of Object.entries(links)) {
    it(
      `what is sent to it arrives once, over ${name}`,
      simulation(conditions, (network) => {
        const { ours, theirs, there, hosts } = ends(network);
        let [confirmed, failed] = [0, 0];
        for (const [i, text] of texts.entries()) {
          hosts[0]!.reactor.callLater(i / 50, () => {
            ours.send(text, there).addCallbacks(
              () => confirmed++,
              () => failed++,
            );
          });
        }
        network.advance(60);
        expect(confirmed + failed).to.equal(COUNT);
        expect(failed).to.be.at.most(1);
        expect(sorted(theirs.received)).to.deep.equal(sorted(texts));
        expect(ours.counters.pending).to.equal(0);
      }),
    );

    it(
      `what it sends arrives once, over ${name}`,
      simulation(conditions, (network) => {
        const { ours, theirs, here, hosts } = ends(network);
        for (const [i, text] of texts.entries()) {
          hosts[1]!.reactor.callLater(i / 50, () => theirs.sendto(text, here));
        }
        network.advance(60);
        expect(new Set(ours.messages).size, 'each once').to.equal(ours.messages.length);
        expect(ours.messages.length).to.be.at.least(COUNT - 1);
        expect([theirs.sentPackets.size, ours.counters.unacknowledged]).to.deep.equal([0, 0]);
      }),
    );
  }

  it(
    'messages to which it has given one identity both arrive',
    simulation((network) => {
      const { ours, theirs, here } = ends(network);
      theirs.sendto('ac', here);
      theirs.sendto('ba', here);
      network.advance(10);
      expect(ours.messages).to.deep.equal(['ac', 'ba']);
    }),
  );

  it(
    'no copy reaches it after it has forgotten the message, even if no answer of its gets through',
    simulation({ latency: 0.05 }, (network) => {
      const { ours, theirs, there, hosts } = ends(network);
      network.link(hosts[1]!, hosts[0]!, { loss: 1 }, { oneWay: true });
      ours.send('x', there).addErrback(() => {});
      network.advance(60);
      expect(theirs.received).to.deep.equal(['x']);
      const copies = network.trace.events.filter((each) => each.type === 'delivered' && each.host === 'theirs');
      expect(copies).to.have.lengthOf(6);
      expect(copies.at(-1)!.time - copies[0]!.time).to.be.lessThan(4.5);
    }),
  );

  it(
    'its RECVs are answered until it is content, when ACKs are lost',
    simulation((network) => {
      const { ours, theirs, there, hosts } = ends(network);
      const confirmed = ours.send('x', there);
      network.runUntil(() => theirs.received.length === 1, { timeout: 1 });
      network.link(hosts[0]!, hosts[1]!, { loss: 1 }, { oneWay: true });
      network.advance(1.2);
      expect([confirmed.called, theirs.receivedPackets.size]).to.deep.equal([true, 1]);
      network.link(hosts[0]!, hosts[1]!, { loss: 0 });
      network.advance(0.6);
      expect(theirs.receivedPackets.size).to.equal(0);
    }),
  );

  it(
    'an echo of each message comes back',
    simulation({ loss: 0.1 }, (network) => {
      const { ours, theirs, there, hosts } = ends(network);
      const receive = theirs.datagramReceived.bind(theirs);
      let echoed = 0;
      theirs.datagramReceived = (data, address) => {
        receive(data, address);
        while (echoed < theirs.received.length) theirs.sendto(theirs.received[echoed++]!, address);
      };
      for (const [i, text] of texts.entries()) {
        hosts[0]!.reactor.callLater(i / 20, () => void ours.send(text, there).addErrback(() => {}));
      }
      network.advance(60);
      expect(sorted(ours.messages)).to.deep.equal(sorted(texts));
    }),
  );
});
