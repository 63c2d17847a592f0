/**
 * Packs the platform package as it is published, from the binary that `npm run build:native` has made:
 *
 *     npm run pack:native -- [folder for the tarball]
 *
 * Prints the tarball's path. What the package says of its platform (os, cpu, libc) stands in its package.json under
 * `publishConfig`, and is put in place only here: npm refuses to install a repository that has a workspace for another
 * platform, and this one is to be installed on all. For that reason the workspace is private, too.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDER = join(ROOT, 'packages', 'linux-x64');
const destination = resolve(process.argv[2] ?? '.');

const stage = mkdtempSync(join(tmpdir(), 'plait-native-'));
try {
  const { private: _, publishConfig, ...manifest } = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8'));
  for (const file of [...manifest.files, 'README.md']) {
    if (!existsSync(join(FOLDER, file))) throw new Error(`No ${file} in ${FOLDER}: npm run build:native makes it`);
    cpSync(join(FOLDER, file), join(stage, file), { recursive: true });
  }
  cpSync(join(ROOT, 'LICENSE'), join(stage, 'LICENSE'));
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify({ ...manifest, ...publishConfig }, null, 2)}\n`);
  const options = ['--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', destination];
  const [{ filename }] = JSON.parse(execFileSync('npm', ['pack', ...options], { cwd: stage, encoding: 'utf8' }));
  console.log(join(destination, filename));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(stage, { recursive: true });
}
