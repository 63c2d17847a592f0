import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { ADDON_VERSION, type AddonSource, findAddon, loadAddon } from '../../../reactor/native/load-addon.js';

describe('findAddon', () => {
  let loaded: string[];
  let logged: string[];
  beforeEach(() => {
    loaded = [];
    logged = [];
  });

  /** A process whose packages are what `load` makes of them. */
  function source(load: () => unknown, facts: Partial<AddonSource> = {}): AddonSource {
    return {
      platform: 'linux',
      arch: 'x64',
      file: undefined,
      load(name) {
        loaded.push(name);
        return load();
      },
      log: (text) => logged.push(text),
      ...facts,
    };
  }

  function failing(message: string, code: string): () => never {
    return () => {
      throw Object.assign(new Error(message), { code });
    };
  }

  it('gives what the platform package is', () => {
    const addon = { version: ADDON_VERSION };
    expect(findAddon(source(() => addon))).to.equal(addon);
    expect(loaded).to.deep.equal(['@plait/linux-x64']);
    expect(logged).to.deep.equal([]);
  });

  it('gives the file that the environment names instead', () => {
    const addon = { version: ADDON_VERSION };
    expect(findAddon(source(() => addon, { file: '/tmp/other.node' }))).to.equal(addon);
    expect(loaded).to.deep.equal(['/tmp/other.node']);
  });

  it('is silent where the platform package is not installed', () => {
    expect(findAddon(source(failing('Cannot find module', 'MODULE_NOT_FOUND')))).to.equal(undefined);
    expect(logged).to.deep.equal([]);
  });

  it('does not look on other platforms', () => {
    for (const [platform, arch] of [
      ['darwin', 'x64'],
      ['win32', 'x64'],
      ['linux', 'arm64'],
    ] as const) {
      expect(findAddon(source(() => ({ version: ADDON_VERSION }), { platform, arch }))).to.equal(undefined);
    }
    expect(loaded).to.deep.equal([]);
  });

  it('leaves an addon of another version, and says so', () => {
    expect(findAddon(source(() => ({ version: ADDON_VERSION + 1 })))).to.equal(undefined);
    expect(logged).to.deep.equal([
      `native network: @plait/linux-x64 has version ${ADDON_VERSION + 1} of the addon, not ${ADDON_VERSION}`,
    ]);
  });

  it('leaves what is no addon at all', () => {
    for (const other of [{}, undefined, null, 'text', { version: String(ADDON_VERSION) }]) {
      expect(findAddon(source(() => other))).to.equal(undefined);
    }
    expect(logged).to.have.lengthOf(5);
  });

  it('leaves a binary that does not load here, and says why', () => {
    const load = failing('libc.musl-x86_64.so.1: cannot open shared object file', 'ERR_DLOPEN_FAILED');
    expect(findAddon(source(load))).to.equal(undefined);
    expect(logged).to.deep.equal([
      'native network: @plait/linux-x64 cannot be loaded: libc.musl-x86_64.so.1: cannot open shared object file',
    ]);
  });

  it('says so when the file that the environment names is not there', () => {
    findAddon(source(failing('Cannot find module', 'MODULE_NOT_FOUND'), { file: '/none.node' }));
    expect(logged).to.deep.equal(['native network: /none.node cannot be loaded: Cannot find module']);
  });
});

describe('loadAddon', () => {
  it('gives the same answer each time', () => {
    expect(loadAddon()).to.equal(loadAddon());
  });
});
