import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pinnedNames, publicNames, type Names } from './public-names.js';

describe('the public names', () => {
  it('are those in test/tooling/public-names.json (after an intended change: npm run names, and a line in CHANGELOG.md)', async () => {
    const [pinned, found] = [pinnedNames(), await publicNames()];
    expect(differences(pinned, found)).to.deep.equal([]);
  });
});

/** Each name that came or went, as `+ plait: Reactor` or `- plait (type): Address`. */
function differences(pinned: Record<string, Names>, found: Record<string, Names>): string[] {
  const [before, after] = [flatten(pinned), flatten(found)];
  return [
    ...[...after].filter((name) => !before.has(name)).map((name) => `+ ${name}`),
    ...[...before].filter((name) => !after.has(name)).map((name) => `- ${name}`),
  ];
}

function flatten(names: Record<string, Names>): Set<string> {
  return new Set(
    Object.entries(names).flatMap(([entry, { values, types }]) => [
      ...values.map((name) => `${entry}: ${name}`),
      ...types.map((name) => `${entry} (type): ${name}`),
    ]),
  );
}
