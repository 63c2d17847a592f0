import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { multicastContract } from '../../testing/contract/multicast.js';
import { noNamespaceBecause, runInNamespace } from './network-namespace.js';
import { nodeContractNetwork } from './node-contract-network.js';

interface Outcome {
  stats: { passes: number; failures: number };
  tests: { fullTitle: string }[];
  failures: { fullTitle: string; err: { message: string } }[];
}

// Linux's `lo` is no interface of IPv6 multicast, and sends nothing out that loopback could be turned off for.
describe('the node network', () => {
  multicastContract(() => nodeContractNetwork(), { describe, it }, { noMulticast6: true, noMulticastLoopback: true });
});

describe('the networks of the machine between Ethernet interfaces', function () {
  this.timeout(120_000); // a process that runs both suites twice

  const because = noNamespaceBecause();
  if (because === undefined) {
    it('keeps the contracts of UDP and multicast in both families, broadcast and scopes included', async () => {
      const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
      const [setup, suites] = ['../setup.js', 'veth.js'].map((file) => fileURLToPath(new URL(file, import.meta.url)));
      const output = await runInNamespace(
        ...['--enable-source-maps', mocha, '--no-config', '--timeout', '5000', '--reporter', 'json'],
        ...['--require', setup!, suites!],
      );
      const { stats, tests, failures } = JSON.parse(output) as Outcome;
      expect(failures.map(({ fullTitle, err }) => `${fullTitle}: ${err.message}`)).to.deep.equal([]);
      expect(stats.passes).to.equal(tests.length);
      expect(tests.filter(({ fullTitle }) => fullTitle.includes('multicast in IPv6'))).to.have.length.greaterThan(50);
    });
  } else {
    it(`is NOT shown here, nor is IPv6 multicast: no network namespace can be made (${because})`, () => {
      expect(noNamespaceBecause()).to.be.a('string');
    });
  }
});
