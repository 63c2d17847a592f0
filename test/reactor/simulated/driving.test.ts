import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Address, DatagramProtocol, deferLater, LoopingCall, ReentrantCallError } from '../../../index.js';
import { Echo } from '../../../protocols/index.js';
import { SimulatedNetwork, SimulationTimeoutError } from '../../../testing.js';

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('Expected a rejection');
}

describe('driving a simulated network', () => {
  it('lets each thing happen at its time', () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('a');
    const times: number[] = [];
    for (const delay of [3, 1, 2]) reactor.callLater(delay, () => times.push(network.clock.seconds()));
    network.advance(2.5);
    expect(times).to.deep.equal([1, 2]);
    expect(network.clock.seconds()).to.equal(2.5);
    network.advance(0.5);
    expect(times).to.deep.equal([1, 2, 3]);
  });

  it('runs calls of all hosts on one clock, in the order in which they were scheduled', () => {
    const network = new SimulatedNetwork();
    const hosts = ['a', 'b', 'c'].map((name) => network.host(name));
    const order: string[] = [];
    for (const host of hosts) host.reactor.callLater(1, () => order.push(host.name));
    network.advance(1);
    expect(order).to.deep.equal(['a', 'b', 'c']);
  });

  it('runs until a condition is true, and no further', () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('a');
    let count = 0;
    const loop = new LoopingCall(reactor, () => count++);
    loop.start(1);
    network.runUntil(() => count === 4, { timeout: 10 });
    expect(count).to.equal(4);
    expect(network.clock.seconds()).to.equal(3);
    loop.stop();
  });

  it('says what was pending when a condition is not met in time', () => {
    const network = new SimulatedNetwork({ seed: 5, latency: 60 });
    const [a, b] = [network.host('a'), network.host('b')];
    a.reactor.callLater(100, function retry() {});
    a.reactor.listenUDP(0, {}).write('x', { host: b.address, port: 7 });
    network.hold('a', 'b');
    a.reactor.listenUDP(0, {}).write('y', { host: b.address, port: 7 });
    let error: SimulationTimeoutError | undefined;
    try {
      network.runUntil(() => false, { timeout: 10 });
    } catch (thrown) {
      error = thrown as SimulationTimeoutError;
    }
    expect(error).to.be.instanceOf(SimulationTimeoutError);
    expect(error!.timeout).to.equal(10);
    expect(error!.pending).to.have.lengthOf(3);
    expect(error!.pending[0]).to.match(/^a: .*retry/);
    expect(error!.pending[1]).to.match(/datagram #1 from 10\.0\.0\.1:\d+ to 10\.0\.0\.2:7, due at 60/);
    expect(error!.pending[2]).to.equal('1 datagrams held from a to b');
    expect(error!.message).to.match(/\(seed 5; PLAIT_SEED=5 repeats it\)$/);
    expect(network.clock.seconds()).to.equal(10);
  });

  it('runs until nothing is pending', () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('a');
    let called = 0;
    reactor.callLater(5, () => reactor.callLater(5, () => called++));
    network.runUntilIdle();
    expect(called).to.equal(1);
    expect(network.clock.seconds()).to.equal(10);
  });

  it('gives up on a network that is never idle', () => {
    const network = new SimulatedNetwork();
    const loop = new LoopingCall(network.host('a').reactor, () => {});
    loop.start(1);
    expect(() => network.runUntilIdle({ timeout: 30 })).to.throw(SimulationTimeoutError, /not idle within 30 s/);
    loop.stop();
    network.runUntilIdle();
  });

  it('runs every promise job after every event', async () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('a');
    const order: string[] = [];
    reactor.callLater(1, async () => {
      order.push('first');
      for (let i = 0; i < 50; i++) await null;
      order.push('its jobs');
    });
    reactor.callLater(1, () => order.push('second'));
    await network.advanceAsync(1);
    expect(order).to.deep.equal(['first', 'its jobs', 'second']);
  });

  it('does what a promise job has scheduled, within the same drive', async () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('a');
    const times: number[] = [];
    const program = (async () => {
      for (let i = 0; i < 3; i++) {
        await deferLater(reactor, 1);
        times.push(network.clock.seconds());
      }
    })();
    await network.advanceAsync(5);
    await program;
    expect(times).to.deep.equal([1, 2, 3]);
    expect(network.clock.seconds()).to.equal(5);
  });

  it('lets an asynchronous protocol behave as on a real loop', async () => {
    class Asker extends DatagramProtocol {
      readonly answers: string[] = [];
      override async datagramReceived(data: Buffer, address: Address): Promise<void> {
        this.answers.push(data.toString());
        await deferLater(this.transport.reactor, 1);
        if (this.answers.length < 3) this.transport.write(`${this.answers.length}`, address);
      }
    }
    const network = new SimulatedNetwork();
    const [a, b] = [network.host('a'), network.host('b')];
    b.reactor.listenUDP(7, new Echo());
    const asker = new Asker();
    a.reactor.listenUDP(0, asker).write('0', { host: b.address, port: 7 });
    await network.runUntilAsync(() => asker.answers.length === 3, { timeout: 10 });
    expect(asker.answers).to.deep.equal(['0', '1', '2']);
    await network.runUntilIdleAsync();
  });

  it('settles: promise jobs and what is due now, while time does not move', async () => {
    const network = new SimulatedNetwork({ latency: 0 });
    const [a, b] = [network.host('a'), network.host('b')];
    const heard: string[] = [];
    b.reactor.listenUDP(7, {
      async datagramReceived(data, address, transport) {
        await null;
        if (data.length < 5) transport.write(`${data.toString()}!`, address);
        else heard.push(data.toString());
      },
    });
    a.reactor.listenUDP(7, { datagramReceived: (data, address, transport) => transport.write(data, address) });
    a.reactor.listenUDP(0, {});
    a.reactor.callLater(1, () => heard.push('later'));
    a.reactor.listenUDP(8, new Echo()).write('!', { host: b.address, port: 7 });
    await network.settle();
    expect(heard).to.deep.equal(['!!!!!']);
    expect(network.clock.seconds()).to.equal(0);
  });

  it('throws what no listener took at the end, after what came later', () => {
    const network = new SimulatedNetwork({ seed: 5 });
    const { reactor } = network.host('a');
    let later = false;
    reactor.callLater(1, () => {
      throw new TypeError('bad');
    });
    reactor.callLater(2, () => {
      later = true;
    });
    expect(() => network.advance(3)).to.throw(TypeError, 'bad (seed 5; PLAIT_SEED=5 repeats it)');
    expect(later).to.equal(true);
    expect(network.clock.seconds()).to.equal(3);
    network.advance(1);
  });

  it('throws several errors together', () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('a');
    for (const text of ['one', 'two']) {
      reactor.callLater(1, () => {
        throw new Error(text);
      });
    }
    let error: AggregateError | undefined;
    try {
      network.advance(1);
    } catch (thrown) {
      error = thrown as AggregateError;
    }
    expect(error).to.be.instanceOf(AggregateError);
    expect(error!.errors.map((each: Error) => each.message)).to.deep.equal(['one', 'two']);
    expect(error!.message).to.contain('PLAIT_SEED');
  });

  it('leaves to listeners what they took', () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('a');
    const seen: string[] = [];
    reactor.on('error', (error, { hook }) => seen.push(`${hook}: ${error.message}`));
    reactor.callLater(1, () => {
      throw new Error('bad');
    });
    network.advance(1);
    expect(seen).to.deep.equal(['timer: bad']);
  });

  it('rejects with the failure of an asynchronous hook, once', async () => {
    const network = new SimulatedNetwork();
    const [a, b] = [network.host('a'), network.host('b')];
    b.reactor.listenUDP(7, {
      async datagramReceived() {
        await null;
        throw new Error('bad');
      },
    });
    a.reactor.listenUDP(0, {}).write('x', { host: b.address, port: 7 });
    expect((await rejection(network.advanceAsync(1))).message).to.match(/^bad \(seed/);
    await network.advanceAsync(1);
  });

  it('rejects with the failure of a Deferred of the reactor that nobody handles', async () => {
    const network = new SimulatedNetwork();
    network.host('a').reactor.resolve('nobody.example');
    expect((await rejection(network.advanceAsync(1))).name).to.equal('DNSLookupError');
  });

  it('does not report a failure that a waiting function takes, however it is driven', async () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('a');
    const program = (async () => {
      try {
        await reactor.resolve('nobody.example');
      } catch (error) {
        return (error as Error).name;
      }
      return undefined;
    })();
    network.advance(1);
    expect(await program).to.equal('DNSLookupError');
    await network.settle();
  });

  it('goes no way but forward', () => {
    const network = new SimulatedNetwork({ seed: 5 });
    expect(() => network.advance(-1)).to.throw(RangeError, /PLAIT_SEED=5/);
    expect(() => network.advance(Number.NaN)).to.throw(RangeError);
    expect(() => network.runUntil(() => true, { timeout: -1 })).to.throw(RangeError);
  });

  it('is not driven from inside a callback', async () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('a');
    for (const drive of [
      () => network.advance(1),
      () => network.runUntil(() => true, { timeout: 1 }),
      () => network.runUntilIdle(),
      () => network.clock.advance(1),
    ]) {
      reactor.callLater(1, drive);
      expect(() => network.advance(1)).to.throw(ReentrantCallError);
    }
    reactor.callLater(1, () => network.settle());
    expect((await rejection(network.advanceAsync(1))).name).to.equal('ReentrantCallError');
  });

  it('is not driven twice at once', async () => {
    const network = new SimulatedNetwork();
    const first = network.advanceAsync(1);
    expect(() => network.advance(1)).to.throw(ReentrantCallError, /advance/);
    await first;
  });

  it('stops a chain of events that never leaves an instant', () => {
    const network = new SimulatedNetwork({ latency: 0, trace: false });
    const [a, b] = [network.host('a'), network.host('b')];
    b.reactor.listenUDP(7, new Echo());
    a.reactor.listenUDP(7, new Echo()).write('for ever', { host: b.address, port: 7 });
    expect(() => network.advance(1)).to.throw(/100000|100 000/);
    expect(network.clock.seconds()).to.equal(1);
  });
});
