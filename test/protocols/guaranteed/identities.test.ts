import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { adler32, SequentialIdentities, UnguessableIdentities } from '../../../protocols/guaranteed/identities.js';
import { Permutation } from '../../../protocols/guaranteed/permutation.js';

/** A chance that gives the same bytes every time. */
const chance = (hex: string): { randomBytes(): Buffer; random(): number } => ({
  randomBytes: () => Buffer.from(hex, 'hex'),
  random: () => 0,
});
const sequential = (start: string, taken: number[] = []): SequentialIdentities =>
  new SequentialIdentities(chance(start), (identity) => taken.includes(identity));

describe('a keyed permutation', () => {
  it('is Speck32/64, by its published test vector', () => {
    const permutation = new Permutation(Buffer.from('1918111009080100', 'hex'));
    expect(permutation.of(0x6574694c).toString(16)).to.equal('a86842f2');
  });

  it('maps no two numbers to one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.nat({ max: 0xffffffff }), (key, start) => {
        const permutation = new Permutation(key);
        const images = new Set<number>();
        for (let i = 0; i < 1000; i++) images.add(permutation.of((start + i) >>> 0));
        expect(images.size).to.equal(1000);
        for (const image of images)
          expect(image).to.satisfy((n: number) => Number.isInteger(n) && n >= 0 && n < 2 ** 32);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses a key of another length', () => {
    expect(() => new Permutation(Buffer.alloc(7))).to.throw(RangeError);
  });
});

describe('unguessable identities', () => {
  it('do not repeat', () => {
    const identities = new UnguessableIdentities(chance('0123456789abcdef'));
    const seen = new Set<number>();
    for (let i = 0; i < 100_000; i++) seen.add(identities.next());
    expect(seen.size).to.equal(100_000);
  });

  it('depend on the key, and on nothing of the message', () => {
    const [one, same, another] = ['0123456789abcdef', '0123456789abcdef', '0123456789abcdee'].map(
      (key) => new UnguessableIdentities(chance(key)),
    );
    const first = one!.next();
    expect(same!.next()).to.equal(first);
    expect(another!.next()).to.not.equal(first);
  });

  it('stand in no simple relation to each other', () => {
    const identities = new UnguessableIdentities(chance('0123456789abcdef'));
    const differences = new Set<number>();
    let last = identities.next();
    for (let i = 0; i < 10_000; i++) {
      const next = identities.next();
      differences.add((next - last) >>> 0);
      last = next;
    }
    expect(differences.size).to.be.greaterThan(9_990);
  });
});

describe('sequential identities', () => {
  it('are those of gtUDP: adler32 of the data plus the count', () => {
    expect(sequential('fffffffe').next(Buffer.from(''))).to.equal(0);
    const identities = sequential('ffffffff');
    expect(identities.next(Buffer.from('A'))).to.equal(0x00420042);
    expect(identities.next(Buffer.from('ac'))).to.equal(0x012700c6);
    expect(identities.next(Buffer.from('ba'))).to.equal(0x012700c6); // which is why they must be made unique
  });

  it('step over what is taken', () => {
    const taken: number[] = [];
    const identities = sequential('ffffffff', taken);
    for (const text of ['A', 'ac', 'ba', 'ab', 'b']) taken.push(identities.next(Buffer.from(text)));
    expect(taken[1]).to.equal(0x012700c6);
    expect(taken[2]).to.equal(0x012700c7);
    expect(new Set(taken).size).to.equal(5);
  });
});

describe('adler32', () => {
  it('gives the known sums', () => {
    expect(adler32(Buffer.from(''))).to.equal(1);
    expect(adler32(Buffer.from('Wikipedia'))).to.equal(0x11e60398);
    expect(adler32(Buffer.alloc(65535, 0xff))).to.equal(reference(Buffer.alloc(65535, 0xff)));
  });

  it('is what its definition says, for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 12_000 }), (data) => adler32(data) === reference(data)));
  });
});

function reference(data: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of data) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}
