import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type DatagramHandler, DNSLookupError, nodeNetwork, Reactor } from '../../../index.js';
import type { Driver } from '../../../reactor/network.js';

describe('the network of Node', () => {
  let reactor: Reactor;

  beforeEach(() => {
    reactor = new Reactor({ network: nodeNetwork() });
  });

  afterEach(() => reactor.close());

  it('is named so', () => {
    expect(reactor.network.name).to.equal('node');
  });

  it('may be shared by reactors', async () => {
    const network = nodeNetwork();
    const others = [new Reactor({ network }), new Reactor({ network })];
    const made = others.map((other) => new Promise<void>((resolve) => other.callLater(0, resolve)));
    await Promise.all(made);
    await Promise.all(others.map((other) => other.close()));
  });

  it('lets datagrams in between calls that schedule each other without a delay', async () => {
    let generations = 0;
    let received = 0;
    const port = reactor.listenUDP(
      0,
      {
        datagramReceived: () => {
          received++;
        },
      },
      { interface: '127.0.0.1' },
    );
    const forever = (): void => {
      generations++;
      if (received < 3) reactor.callLater(0, forever);
    };
    forever();
    for (let i = 1; i <= 3; i++) {
      port.write('datagram', port.getHost());
      while (received < i) await nextTurn();
    }
    expect(generations).to.be.above(3);
  });

  it('lets calls be made between datagrams that answer each other for ever', async () => {
    let exchanged = 0;
    const echo: DatagramHandler = {
      datagramReceived: (data, from, port) => {
        exchanged++;
        port.write(data, from);
      },
    };
    const [one, other] = [1, 2].map(() => reactor.listenUDP(0, echo, { interface: '127.0.0.1' }));
    one!.write('ball', other!.getHost());
    while (exchanged < 10) await nextTurn();
    await new Promise<void>((resolve) => reactor.callLater(0.01, resolve));
    expect(exchanged).to.be.above(10);
  });

  it('fails for names that the system has never heard of the like of', async () => {
    for (const name of ['a b', '-', 'x'.repeat(300), '\0', 'localhost\0', '[::1]', 'http://localhost', '\ud800']) {
      const error: unknown = await reactor.resolve(name).then(
        (address) => address,
        (reason: unknown) => reason,
      );
      expect(error, JSON.stringify(name)).to.be.instanceOf(DNSLookupError);
    }
    expect(reactor.openHandles()).to.deep.equal([]);
  });

  it('tells why a lookup failed in the cause of its error', async () => {
    const error: unknown = await reactor.resolve('a name with spaces').catch((reason: unknown) => reason);
    expect(error).to.have.nested.property('cause.code', 'ENOTFOUND');
  });

  describe('as a driver', () => {
    let driver: Driver;

    beforeEach(() => {
      driver = nodeNetwork().attach({ wake: () => false, failed: () => {}, died: () => {} });
    });

    it('does soon what it is asked to in a later turn, in order', async () => {
      const order: string[] = [];
      driver.soon(() => order.push('first'));
      driver.soon(() => order.push('second'));
      await Promise.resolve();
      expect(order).to.deep.equal([]);
      await nextTurn();
      expect(order).to.deep.equal(['first', 'second']);
    });

    it('waits for promise jobs, and those that come of them', async () => {
      const order: string[] = [];
      driver.afterJobs(() => order.push('after'));
      const job = async (n: number): Promise<void> => {
        for (let i = 0; i < n; i++) await Promise.resolve();
        order.push(`job of ${n}`);
      };
      process.nextTick(() => void job(5));
      await job(3);
      await nextTurn();
      expect(order).to.deep.equal(['job of 3', 'job of 5', 'after']);
    });

    it('does not answer a lookup that was cancelled', async () => {
      let answers = 0;
      const cancel = driver.lookup('localhost', 0, () => answers++);
      cancel();
      cancel();
      await new Promise<void>((resolve) => {
        driver.lookup('localhost', 0, () => resolve());
      });
      await nextTurn();
      expect(answers).to.equal(0);
    });

    it('gives chance of its own each time', () => {
      expect(driver.randomBytes(32)).to.have.lengthOf(32);
      expect(driver.randomBytes(32).equals(driver.randomBytes(32))).to.equal(false);
    });
  });
});
