/**
 * The folder rule: which folder may import what, and no `**` where results must be the same on every Node version.
 * The linter cannot say this (it sees specifiers, not the files they lead to); globals of time and chance are its part,
 * in .oxlintrc.json.
 *
 * Reads the sources as text, with comments, strings, templates and regular expressions taken out by a small scanner. It
 * knows what TypeScript needs here and no more; a regular expression right after `)` or `}` is taken for a division.
 *
 *     node scripts/check-folders.mjs [folder of the project]
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIB = /^lib\//;
const PORTS = /^reactor\/[^/]+$/;
const SIMULATED = /^reactor\/simulated\//;
const SIMULATION_HOST = /^reactor\/node\/simulation-host\.ts$/; // what a simulation needs of the real process
const DEFAULT_NETWORK = /^reactor\/native\/default-network\.ts$/; // which driver is meant when none is named
const CONTRACT = /^testing\/contract\//;

/** The first rule whose `files` fits a file decides. What may be imported: files of the project, packages, `node:` modules. */
const RULES = [
  { files: LIB, may: [LIB], exact: true },
  { files: /^protocols\//, may: [LIB, /^protocols\//], exact: true },
  { files: /^reactor\/reactor\.ts$/, may: [LIB, PORTS, DEFAULT_NETWORK, /^eventemitter3$/] },
  { files: PORTS, may: [LIB, PORTS, /^eventemitter3$/] },
  { files: SIMULATED, may: [LIB, PORTS, SIMULATED, SIMULATION_HOST], exact: true },
  // The files of key and certificate that an endpoint string names are read by the node driver.
  { files: /^reactor\/endpoints\//, may: [LIB, PORTS, /^reactor\/endpoints\//, /^reactor\/node\/read-file\.ts$/] },
  { files: /^reactor\/node\//, may: [LIB, PORTS, /^reactor\/node\//, /^node:/] },
  { files: /^reactor\/native\//, may: [LIB, PORTS, /^reactor\/(?:native|node)\//, /^node:/] },
  { files: CONTRACT, may: [LIB, PORTS, SIMULATED, /^testing\//, /^node:assert(?:\/strict)?$/] },
  { files: /^testing\//, may: [LIB, PORTS, SIMULATED, SIMULATION_HOST, /^testing\//] },
  { files: /^index\.ts$/, may: [LIB, /^reactor\//] },
  { files: /^testing\.ts$/, may: [LIB, PORTS, SIMULATED, /^testing\//] },
];

// In scanned code, where a string stands as "#" and its number.
const IMPORT = /\bfrom\s*"#(\d+)"|\bimport\s*\(?\s*"#(\d+)"|\brequire\s*\(\s*"#(\d+)"/g;
const COMPUTED_IMPORT = /(?<![.\w$])(?:import|require)\s*\(\s*(?!["\s])/g;
const POWER = /(?<!(?<![\w$.])2\s*)\*\*/g;

// What can stand before a regular expression, and not before a division.
const REGEX_BEFORE =
  /(?:^|[^\s\w$)\]}"`]|\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield))\s*$/;

const found = checkFolders(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url))));
for (const line of found) console.error(line);
if (found.length > 0) process.exitCode = 1;

/** All violations under `root`, as `file:line: what`. */
function checkFolders(root) {
  return sourcesOf(root).flatMap((file) => {
    const rule = RULES.find(({ files }) => files.test(file));
    if (rule === undefined) return [`${file}:1: no folder rule covers this file`];
    return checkFile(file, readFileSync(join(root, file), 'utf8'), rule);
  });
}

function checkFile(file, source, rule) {
  const { code, strings } = scan(source);
  const found = [];
  const report = (index, what) => found.push(`${file}:${code.slice(0, index).split('\n').length}: ${what}`);
  for (const match of code.matchAll(IMPORT)) {
    const specifier = strings[Number(match[1] ?? match[2] ?? match[3])];
    if (!rule.may.some((allowed) => allowed.test(target(file, specifier)))) {
      report(match.index, `${folderOf(file)} may not import '${specifier}'`);
    }
  }
  for (const match of code.matchAll(COMPUTED_IMPORT)) report(match.index, 'import of a computed name');
  if (rule.exact) {
    for (const match of code.matchAll(POWER))
      report(match.index, '`**` differs between Node versions (but powers of 2)');
  }
  return found;
}

/** The file of the project that a specifier leads to, or the specifier itself when it is a package's name. */
function target(file, specifier) {
  return specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts') : specifier;
}

function folderOf(file) {
  const folder = posix.dirname(file);
  return folder === '.' ? file : `${folder}/`;
}

function sourcesOf(root) {
  const files = ['index.ts', 'testing.ts'].filter((file) => existsSync(join(root, file)));
  for (const folder of ['lib', 'protocols', 'reactor', 'testing']) {
    if (!existsSync(join(root, folder))) continue;
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.[cm]?[jt]s$/.test(entry.name)) continue;
      files.push(relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
    }
  }
  return files.sort();
}

/** The code without comments, templates' text and regular expressions; each string is `"#n"`, its text `strings[n]`. */
function scan(source) {
  const strings = [];
  const newlines = (text) => text.replace(/[^\n]/g, '');
  let code = '';
  let at = 0;
  let braces = 0;
  const templates = []; // the brace depth at which each open `${` ends
  while (at < source.length) {
    const rest = source.slice(at, at + 2);
    let end = at + 1;
    if (rest === '//') {
      end = indexOr(source, '\n', at);
    } else if (rest === '/*') {
      end = indexOr(source, '*/', at + 2) + 2;
      code += ' ' + newlines(source.slice(at, end));
    } else if (source[at] === "'" || source[at] === '"') {
      end = skip(source, at + 1, source[at]);
      code += `"#${strings.push(source.slice(at + 1, end - 1)) - 1}"`;
    } else if (source[at] === '`' || (source[at] === '}' && templates.at(-1) === braces)) {
      if (source[at] === '}') templates.pop();
      end = skipTemplate(source, at + 1);
      const open = source[end - 1] === '{';
      if (open) templates.push(braces);
      code += (source[at] === '}' ? ')' : '`') + newlines(source.slice(at, end)) + (open ? '(' : '`');
    } else if (source[at] === '/' && REGEX_BEFORE.test(code.slice(-40))) {
      end = skipRegex(source, at + 1);
      code += '""';
    } else {
      if (source[at] === '{') braces++;
      if (source[at] === '}') braces--;
      code += source[at];
    }
    at = end;
  }
  return { code, strings };
}

function indexOr(text, what, from) {
  const index = text.indexOf(what, from);
  return index === -1 ? text.length : index;
}

/** Behind the quote that ends what starts at `at`. */
function skip(text, at, quote) {
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Behind the backtick or the `${` that ends the template text that starts at `at`. */
function skipTemplate(text, at) {
  while (at < text.length && text[at] !== '`' && !text.startsWith('${', at)) at += text[at] === '\\' ? 2 : 1;
  return at + (text[at] === '$' ? 2 : 1);
}

/** Behind the slash that ends the regular expression that starts at `at`; inside [] a slash is itself. */
function skipRegex(text, at) {
  let inClass = false;
  while (at < text.length && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true;
    if (text[at] === ']') inClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}
