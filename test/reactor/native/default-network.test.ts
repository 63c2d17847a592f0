import { expect } from 'chai';
import { describe, it } from 'mocha';
import { NotSupportedError, nodeNetwork, Reactor } from '../../../index.js';
import { chooseNetwork } from '../../../reactor/native/default-network.js';
import { loadAddon } from '../../../reactor/native/load-addon.js';
import { Program } from '../node/program.js';

describe('the network of a reactor that was given none', () => {
  const named = (name: string) => () => ({ ...nodeNetwork(), name });
  const [node, native] = [named('node'), named('native')];

  /** The name of the network that is chosen. */
  function choice(wanted: string | undefined, hasAddon: boolean): string {
    return chooseNetwork({ wanted, hasAddon: () => hasAddon, node, native }).name;
  }

  it('is the native one where its binary is there', () => {
    expect(choice(undefined, true)).to.equal('native');
  });

  it("is Node's where it is not", () => {
    expect(choice(undefined, false)).to.equal('node');
  });

  it('is the one that PLAIT_NETWORK names', () => {
    expect(choice('node', true)).to.equal('node');
    expect(choice('native', true)).to.equal('native');
  });

  it('is chosen as without PLAIT_NETWORK when that is empty', () => {
    expect(choice('', true)).to.equal('native');
    expect(choice('', false)).to.equal('node');
  });

  it("does not look for the binary where Node's network is asked for", () => {
    const hasAddon = (): never => expect.fail('looked');
    expect(chooseNetwork({ wanted: 'node', hasAddon, node, native }).name).to.equal('node');
  });

  it('is none when PLAIT_NETWORK asks for a native one that is not there', () => {
    const missing = (): never => {
      throw new NotSupportedError('native network');
    };
    const hasAddon = (): boolean => false;
    expect(() => chooseNetwork({ wanted: 'native', hasAddon, node, native: missing })).to.throw(NotSupportedError);
  });

  it('is none when PLAIT_NETWORK names another', () => {
    expect(() => choice('simulated', true)).to.throw(
      RangeError,
      "PLAIT_NETWORK is 'simulated'; it may be 'node' or 'native'",
    );
  });

  it('does not matter to a reactor that was given one', () => {
    expect(new Reactor({ network: nodeNetwork() }).network.name).to.equal('node');
  });
});

describe('PLAIT_NETWORK', function () {
  this.timeout(20_000);

  const index = new URL('../../../index.js', import.meta.url).href;

  /** What a process writes of its reactor's network, or of the error that it got instead. */
  async function networkIn(environment: Record<string, string>): Promise<string> {
    const { stdout, stderr } = await Program.plain(`
      Object.assign(process.env, ${JSON.stringify(environment)});
      const { Reactor } = await import('${index}');
      try {
        console.log(new Reactor().network.name);
      } catch (error) {
        console.log(error.code + ': ' + error.feature);
      }`).end;
    return stdout + stderr;
  }

  it("gives Node's network in a process where it is 'node'", async () => {
    expect(await networkIn({ PLAIT_NETWORK: 'node' })).to.equal('node\n');
  });

  it('asks in vain for the native network where its binary cannot be loaded', async () => {
    expect(await networkIn({ PLAIT_NETWORK: 'native', PLAIT_ADDON: '/nowhere/plait.node' })).to.equal(
      'ERR_PLAIT_NOT_SUPPORTED: native network\n',
    );
  });

  it('chooses by the binary where it is not set', async () => {
    const chosen = loadAddon() === undefined ? 'node\n' : 'native\n';
    expect(await networkIn({ PLAIT_NETWORK: '' })).to.equal(chosen);
  });
});
