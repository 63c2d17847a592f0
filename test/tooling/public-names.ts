/**
 * The public names of every entry point in package.json: what exists at run time, by importing it, and what is a type
 * only, by reading the published .d.ts files. It reads the forms that this project's declarations have (`export {…}`,
 * `export * from`, `export declare …`), and refuses others.
 *
 * Run as a program (`npm run names`) it writes the list that public-names.test.ts compares with.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Names of one entry point, each list sorted. */
export interface Names {
  values: string[];
  types: string[];
}

const ROOT = new URL('../../../', import.meta.url);
const GOLDEN = new URL('test/tooling/public-names.json', ROOT);

/** By entry point, as users import it (`plait/testing`). */
export async function publicNames(): Promise<Record<string, Names>> {
  const { name, exports } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
    name: string;
    exports: Record<string, { types: string; default: string } | string>;
  };
  const names: Record<string, Names> = {};
  for (const [path, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue; // package.json itself
    names[name + path.slice(1)] = await namesOf(new URL(target.default, ROOT), new URL(target.types, ROOT));
  }
  return names;
}

/** What the names should be. */
export function pinnedNames(): Record<string, Names> {
  return JSON.parse(readFileSync(GOLDEN, 'utf8')) as Record<string, Names>;
}

async function namesOf(code: URL, declarations: URL): Promise<Names> {
  const values = Object.keys((await import(code.href)) as object).sort();
  const declared = declaredNames(declarations);
  const undeclared = values.filter((name) => !declared.has(name));
  if (undeclared.length > 0) throw new Error(`${code.pathname} exports ${undeclared.join(', ')}, undeclared`);
  return { values, types: [...declared].filter((name) => !values.includes(name)).sort() };
}

function declaredNames(file: URL): Set<string> {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const names = new Set<string>();
  for (const [statement] of text.matchAll(/^export\b[^;{]*(?:\{[^}]*\})?[^;{\n]*/gm)) {
    const declaration = DECLARATION.exec(statement)?.[1];
    const list = LIST.exec(statement)?.[1];
    const source = STAR.exec(statement)?.[1];
    if (declaration !== undefined) names.add(declaration);
    else if (list !== undefined) for (const name of list.split(',')) addListed(names, name.trim());
    else if (source !== undefined) for (const name of declaredNames(dtsOf(source, file))) names.add(name);
    else throw new Error(`${file.pathname}: cannot read "${statement}"`);
  }
  return names;
}

const DECLARATION = /^export (?:declare )?(?:abstract )?(?:class|interface|type|function|const) ([\w$]+)/;
const LIST = /^export (?:type )?\{([^}]*)\}/;
const STAR = /^export (?:type )?\* from ['"]([^'"]+)['"]/;

function addListed(names: Set<string>, item: string): void {
  if (item !== '') names.add(item.replace(/^type /, '').replace(/^.* as /, ''));
}

function dtsOf(specifier: string, from: URL): URL {
  return new URL(specifier.replace(/\.js$/, '.d.ts'), from);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(GOLDEN, `${JSON.stringify(await publicNames(), null, 2)}\n`);
  console.log(`written: ${fileURLToPath(GOLDEN)}`);
}
