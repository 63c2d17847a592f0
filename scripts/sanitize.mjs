/**
 * Runs tests on the addon built with AddressSanitizer and UndefinedBehaviorSanitizer:
 *
 *     npm run test:sanitize                                  the tests of the native network
 *     npm run test:sanitize -- dist/test/docs/udp.test.js    these
 *
 * Node itself is not built with them, so their library is preloaded into it, and into what it starts. Any report of theirs
 * is a failure, with one exception: at the end of a process Node and V8 leave memory behind, so of leaks only those count
 * that the addon itself has allocated.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const ADDON = join(ROOT, 'packages', 'linux-x64', 'plait.asan.node');
const MOCHA = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const TESTS = ['dist/test/reactor/native/**/*.test.js', 'dist/test/contract/*.native.test.js'];
const OF_ADDON = / src\/[\w.-]+:\d|plait\.asan\.node/; // a line of the stack, with a source as the compiler was given it
const TIMEOUT = 60_000; // milliseconds for a test; all is slower here

const asked = process.argv.slice(2);
const logs = mkdtempSync(join(tmpdir(), 'plait-sanitize-'));
try {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build-native.mjs'), '--sanitize'], { stdio: 'inherit' });
  const passed = runTests(asked.length > 0 ? asked : TESTS);
  const reports = readdirSync(logs).flatMap((file) => reportsIn(readFileSync(join(logs, file), 'utf8')));
  for (const report of reports) console.error(report);
  if (passed && reports.length === 0) console.log('The sanitizers have nothing to report.');
  else process.exitCode = 1;
} catch (error) {
  if (error.status === undefined) throw error;
  process.exitCode = 1; // the build has said what is missing
} finally {
  rmSync(logs, { recursive: true });
}

/** Whether all pass. */
function runTests(files) {
  const compiler = process.env.CC?.trim().split(/\s+/).at(-1) || 'cc';
  const library = execFileSync(compiler, ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
  const log = `log_path=${join(logs, 'report')}`;
  const { status } = spawnSync(process.execPath, [MOCHA, '--timeout', String(TIMEOUT), ...files], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      PLAIT_ADDON: ADDON,
      PLAIT_NETWORK: '',
      LD_PRELOAD: library,
      ASAN_OPTIONS: `detect_leaks=1:${log}`,
      LSAN_OPTIONS: `exitcode=0:${log}`,
      UBSAN_OPTIONS: `halt_on_error=1:print_stacktrace=1:${log}`,
    },
  });
  return status === 0;
}

/** What a sanitizer wrote, but for the leaks of others. */
function reportsIn(text) {
  if (!text.includes('ERROR: LeakSanitizer: detected memory leaks')) return text.trim() === '' ? [] : [text];
  return text.split(/\n\n/).filter((leak) => {
    const allocatedBy = leak.split('\n').find((line) => /^ +#\d+ /.test(line) && !line.includes('libsanitizer'));
    return allocatedBy !== undefined && OF_ADDON.test(allocatedBy);
  });
}
