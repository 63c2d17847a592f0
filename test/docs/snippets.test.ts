/**
 * What the guides show is what the tests run: each TypeScript block in README.md and docs/*.md is an example file or a
 * region of one, and each example file is executed by a test of this folder. A comment before the block names the example
 * (`<!-- example: docs/examples/x.ts#region -->`); a block without one must be some example all the same. Links within
 * the documents lead somewhere.
 */
import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'mocha';
import { ROOT } from './program.js';

const documents: readonly string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe('the documents', () => {
  for (const document of documents) {
    describe(document, () => {
      const markdown = read(document);

      it('shows only code that is an example', () => {
        for (const { code, example, line } of codeBlocks(markdown)) {
          const place = `${document}:${line}`;
          if (example !== undefined) expect(code, `${place} is not ${example}`).to.equal(excerpt(example));
          else expect(allExcerpts(), `${place} is no example`).to.include(code);
        }
      });

      it('links to what there is', () => {
        for (const { target, line } of links(markdown)) {
          const [path = '', anchor] = target.split('#');
          const file = path === '' ? document : relative(ROOT, join(ROOT, dirname(document), path));
          expect(existsSync(join(ROOT, file)), `${document}:${line}: no ${file}`).to.equal(true);
          if (anchor !== undefined) {
            expect(anchors(read(file)), `${document}:${line}: no #${anchor} in ${file}`).to.include(anchor);
          }
        }
      });
    });
  }

  it('show only examples that a test executes', () => {
    expect(exampleFiles().filter((file) => !executed().has(file))).to.deep.equal([]);
  });
});

interface CodeBlock {
  readonly code: string;
  readonly example: string | undefined;
  readonly line: number;
}

function codeBlocks(markdown: string): CodeBlock[] {
  const block = /(?:^<!-- example: (\S+) -->\n\n?)?^```(?:ts|typescript|js|javascript)\n(.*?)^```$/gms;
  return [...markdown.matchAll(block)].map(({ 1: example, 2: code = '', index }) => ({
    code,
    example,
    line: markdown.slice(0, index).split('\n').length,
  }));
}

/** The text that `path#region` stands for. */
function excerpt(example: string): string {
  const [path = '', region] = example.split('#');
  const source = read(path);
  if (region === undefined) return source;
  const lines = source.split('\n');
  const start = lines.findIndex((line) => line.trim() === `// region ${region}`);
  const length = lines.slice(start).findIndex((line) => line.trim() === '// endregion');
  if (start === -1 || length === -1) throw new Error(`No region ${region} in ${path}`);
  const body = lines.slice(start + 1, start + length);
  const indent = Math.min(...body.filter((line) => line !== '').map((line) => line.search(/\S/)));
  return body.map((line) => `${line.slice(indent)}\n`).join('');
}

/** Every example file and every region. */
function allExcerpts(): string[] {
  return exampleFiles().flatMap((file) => {
    const path = `docs/examples/${file}.ts`;
    const regions = [...read(path).matchAll(/^ *\/\/ region (\S+)$/gm)];
    return [read(path), ...regions.map(([, region]) => excerpt(`${path}#${region}`))];
  });
}

function links(markdown: string): { target: string; line: number }[] {
  const prose = markdown.replace(/^```.*?^```$/gms, (code) => code.replace(/[^\n]/g, ''));
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(({ 1: target = '', index }) => ({ target, line: prose.slice(0, index).split('\n').length }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** The anchors that a document's headings have where it is rendered. */
function anchors(markdown: string): string[] {
  return [...markdown.replace(/^```.*?^```$/gms, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

function exampleFiles(): string[] {
  return readdirSync(join(ROOT, 'docs/examples'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replaceAll('\\', '/').replace(/\.ts$/, ''));
}

/** The examples that tests import or start, and those that these import or start. */
function executed(): Set<string> {
  const found = new Set<string>();
  for (const name of readdirSync(join(ROOT, 'test/docs'))) {
    const source = read(`test/docs/${name}`);
    for (const [, path] of source.matchAll(/'\.\.\/\.\.\/docs\/examples\/(\S+)\.js'/g)) found.add(path!);
    for (const [, path] of source.matchAll(/(?:run|start)Example\('([^']+)'/g)) found.add(path!);
    for (const [, path] of source.matchAll(/\bstart\('([^']+)'/g)) found.add(`twisted/${path}`);
  }
  for (const path of found) {
    if (!existsSync(join(ROOT, `docs/examples/${path}.ts`))) continue;
    for (const [, other] of read(`docs/examples/${path}.ts`).matchAll(/(?:from |new URL\()'(\.\.?\/\S+)\.js'/g)) {
      found.add(join(dirname(path), other!).replaceAll('\\', '/'));
    }
  }
  return found;
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
