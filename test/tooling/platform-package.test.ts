/** The platform package in packages/, and how the main package names it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';

interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  engines: Record<string, string>;
  workspaces?: string[];
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  publishConfig?: Record<string, string[]>;
  os?: string[];
  cpu?: string[];
  libc?: string[];
}

function manifest(path: string): Manifest {
  return JSON.parse(readFileSync(new URL(`../../../${path}package.json`, import.meta.url), 'utf8')) as Manifest;
}

describe('the platform package', () => {
  const main = manifest('');
  const platform = manifest('packages/linux-x64/');

  it('is a workspace of this repository', () => {
    expect(main.workspaces).to.deep.equal(['packages/linux-x64']);
  });

  it('has the version of plait, which depends on exactly that, optionally', () => {
    expect(platform.version).to.equal(main.version);
    expect(main.optionalDependencies).to.deep.equal({ [platform.name]: main.version });
    expect(platform.engines).to.deep.equal(main.engines);
  });

  it('installs nothing else, and runs nothing when it is installed', () => {
    expect(platform.dependencies).to.equal(undefined);
    expect(platform.scripts).to.equal(undefined);
    expect(Object.keys(main.scripts ?? {}).filter((name) => /install|^prepare$/.test(name))).to.deep.equal([]);
  });

  // npm refuses to install a repository with a workspace for another platform than its own.
  it('keeps its platform out of the repository, and has it where it is packed', () => {
    expect([platform.os, platform.cpu, platform.libc]).to.deep.equal([undefined, undefined, undefined]);
    expect(platform.publishConfig).to.deep.equal({ os: ['linux'], cpu: ['x64'], libc: ['glibc'] });
    expect(platform.private).to.equal(true);
  });
});

describe('npm run build:native', () => {
  const script = fileURLToPath(new URL('../../../scripts/build-native.mjs', import.meta.url));
  const why =
    /cannot be compiled here\. (?:It is for linux-x64|There is no compiler 'no-such-compiler', which \$CC names)/;

  /** The end of a build where there is no compiler. */
  function build(...options: string[]): { status: number | null; stdout: string; stderr: string } {
    const env = { ...process.env, CC: 'no-such-compiler' };
    return spawnSync(process.execPath, [script, ...options], { encoding: 'utf8', env });
  }

  it('fails without a compiler, and says what is missing', () => {
    const { status, stdout, stderr } = build();
    expect([status, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.match(why);
  });

  it('says so and succeeds where it was to compile if possible', () => {
    const { status, stdout, stderr } = build('--if-possible');
    expect([status, stderr]).to.deep.equal([0, '']);
    expect(stdout)
      .to.match(/^SKIPPED: the native network/)
      .and.to.match(why);
  });
});
