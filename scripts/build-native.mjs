/**
 * Compiles the addon, packages/linux-x64/src/*.c, to packages/linux-x64/plait.node: one binary for every Node we promise.
 *
 *     npm run build:native
 *     npm run build:native -- --sanitize       to plait.asan.node, with AddressSanitizer; see scripts/sanitize.mjs
 *     npm run build:native -- --if-possible    says what is missing and succeeds, where it cannot be compiled
 *
 * Takes a C compiler ($CC, or cc) and the headers that come with Node (node_api.h, uv.h), and downloads nothing. Needs
 * no node_modules.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDER = join(ROOT, 'packages', 'linux-x64');
const LOADER = join(ROOT, 'reactor', 'native', 'load-addon.ts');

/** The Node-API of Node 12.22 and everything since: what is in it stays in every later Node. */
const NAPI_VERSION = 8;
/** Of glibc: what Node's own Linux binaries need from version 20 on. */
const NEWEST_GLIBC = [2, 28];

// Which feature macros a source needs (_GNU_SOURCE) it says itself.
const OPTIONS = ['-std=c11', '-fPIC', '-shared', '-fvisibility=hidden', '-Wall', '-Wextra', '-Werror'];
const RELEASE = ['-O2', '-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2', '-fstack-protector-strong', '-Wl,-z,relro,-z,now'];
// Kept loaded to the end of the process, so that a leak found then can be told to be the addon's.
const SANITIZED = ['-O1', '-g', '-fno-omit-frame-pointer', '-fsanitize=address,undefined', '-Wl,-z,nodelete'];

const { values: options } = parseArgs({
  options: { sanitize: { type: 'boolean' }, 'if-possible': { type: 'boolean' } },
});

/** Something is not there, which is no mistake of ours. */
class Impossible extends Error {}

try {
  build();
} catch (error) {
  if (!(error instanceof Impossible)) {
    console.error(error.message);
    process.exitCode = 1;
  } else if (options['if-possible']) {
    console.log(`SKIPPED: the native network, which cannot be compiled here. ${error.message}`);
  } else {
    console.error(`The native network cannot be compiled here. ${error.message}`);
    process.exitCode = 1;
  }
}

function build() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Impossible(`It is for linux-x64; this is ${process.platform}-${process.arch}.`);
  }
  const [compiler, ...wrapped] = findCompiler();
  const include = findHeaders();
  const name = options.sanitize ? 'plait.asan.node' : 'plait.node';
  const unfinished = `.${process.pid}.node`;
  const args = [
    ...wrapped,
    ...OPTIONS,
    ...(options.sanitize ? SANITIZED : RELEASE),
    `-DNAPI_VERSION=${NAPI_VERSION}`,
    `-DPLAIT_VERSION=${addonVersion()}`,
    '-isystem',
    include,
    ...sources(),
    '-o',
    unfinished,
  ];
  try {
    console.log([compiler, ...args.slice(0, -2), '-o', name].join(' '));
    const { status, error } = spawnSync(compiler, args, { cwd: FOLDER, stdio: 'inherit' });
    if (status !== 0) throw new Error(`${compiler} failed: ${error?.message ?? `exit code ${status}`}`);
    if (!options.sanitize) checkBinary(join(FOLDER, unfinished));
    // Renamed, not written over: a process that has it loaded keeps the old one.
    renameSync(join(FOLDER, unfinished), join(FOLDER, name));
  } finally {
    rmSync(join(FOLDER, unfinished), { force: true });
  }
  console.log(`written: ${join(FOLDER, name)}`);
}

function sources() {
  const folder = join(FOLDER, 'src');
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.c')) : [];
  if (files.length === 0) throw new Error(`No C sources in ${folder}`);
  return files.sort().map((file) => `src/${file}`);
}

/** The command and its first arguments: $CC may be `ccache gcc`. */
function findCompiler() {
  const wanted = process.env.CC?.trim();
  const commands = wanted ? [wanted.split(/\s+/)] : [['cc'], ['gcc'], ['clang']];
  const found = commands.find(([command]) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0);
  if (found === undefined) {
    throw new Impossible(
      wanted
        ? `There is no compiler '${wanted}', which $CC names.`
        : 'There is no C compiler: install one (Debian: gcc and libc6-dev), or name it by $CC.',
    );
  }
  const [command, ...first] = found;
  const input = '#include <sys/socket.h>\n';
  const { status, stderr } = spawnSync(command, [...first, '-fsyntax-only', '-xc', '-'], { input, encoding: 'utf8' });
  if (status !== 0) throw new Impossible(`${command} finds no headers of the C library (Debian: libc6-dev). ${stderr}`);
  return found;
}

/** The folder of Node's headers. Whichever version they are of, the binary is the same by NAPI_VERSION. */
function findHeaders() {
  const prefixes = [process.env.npm_config_nodedir, npmConfig('nodedir'), dirname(dirname(process.execPath))];
  const folders = [
    ...prefixes.filter((prefix) => prefix).map((prefix) => join(prefix, 'include', 'node')),
    '/usr/include/node',
    '/usr/include/nodejs/src', // Debian's, whose uv.h is the system's
    '/usr/local/include/node',
  ];
  const has = (folder, file) => existsSync(join(folder, file));
  const found = folders.find(
    (folder) => has(folder, 'node_api.h') && (has(folder, 'uv.h') || has('/usr/include', 'uv.h')),
  );
  if (found === undefined) {
    throw new Impossible(
      `Node's headers, node_api.h and uv.h, are not in ${[...new Set(folders)].join(', ')}. They come with Node from ` +
        'nodejs.org (Debian: libnode-dev and libuv1-dev); `npm config set nodedir` tells where else they are.',
    );
  }
  return realpathSync(found);
}

function npmConfig(key) {
  try {
    const value = execFileSync('npm', ['config', 'get', key], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return value.trim() === 'undefined' ? undefined : value.trim();
  } catch {
    return undefined;
  }
}

/** The number by which the loader knows the addon that fits it. A source that defines another does not compile. */
function addonVersion() {
  const version = /^export const ADDON_VERSION = (\d+);$/m.exec(readFileSync(LOADER, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`No ADDON_VERSION in ${LOADER}`);
  return version;
}

/** That it loads, and that it does on systems as old as Node itself does. */
function checkBinary(file) {
  const needed = readFileSync(file, 'latin1').matchAll(/\bGLIBC_(\d+)\.(\d+)/g);
  for (const [name, major, minor] of needed) {
    if (Number(major) > NEWEST_GLIBC[0] || Number(minor) > NEWEST_GLIBC[1]) {
      throw new Error(`It needs ${name}, which is newer than the ${NEWEST_GLIBC.join('.')} that Node itself needs`);
    }
  }
  const load = 'if (!(require(process.argv[1]).version > 0)) throw new Error("The addon has no version")';
  execFileSync(process.execPath, ['-e', load, file], { stdio: 'inherit' });
}
