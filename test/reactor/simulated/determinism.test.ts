import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Address, DatagramProtocol, LoopingCall } from '../../../index.js';
import { Echo } from '../../../protocols/index.js';
import { SimulatedNetwork } from '../../../testing.js';
import { simulatedTraffic } from './traffic.js';

describe('one seed', () => {
  it('decides everything: equal seeds give equal traces, byte for byte', () => {
    const [one, other] = [simulatedTraffic(42), simulatedTraffic('42')];
    expect(one.toString()).to.equal(other.toString());
    expect(one.digest()).to.equal(other.digest());
    expect(one.toPcap().equals(other.toPcap())).to.equal(true);
    expect(one.events.length).to.be.greaterThan(500);
  });

  it('decides the same on every version of Node', () => {
    expect(simulatedTraffic(42).digest()).to.equal(DIGEST);
  });

  it('makes a difference', () => {
    expect(simulatedTraffic(1).digest()).to.not.equal(simulatedTraffic(2).digest());
  });

  it('decides the random bytes of each host, and gives each its own', () => {
    const bytes = (seed: number): string[] => {
      const network = new SimulatedNetwork({ seed });
      return ['a', 'b'].map((name) => network.host(name).reactor.randomBytes(16).toString('hex'));
    };
    expect(bytes(1)).to.deep.equal(bytes(1));
    expect(bytes(1)).to.not.deep.equal(bytes(2));
    expect(bytes(1)[0]).to.not.equal(bytes(1)[1]);
  });

  it('gives a restarted host other random bytes', () => {
    const host = new SimulatedNetwork().host('a');
    const before = host.reactor.randomBytes(16);
    expect(host.restart().randomBytes(16).equals(before)).to.equal(false);
  });

  it('is that of the options, else that of the environment, else 1', () => {
    const before = process.env['PLAIT_SEED'];
    try {
      delete process.env['PLAIT_SEED'];
      expect(new SimulatedNetwork().seed).to.equal(1);
      process.env['PLAIT_SEED'] = 'fixed';
      expect(new SimulatedNetwork().seed).to.equal('fixed');
      expect(new SimulatedNetwork({ seed: 3 }).seed).to.equal(3);
    } finally {
      if (before === undefined) delete process.env['PLAIT_SEED'];
      else process.env['PLAIT_SEED'] = before;
    }
  });
});

describe('a trace', () => {
  it('is not kept where it is off, and covers nothing', () => {
    const network = new SimulatedNetwork({ trace: false });
    network.host('a').reactor.listenUDP(0, new Echo());
    expect(network.trace.events).to.deep.equal([]);
  });

  it('keeps the last events where it has a limit, while its digest covers all', () => {
    const run = (limit: number): SimulatedNetwork => {
      const network = new SimulatedNetwork({ trace: { limit } });
      const loop = new LoopingCall(network.host('a').reactor, function tick() {});
      loop.start(1);
      network.advance(100);
      loop.stop();
      return network;
    };
    const [short, long] = [run(10), run(1000)];
    expect(short.trace.events).to.have.lengthOf(10);
    expect(short.trace.events.at(-1)).to.deep.include({ type: 'timer', time: 100, host: 'a' });
    expect(short.trace.digest()).to.equal(long.trace.digest());
  });

  it('keeps the bytes as they were, whatever a protocol does to them', () => {
    class Eraser extends DatagramProtocol {
      override datagramReceived(data: Buffer, _from: Address): void {
        data.fill(0);
      }
    }
    const network = new SimulatedNetwork();
    const [a, b] = [network.host('a'), network.host('b')];
    b.reactor.listenUDP(7, new Eraser());
    const own = Buffer.from('text');
    a.reactor.listenUDP(0, {}).write(own, { host: b.address, port: 7 });
    own.fill(0);
    network.advance(1);
    const texts = network.trace.events.flatMap((event) => ('data' in event ? [event.data.toString()] : []));
    expect(texts).to.deep.equal(['text', 'text']);
  });
});

/** What this run has come to when it was written: any change of it means that old seeds are worth nothing. */
const DIGEST = '18c8a7d7a8a04f5b15e6d871146fe3d2';
