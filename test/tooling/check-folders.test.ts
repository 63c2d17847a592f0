import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';

const SCRIPT = fileURLToPath(new URL('../../../scripts/check-folders.mjs', import.meta.url));

describe('the folder rule', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'plait-folders-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  /** The lines that the script prints for a project of these files. */
  function check(files: Record<string, string>): string[] {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, root], { encoding: 'utf8' });
    const lines = stderr.split('\n').filter((line) => line !== '');
    expect(stdout).to.equal('');
    expect(status).to.equal(lines.length === 0 ? 0 : 1);
    return lines;
  }

  it('holds for this project', () => {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT], { encoding: 'utf8' });
    expect([status, stderr]).to.deep.equal([0, '']);
  });

  it('lets every folder import what it may', () => {
    expect(
      check({
        'index.ts': "export * from './lib/a.js'; export { nodeNetwork } from './reactor/node/node-network.js';",
        'testing.ts': "export * from './testing/a.js'; export * from './reactor/simulated/a.js';",
        'lib/a.ts': "import { b } from './b/b.js'; import '../lib/c.js';",
        'protocols/dgd/a.ts': "import '../../lib/a.js'; import '../echo.js';",
        'reactor/reactor.ts': "import '../lib/a.js'; import './native/default-network.js'; import 'eventemitter3';",
        'reactor/udp-port.ts': "import '../lib/a.js'; import './network.js';",
        'reactor/node/a.ts': "import 'node:dgram'; import '../network.js'; import '../../lib/a.js';",
        'reactor/native/a.ts': "import 'node:module'; import '../network.js'; import '../node/alarm.js';",
        'reactor/simulated/a.ts': "import '../network.js'; import '../../lib/a.js'; import './b.js';",
        'testing/a.ts': "import '../reactor/udp-port.js'; import '../lib/a.js'; import '../reactor/simulated/a.js';",
        'testing/contract/a.ts': "import assert from 'node:assert/strict'; import '../../reactor/reactor.js';",
      }),
    ).to.deep.equal([]);
  });

  it('keeps lib/ to lib/, in every form of import', () => {
    const lines = check({
      'lib/a.ts': [
        "import type { Reactor } from '../reactor/reactor.js';",
        "import '../protocols/echo.js';",
        "export * from 'node:fs/promises';",
        "const os = await import('node:os');",
        "type Net = typeof import('node:net');",
        "const fs = require('fs');",
        'import(name);',
        'import(`node:fs`);',
        "import {\n  a,\n  b,\n} from 'eventemitter3';",
      ].join('\n'),
    });
    expect(lines).to.have.members([
      "lib/a.ts:1: lib/ may not import '../reactor/reactor.js'",
      "lib/a.ts:2: lib/ may not import '../protocols/echo.js'",
      "lib/a.ts:3: lib/ may not import 'node:fs/promises'",
      "lib/a.ts:4: lib/ may not import 'node:os'",
      "lib/a.ts:5: lib/ may not import 'node:net'",
      "lib/a.ts:6: lib/ may not import 'fs'",
      'lib/a.ts:7: import of a computed name',
      'lib/a.ts:8: import of a computed name',
      "lib/a.ts:12: lib/ may not import 'eventemitter3'",
    ]);
  });

  it('keeps the other folders to theirs', () => {
    const lines = check({
      'protocols/a.ts': "import '../reactor/network.js';\nimport '../testing/a.js';",
      'reactor/reactor.ts': "import 'node:dgram';\nimport './simulated/a.js';\nimport './node/node-network.js';",
      'reactor/udp-port.ts': "import './node/node-network.js';",
      'reactor/node/a.ts': "import '../simulated/a.js';",
      'reactor/simulated/a.ts': "import '../node/a.js';\nimport 'node:assert/strict';",
      'testing/a.ts': "import 'node:assert/strict';",
      'testing/contract/a.ts': "import 'node:test';\nimport 'mocha';",
      'index.ts': "export * from './testing/a.js';",
    });
    expect(lines.map((line) => line.split(':').slice(0, 2).join(':'))).to.deep.equal([
      'index.ts:1',
      'protocols/a.ts:1',
      'protocols/a.ts:2',
      'reactor/node/a.ts:1',
      'reactor/reactor.ts:1',
      'reactor/reactor.ts:2',
      'reactor/reactor.ts:3',
      'reactor/simulated/a.ts:1',
      'reactor/simulated/a.ts:2',
      'reactor/udp-port.ts:1',
      'testing/a.ts:1',
      'testing/contract/a.ts:1',
      'testing/contract/a.ts:2',
    ]);
  });

  it('asks for a rule when a new folder comes', () => {
    expect(check({ 'reactor/quic/a.ts': '' })).to.deep.equal(['reactor/quic/a.ts:1: no folder rule covers this file']);
  });

  it('finds powers where results must not differ, but powers of two', () => {
    const power = '`**` differs between Node versions (but powers of 2)';
    const files = { 'lib/a.ts': 'a = 2 ** 31;\nb = 12 ** 2;\nc = x.v2 ** y;\nd **= 2;', 'reactor/node/a.ts': '3 ** 3' };
    expect(check(files)).to.deep.equal([`lib/a.ts:2: ${power}`, `lib/a.ts:3: ${power}`, `lib/a.ts:4: ${power}`]);
  });

  it('is not misled by comments, strings, templates and regular expressions', () => {
    expect(
      check({
        'lib/a.ts': [
          "/** 3 ** 3 import 'node:fs' */ // import 'node:fs'",
          "const s = \"import 'node:fs'\" + 'a ** \"b';",
          "const t = `a ** b import 'node:fs' ${x + `${{ a: 1 }.a} 3 ** 3`} '`;",
          "const r = /\\*\\*[/'\"`]/.test(s) ? 4 / 2 / 1 : [/'/];",
          "const f = Array.from('x'); Buffer.from('node:fs');",
        ].join('\n'),
      }),
    ).to.deep.equal([]);
  });

  it('looks into what stands between the braces of a template', () => {
    expect(check({ 'lib/a.ts': 'const t = `${3 ** 3} ${`${4 ** 4}`}`;' })).to.have.lengthOf(2);
  });
});
