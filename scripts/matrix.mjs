/**
 * Runs the compiled tests on several versions of Node, one after the other, and prints a line for each:
 *
 *     npm run test:matrix                  the oldest that package.json's engines allow, and the current of each line since
 *     npm run test:matrix -- 22.12 26      these
 *
 * The versions come from the package registry (`node-<platform>-<arch>`, a plain download) and are kept in
 * node_modules/.cache/plait-nodes; delete that folder to get newer ones.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(ROOT, 'node_modules', '.cache', 'plait-nodes');
const MOCHA = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const TIMEOUT = 300_000; // milliseconds for the tests on one version
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['20.19.0', '22', '24', '26'];

install(versions.filter((version) => !existsSync(nodeOf(version))));
const work = mkdtempSync(join(tmpdir(), 'plait-matrix-'));
try {
  const failed = versions.filter((version) => !test(version));
  if (failed.length > 0) process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true });
}

function nodeOf(version) {
  return join(folderOf(version), 'node_modules', 'node', ...(process.platform === 'win32' ? [] : ['bin']), 'node');
}

function folderOf(version) {
  return join(CACHE, version);
}

/** Each in a folder of its own: npm would take away what another call has put beside it. */
function install(missing) {
  const os = process.platform === 'win32' ? 'win' : process.platform;
  for (const version of missing) {
    const spec = `node@npm:node-${os}-${process.arch}@${version}`;
    const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
    execFileSync('npm', ['install', ...options, '--prefix', folderOf(version), spec], {
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
  }
}

/** Whether all tests pass on that version; what failed is printed. */
function test(version) {
  const node = nodeOf(version);
  const counts = join(work, `${version}.json`);
  const reporter = ['--reporter', join(ROOT, 'scripts', 'ci-reporter.mjs'), '--reporter-option', `counts=${counts}`];
  const started = process.hrtime.bigint();
  const { status, signal, stdout, stderr } = spawnSync(node, [MOCHA, ...reporter, 'dist/test/**/*.test.js'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: Infinity,
    timeout: TIMEOUT,
    killSignal: 'SIGINT', // mocha's outer process passes no other one on
    // What tests start as `node` is this version too.
    env: { ...process.env, PATH: dirname(node) + delimiter + process.env.PATH },
  });
  const seconds = (Number(process.hrtime.bigint() - started) / 1e9).toFixed(1);
  const { passes, failures } = existsSync(counts)
    ? JSON.parse(readFileSync(counts, 'utf8'))
    : { passes: 0, failures: 0 };
  const ok = status === 0 && passes > 0;
  if (!ok) console.log(stderr + stdout.slice(Math.max(0, stdout.search(/^ *\d+ passing/m))));
  const exact = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  console.log(
    `Node ${exact}: ${passes} passing, ${failures} failing${ok ? '' : ` (${signal ?? `exit code ${status}`})`}, ${seconds} s`,
  );
  return ok;
}
