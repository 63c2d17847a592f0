/** One round of the measurement of DGD's challenge table: `dgd-lookup ENTRIES` prints nanoseconds per lookup. */
import { randomBytes } from 'node:crypto';
import { ChallengeTable } from '../../protocols/dgd/challenge-table.js';

const LOOKUPS = 1_000_000;
const entries = Number(process.argv[2]);
const table = new ChallengeTable<object>();
const challenges = Array.from({ length: entries }, () => Buffer.from(randomBytes(16).toString('hex')));
for (const challenge of challenges) table.add(challenge, {});

let found = 0;
const lookUp = (count: number): void => {
  // Every second one is nobody's.
  for (let i = 0; i < count; i++) {
    const challenge = challenges[(i * 7919) % entries]!;
    if (table.find(i % 2 === 0 ? challenge : challenge.subarray(1)) !== undefined) found++;
  }
};
lookUp(100_000);
const start = performance.now();
lookUp(LOOKUPS);
const nanoseconds = ((performance.now() - start) * 1e6) / LOOKUPS;
if (found !== (LOOKUPS + 100_000) / 2) throw new Error(`Found ${found}`);
console.log(JSON.stringify(nanoseconds));
