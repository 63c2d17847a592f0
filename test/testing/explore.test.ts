import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DatagramProtocol } from '../../index.js';
import { Echo } from '../../protocols/index.js';
import { explore, ExploreError, type SimulatedNetwork, simulation } from '../../testing.js';

/** Asks three things, one after the other, and waits for each answer: for ever, if one is lost. */
class Naive extends DatagramProtocol {
  readonly #server: string;
  answers = 0;

  constructor(server: string) {
    super();
    this.#server = server;
  }

  override startProtocol(): void {
    this.transport.connect(this.#server, 7);
    this.transport.write('0');
  }

  override datagramReceived(): void {
    if (++this.answers < 3) this.transport.write(String(this.answers));
  }
}

function naiveScenario(network: SimulatedNetwork): void {
  const [client, server] = [network.host('client'), network.host('server')];
  server.reactor.listenUDP(7, new Echo());
  const naive = new Naive(server.address);
  client.reactor.listenUDP(0, naive);
  network.runUntil(() => naive.answers === 3, { timeout: 60 });
}

async function found(promise: Promise<void>): Promise<ExploreError> {
  try {
    await promise;
  } catch (error) {
    expect(error).to.be.instanceOf(ExploreError);
    return error as ExploreError;
  }
  throw new Error('Expected a failing seed');
}

describe('explore', () => {
  it('runs a scenario that holds with as many seeds as it is told', async () => {
    const seeds: unknown[] = [];
    await explore({ runs: 3, seed: 10 }, (network) => void seeds.push(network.seed));
    await explore({ runs: 2, seed: 'abc' }, (network) => void seeds.push(network.seed));
    expect(seeds).to.deep.equal([10, 11, 12, 'abc-1', 'abc-2']);
  });

  it('finds a seed that breaks a naive client, and the one fault that it takes', async () => {
    const error = await found(
      explore({ runs: 200, network: { loss: 0.02, duplicate: 0.05, latency: [0.001, 0.01] } }, naiveScenario),
    );
    expect(error.faults).to.have.lengthOf(1);
    expect(error.faults[0]).to.match(/^loss of (client>server|server>client) [123]$/);
    expect(error.message).to.contain(`It takes 1 fault: ${error.faults[0]}`);
    expect(error.message).to.contain(`(seed ${error.seed}; PLAIT_SEED=${error.seed} repeats it)`);
    expect((error.cause as Error).name).to.equal('SimulationTimeoutError');
    expect(error.network.trace.events.filter(({ type }) => type === 'lost')).to.have.lengthOf(1);
  });

  it('fails at the same seed again, and at no earlier one', async () => {
    const options = { runs: 200, seed: 3, network: { loss: 0.01 } };
    const first = await found(explore(options, naiveScenario));
    const second = await found(explore(options, naiveScenario));
    expect([second.seed, second.run]).to.deep.equal([first.seed, first.run]);
    expect(first.run).to.be.greaterThan(1);
    await explore({ ...options, runs: first.run - 1 }, naiveScenario);
  });

  it('finds two faults where it takes two', async () => {
    const error = await found(
      explore({ runs: 300, network: { loss: 0.2, latency: [0.001, 0.002] } }, (network) => {
        const [a, b] = [network.host('a'), network.host('b')];
        let heard = 0;
        b.reactor.listenUDP(7, { datagramReceived: () => void heard++ });
        const port = a.reactor.listenUDP(0, {});
        for (let i = 0; i < 20; i++) port.write('x', { host: b.address, port: 7 });
        network.advance(1);
        expect(heard).to.be.greaterThan(18);
      }),
    );
    expect(error.faults).to.have.lengthOf(2);
    expect((error.cause as Error).name).to.equal('AssertionError');
  });

  it('says so when no fault is needed', async () => {
    const error = await found(
      explore({ runs: 5, network: { loss: 0.5 } }, () => {
        throw new Error('always');
      }),
    );
    expect(error.faults).to.deep.equal([]);
    expect(error.message).to.contain('It needs no fault');
    expect(error.run).to.equal(1);
  });

  it('waits for asynchronous scenarios, and for errors that come last', async () => {
    const error = await found(
      explore({ runs: 1 }, async (network) => {
        const { reactor } = network.host('a');
        reactor.callLater(0, async () => {
          await null;
          throw new Error('late');
        });
        await network.settle().catch((thrown: unknown) => {
          throw thrown;
        });
      }),
    );
    expect(error.message).to.contain('late');
  });

  it('runs the seed of the environment only, where there is one', async () => {
    const before = process.env['PLAIT_SEED'];
    const seeds: unknown[] = [];
    try {
      process.env['PLAIT_SEED'] = '77';
      await explore({ runs: 50 }, (network) => void seeds.push(network.seed));
    } finally {
      if (before === undefined) delete process.env['PLAIT_SEED'];
      else process.env['PLAIT_SEED'] = before;
    }
    expect(seeds).to.deep.equal(['77']);
  });

  it('refuses to run less than once', async () => {
    let name = '';
    await explore({ runs: 0 }, () => {}).catch((error: Error) => {
      name = error.name;
    });
    expect(name).to.equal('RangeError');
  });
});

describe('simulation', () => {
  it('is the body of a test, with a network made as told', async () => {
    let latency = 0;
    await simulation({ latency: 0.5 }, (network) => {
      const [a, b] = [network.host('a'), network.host('b')];
      b.reactor.listenUDP(7, { datagramReceived: () => void (latency = network.clock.seconds()) });
      a.reactor.listenUDP(0, {}).write('x', { host: b.address, port: 7 });
      network.advance(1);
    })();
    expect(latency).to.equal(0.5);
  });

  it('puts the seed into the failure of an assertion', async () => {
    let message = '';
    await simulation(() => expect(1).to.equal(2) as never)().catch((error: Error) => {
      message = error.message;
    });
    expect(message).to.match(/^expected 1 to equal 2 \(seed .*; PLAIT_SEED=.* repeats it\)$/);
  });

  it('fails on an error that nobody has seen', async () => {
    let message = '';
    await simulation((network) => {
      network.host('a').reactor.callLater(0, () => {
        throw new Error('unseen');
      });
    })().catch((error: Error) => {
      message = error.message;
    });
    expect(message).to.match(/^unseen/);
  });
});
