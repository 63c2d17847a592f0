import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';

const OXLINT = join(dirname(createRequire(import.meta.url).resolve('oxlint/package.json')), 'bin', 'oxlint');
const CONFIG = fileURLToPath(new URL('../../../.oxlintrc.json', import.meta.url));

/** What belongs to the drivers, a line each. */
const OF_TIME_AND_CHANCE = [
  'setTimeout(f, 1);',
  'clearTimeout(f);',
  'setInterval(f, 1);',
  'clearInterval(f);',
  'setImmediate(f);',
  'clearImmediate(f);',
  'queueMicrotask(f);',
  'f(Date.now());',
  'f(new Date());',
  'f(performance.now());',
  'f(process.hrtime());',
  'console.log(f);',
  'f(crypto.randomUUID());',
  'f(Math.random());',
  'f(Math.pow(2, 3));',
  'f(AbortSignal.timeout(1));',
  'f(globalThis.setTimeout);',
  'f(global.setTimeout);',
];
const PURE = [
  'index.ts',
  'testing.ts',
  'lib/a.ts',
  'lib/time/a.ts',
  'protocols/a.ts',
  'protocols/dgd/a.ts',
  'reactor/a.ts',
  'reactor/simulated/a.ts',
  'testing/a.ts',
  'testing/contract/a.ts',
];
const DRIVERS = ['reactor/node/a.ts', 'reactor/native/a.ts', 'test/a.ts', 'bench/a.ts', 'docs/examples/a.ts'];

describe('the lint rule for globals of time and chance', () => {
  let root: string;
  let found: Map<string, number[]>;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'plait-lint-'));
    copyFileSync(CONFIG, join(root, '.oxlintrc.json'));
    for (const file of [...PURE, ...DRIVERS]) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), OF_TIME_AND_CHANCE.join('\n'));
    }
    found = lint(root);
  });
  after(() => {
    rmSync(root, { recursive: true });
  });

  for (const file of PURE) {
    it(`forbids them in ${file}`, () => {
      expect(found.get(file)).to.deep.equal(OF_TIME_AND_CHANCE.map((_, i) => i + 1));
    });
  }

  for (const file of DRIVERS) {
    it(`allows them in ${file}`, () => {
      expect(found.get(file)).to.equal(undefined);
    });
  }
});

/** The lines with restricted names, by file. */
function lint(root: string): Map<string, number[]> {
  const { stdout } = spawnSync(process.execPath, [OXLINT, '--format', 'json'], { cwd: root, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
  const lines = new Map<string, Set<number>>();
  for (const { code, filename, labels } of diagnostics) {
    if (!/no-restricted-(?:globals|properties)/.test(code)) continue;
    const file = filename.replaceAll('\\', '/');
    lines.set(file, (lines.get(file) ?? new Set()).add(labels[0]!.span.line));
  }
  return new Map([...lines].map(([file, set]) => [file, [...set].sort((a, b) => a - b)]));
}

interface Diagnostic {
  code: string;
  filename: string;
  labels: { span: { line: number } }[];
}
