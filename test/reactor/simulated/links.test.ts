import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Address, DatagramProtocol } from '../../../index.js';
import { type LinkConditions, SimulatedNetwork, type SimulatedNetworkOptions } from '../../../testing.js';

/** Remembers what it hears, and when. */
class Listener extends DatagramProtocol {
  readonly heard: { text: string; at: number; from: Address }[] = [];

  override datagramReceived(data: Buffer, from: Address): void {
    this.heard.push({ text: data.toString(), at: this.transport.reactor.seconds(), from });
  }

  get texts(): string[] {
    return this.heard.map(({ text }) => text);
  }
}

function pair(options: SimulatedNetworkOptions = {}): {
  network: SimulatedNetwork;
  listener: Listener;
  send(text: string | Uint8Array): void;
} {
  const network = new SimulatedNetwork({ seed: 1, ...options });
  const [a, b] = [network.host('a'), network.host('b')];
  const listener = new Listener();
  b.reactor.listenUDP(7, listener);
  const port = a.reactor.listenUDP(0, {});
  return { network, listener, send: (text) => port.write(text, { host: b.address, port: 7 }) };
}

/** How many of 1000 one-byte datagrams are heard under these conditions. */
function heardOf1000(conditions: LinkConditions): number {
  const { network, listener, send } = pair(conditions);
  for (let i = 0; i < 1000; i++) send('x');
  network.advance(10);
  return listener.heard.length;
}

function reasons(network: SimulatedNetwork): string[] {
  return network.trace.events.flatMap((event) => (event.type === 'lost' ? [event.reason] : []));
}

describe('a simulated link', () => {
  it('takes a millisecond when nothing is said', () => {
    const { network, listener, send } = pair();
    send('x');
    network.advance(1);
    expect(listener.heard.map(({ at }) => at)).to.deep.equal([0.001]);
  });

  it('takes the latency it is given', () => {
    const { network, listener, send } = pair({ latency: 0.25 });
    send('x');
    network.advance(1);
    expect(listener.heard[0]!.at).to.equal(0.25);
  });

  it('draws each latency from its range', () => {
    const { network, listener, send } = pair({ latency: [0.1, 0.2] });
    for (let i = 0; i < 200; i++) send(String(i));
    network.advance(1);
    const times = listener.heard.map(({ at }) => at);
    expect(times).to.have.lengthOf(200);
    expect(Math.min(...times)).to.be.within(0.1, 0.11);
    expect(Math.max(...times)).to.be.within(0.19, 0.2);
  });

  it('asks a function for each latency, and gives it the seeded chance', () => {
    const { network, listener, send } = pair({ latency: (random) => (random() < 0.5 ? 0.1 : 0.3) });
    for (let i = 0; i < 100; i++) send('x');
    network.advance(1);
    expect(new Set(listener.heard.map(({ at }) => at))).to.deep.equal(new Set([0.1, 0.3]));
  });

  it('reports a latency function that gives no number of seconds', () => {
    const { network, send } = pair({ latency: () => -1 });
    expect(() => send('x')).to.throw(RangeError, /latency/);
    network.advance(1);
  });

  it('loses the share it is told to', () => {
    expect(heardOf1000({ loss: 0 })).to.equal(1000);
    expect(heardOf1000({ loss: 0.3 })).to.be.within(650, 750);
    expect(heardOf1000({ loss: 1 })).to.equal(0);
  });

  it('doubles the share it is told to', () => {
    expect(heardOf1000({ duplicate: 0.2 })).to.be.within(1150, 1250);
    expect(heardOf1000({ duplicate: 1 })).to.equal(2000);
  });

  it('keeps the order at a fixed latency, and breaks it for the share it is told to', () => {
    const numbers = Array.from({ length: 100 }, (_, i) => String(i));
    const orderly = pair({ latency: 0.01 });
    numbers.forEach(orderly.send);
    orderly.network.advance(1);
    expect(orderly.listener.texts).to.deep.equal(numbers);
    const disorderly = pair({ latency: 0.01, reorder: 0.1 });
    numbers.forEach(disorderly.send);
    disorderly.network.advance(1);
    expect(disorderly.listener.texts).to.not.deep.equal(numbers);
    expect(new Set(disorderly.listener.texts)).to.deep.equal(new Set(numbers));
  });

  it('flips one bit in the share it is told to corrupt', () => {
    const { network, listener, send } = pair({ corrupt: 1 });
    send(Buffer.alloc(100));
    send('');
    network.advance(1);
    const [corrupted, empty] = network.trace.events.flatMap((event) =>
      event.type === 'delivered' ? [event.data] : [],
    );
    const bits = [...corrupted!].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    expect(bits).to.equal(1);
    expect(empty).to.have.lengthOf(0);
    expect(listener.heard).to.have.lengthOf(2);
  });

  it('sends at its bandwidth, headers counted', () => {
    const { network, listener, send } = pair({ latency: 0, bandwidth: 8000 });
    // 100 bytes with the 28 of IPv4 and UDP: 0.128 s each at 1000 bytes a second.
    for (let i = 0; i < 3; i++) send(Buffer.alloc(100));
    network.advance(1);
    expect(listener.heard.map(({ at }) => at)).to.deep.equal([0.128, 0.256, 0.384]);
  });

  it('loses what its queue has no room for', () => {
    const { network, listener, send } = pair({ latency: 0, bandwidth: 8000, queue: 256 });
    // One is on the wire, two wait, the others find the queue full.
    for (let i = 0; i < 5; i++) send(Buffer.alloc(100));
    network.advance(10);
    expect(listener.heard).to.have.lengthOf(3);
    expect(reasons(network)).to.deep.equal(['queue', 'queue']);
    send(Buffer.alloc(100));
    network.advance(10);
    expect(listener.heard).to.have.lengthOf(4);
  });

  it('loses packets above its MTU', () => {
    const { network, listener, send } = pair({ mtu: 1500 });
    send(Buffer.alloc(1472));
    send(Buffer.alloc(1473));
    network.advance(1);
    expect(listener.heard).to.have.lengthOf(1);
    expect(reasons(network)).to.deep.equal(['mtu']);
  });

  it('carries the largest datagram where no MTU is set', () => {
    const { network, listener, send } = pair();
    send(Buffer.alloc(65507));
    network.advance(1);
    expect(listener.heard).to.have.lengthOf(1);
  });

  it('may have conditions of its own, in one direction or both', () => {
    const network = new SimulatedNetwork({ seed: 1 });
    const [a, b] = [network.host('a'), network.host('b')];
    const [atA, atB] = [new Listener(), new Listener()];
    const portA = a.reactor.listenUDP(7, atA);
    const portB = b.reactor.listenUDP(7, atB);
    const both = (): void => {
      portA.write('x', { host: b.address, port: 7 });
      portB.write('x', { host: a.address, port: 7 });
      network.advance(1);
    };
    network.link('a', 'b', { loss: 1 }, { oneWay: true });
    both();
    expect([atA.heard.length, atB.heard.length]).to.deep.equal([1, 0]);
    network.link(b, a, { loss: 1 });
    both();
    expect([atA.heard.length, atB.heard.length]).to.deep.equal([1, 0]);
    network.link(a, b, {});
    both();
    expect([atA.heard.length, atB.heard.length]).to.deep.equal([2, 1]);
  });

  it('loses everything while partitioned, also what is on its way', () => {
    const { network, listener, send } = pair({ latency: 0.1 });
    send('on its way');
    network.advance(0.05);
    network.partition('a', 'b');
    send('cut off');
    network.advance(1);
    network.heal('a', 'b');
    send('healed');
    network.advance(1);
    expect(listener.texts).to.deep.equal(['healed']);
    expect(reasons(network)).to.deep.equal(['partition', 'partition']);
  });

  it('heals the partitions of one host, or all', () => {
    const network = new SimulatedNetwork();
    const hosts = ['a', 'b', 'c'].map((name) => network.host(name));
    const listeners = hosts.map((host) => {
      const listener = new Listener();
      host.reactor.listenUDP(7, listener);
      return listener;
    });
    const ports = hosts.map((host) => host.reactor.listenUDP(0, {}));
    const reached = (from: number, to: number): boolean => {
      const before = listeners[to]!.heard.length;
      ports[from]!.write('x', { host: hosts[to]!.address, port: 7 });
      network.advance(1);
      return listeners[to]!.heard.length > before;
    };
    network.partition('a', 'b');
    network.partition('b', 'c');
    expect([reached(0, 1), reached(1, 2), reached(0, 2)]).to.deep.equal([false, false, true]);
    network.heal('a');
    expect([reached(0, 1), reached(1, 2)]).to.deep.equal([true, false]);
    network.heal();
    expect(reached(1, 2)).to.equal(true);
  });

  it('keeps back what is held and lets it go in order', () => {
    const { network, listener, send } = pair();
    network.hold('a', 'b');
    for (const text of ['1', '2', '3']) send(text);
    network.advance(5);
    expect(listener.heard).to.deep.equal([]);
    network.release('a', 'b');
    network.advance(1);
    expect(listener.texts).to.deep.equal(['1', '2', '3']);
    expect(listener.heard[0]!.at).to.equal(5.001);
  });

  it('does not disturb the luck of another link', () => {
    const heard = (extra: boolean): number[] => {
      const network = new SimulatedNetwork({ seed: 3, loss: 0.5 });
      const [a, b, c] = [network.host('a'), network.host('b'), network.host('c')];
      const listener = new Listener();
      b.reactor.listenUDP(7, listener);
      const port = a.reactor.listenUDP(0, {});
      for (let i = 0; i < 50; i++) {
        if (extra) port.write('x', { host: c.address, port: 7 });
        port.write(String(i), { host: b.address, port: 7 });
      }
      network.advance(1);
      return listener.texts.map(Number);
    };
    expect(heard(true)).to.deep.equal(heard(false));
  });
});
