/**
 * The package as a user gets it: packed, installed in an empty folder, imported, required, and compiled against.
 *
 *     npm run check:package
 *
 * The consumer (test/tooling/consumer/) is a strict project that does not install @types/node itself and has
 * `skipLibCheck: false` and `types: []`, so every declaration file that the package reaches is checked, and Node's types
 * must be reachable from it. It is compiled with the oldest TypeScript we promise and with the newest, then once more
 * beside an @types/node of its own that is not the newest: there must be one copy of Node's types, not two.
 *
 * A program (test/tooling/consumer/native.mjs) tells which network it got and sends a datagram to itself, without the
 * platform package, with it, and with it where PLAIT_NETWORK asks for Node's. Where the platform package's binary has not
 * been built (npm run build:native), that part is skipped, and said to be.
 *
 * Compilers come from the package registry and are kept in node_modules/.cache/plait-package.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(ROOT, 'node_modules', '.cache', 'plait-package');
const CONSUMER = join(ROOT, 'test', 'tooling', 'consumer');
const TYPESCRIPTS = ['5.6.3', '7.0.2'];
const OTHER_NODE_TYPES = '22';
const NPM_OPTIONS = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
const NOT_PUBLISHED = /^dist\/(?:test|bench|docs)\/|\.tsbuildinfo$|^(?:test|bench|docs|scripts)\//;

const BINARY = join(ROOT, 'packages', 'linux-x64', 'plait.node');

const { name, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const entries = Object.keys(exports).map((path) => name + path.slice(1));
const work = mkdtempSync(join(tmpdir(), 'plait-package-'));

try {
  const tarball = step('npm pack', () => pack());
  step('publint --strict', () => tool('publint', 'publint', ['run', tarball, '--strict']));
  step('attw --profile esm-only', () =>
    tool('@arethetypeswrong/cli', 'attw', [tarball, '--profile', 'esm-only', '--no-emoji']),
  );

  const consumer = step('install in an empty folder', () => install('consumer', tarball));
  step('import every entry point', () => load(consumer, 'import'));
  step('require every entry point', () => load(consumer, 'require'));
  for (const version of TYPESCRIPTS) {
    step(`strict consumer, TypeScript ${version}`, () => compile(consumer, version));
  }
  step('run the consumer', () => node(consumer, ['out/consumer.js']));

  step("without the platform package: on Node's network", () => expectNetwork(consumer, 'node'));
  if (process.platform === 'linux' && process.arch === 'x64' && existsSync(BINARY)) {
    const platform = step('pack the platform package', () => packPlatform());
    const native = step('install both', () => install('native', tarball, platform));
    step('with the platform package: on the native network', () => expectNetwork(native, 'native'));
    step("and on Node's where PLAIT_NETWORK says so", () => expectNetwork(native, 'node', { PLAIT_NETWORK: 'node' }));
  } else {
    console.log('SKIPPED with the platform package: its binary is not built here (npm run build:native)');
  }

  const other = step(`install beside @types/node ${OTHER_NODE_TYPES}`, () =>
    install('other', tarball, `@types/node@${OTHER_NODE_TYPES}`),
  );
  for (const version of TYPESCRIPTS) {
    step(`one copy of Node's types, TypeScript ${version}`, () => compile(other, version));
  }
} catch (error) {
  console.error(`${error.stdout ?? ''}${error.stderr ?? ''}${error.stdout === undefined ? error.stack : ''}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Runs one check and prints whether it passed; a failure ends the script. */
function step(title, check) {
  try {
    const result = check();
    console.log(`ok      ${title}`);
    return result;
  } catch (error) {
    console.log(`FAILED  ${title}`);
    throw error;
  }
}

function pack() {
  const options = ['--json', '--ignore-scripts', '--pack-destination', work];
  const [{ filename, files }] = JSON.parse(run(ROOT, 'npm', ['pack', ...options]));
  const paths = files.map(({ path }) => path);
  const wrong = paths.filter((path) => NOT_PUBLISHED.test(path));
  if (wrong.length > 0) throw new Error(`These do not belong into the package:\n${wrong.join('\n')}`);
  const missing = ['LICENSE', 'README.md', 'CHANGELOG.md', 'index.ts', 'dist/index.d.ts.map'].filter(
    (path) => !paths.includes(path),
  );
  if (missing.length > 0) throw new Error(`The package lacks ${missing.join(', ')}`);
  return join(work, filename);
}

/** As it is published: for its platform alone, with nothing but what it needs. */
function packPlatform() {
  const tarball = node(ROOT, [join(ROOT, 'scripts', 'pack-native.mjs'), work]).trim();
  const paths = run(work, 'tar', ['-tzf', tarball])
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
  const wrong = paths.filter(
    (path) => !/^(?:LICENSE|README\.md|package\.json|plait\.node|src\/[^/]+\.[ch])$/.test(path),
  );
  if (wrong.length > 0) throw new Error(`These do not belong into the platform package:\n${wrong.join('\n')}`);
  return tarball;
}

/** Fails unless a program with the package finds itself on that network, and hears its datagram. */
function expectNetwork(project, network, env = {}) {
  const { PLAIT_NETWORK: _, PLAIT_ADDON: __, ...others } = process.env;
  const said = run(project, process.execPath, ['native.mjs'], { ...others, ...env }).trim();
  if (said !== `${network}: echoed`) throw new Error(`Expected '${network}: echoed', got '${said}'`);
}

/** A project of its own with the package and nothing else but what is named. */
function install(folder, ...packages) {
  const project = join(work, folder);
  cpSync(CONSUMER, project, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  // The platform package comes from its tarball or not at all, never from the registry.
  run(project, 'npm', ['install', ...NPM_OPTIONS, '--omit=optional', ...packages]);
  const copies = readdirSync(join(project, 'node_modules'), { recursive: true }).filter((path) =>
    /(?:^|[\\/])@types[\\/]node[\\/]package\.json$/.test(path),
  );
  if (copies.length !== 1) throw new Error(`${copies.length} copies of @types/node: ${copies.join(', ')}`);
  return project;
}

function load(project, how) {
  for (const entry of entries) {
    if (how === 'import' && entry.endsWith('.json')) continue; // that needs an attribute
    const code = how === 'import' ? `await import('${entry}')` : `require('${entry}')`;
    const type = how === 'import' ? 'module' : 'commonjs';
    const names = node(project, [`--input-type=${type}`, '-e', `console.log(Object.keys(${code}).join())`]);
    if (names.trim() === '') throw new Error(`${entry} has no names`);
  }
}

function compile(project, version) {
  const config = JSON.parse(readFileSync(join(project, 'tsconfig.json'), 'utf8'));
  const { skipLibCheck, types, strict } = config.compilerOptions;
  if (skipLibCheck !== false || types.length !== 0 || strict !== true) throw new Error('The consumer is not strict');
  node(project, [compiler(version), '-p', '.']);
}

function compiler(version) {
  const folder = join(CACHE, `typescript-${version}`);
  const tsc = join(folder, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(tsc)) {
    mkdirSync(folder, { recursive: true });
    const options = ['--no-save', '--no-package-lock', '--prefix', folder];
    run(folder, 'npm', ['install', ...NPM_OPTIONS, ...options, `typescript@${version}`]);
  }
  return tsc;
}

/** A tool from our own dev dependencies, by the file that its package names for that command. */
function tool(packageName, command, args) {
  const folder = join(ROOT, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return node(ROOT, [join(folder, typeof bin === 'string' ? bin : bin[command]), ...args]);
}

function node(cwd, args) {
  return run(cwd, process.execPath, args);
}

/** The standard output; throws with all output when the program fails. */
function run(cwd, command, args, env = process.env) {
  const shell = command === 'npm' && process.platform === 'win32';
  return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], shell });
}
