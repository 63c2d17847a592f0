import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { SeededRandom } from '../../../reactor/simulated/random.js';

function draw(seed: number | string, count = 4): number[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => random.next());
}

describe('SeededRandom', () => {
  it('draws these numbers for these seeds, for ever: a seed in a bug report must stay good', () => {
    expect(draw(1, 3)).to.deep.equal([1461340105, 3300931923, 921595486]);
    expect(draw(2, 3)).to.deep.equal([2572192134, 673072891, 3360202823]);
    expect(draw('plait', 3)).to.deep.equal([2491955168, 317441532, 985754690]);
    expect(draw('', 3)).to.deep.equal([936547149, 324304885, 281466407]);
  });

  it('draws the same for the same seed, whether it is a number or its text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.string()), (seed) => {
        expect(draw(seed)).to.deep.equal(draw(String(seed)));
      }),
    );
  });

  it('draws other numbers for other seeds', () => {
    const first = new Set(Array.from({ length: 10_000 }, (_, seed) => draw(seed, 2).join()));
    expect(first.size).to.equal(10_000);
  });

  it('goes on with the same numbers, whichever method draws them', () => {
    const random = new SeededRandom(7);
    const [a, b, c] = draw(7, 3) as [number, number, number];
    expect(random.bytes(4).readUInt32LE()).to.equal(a);
    expect(random.below(0x100000000)).to.equal(b);
    expect(random.next()).to.equal(c);
  });

  describe('next()', () => {
    it('gives integers of 32 bits, each bit set about half of the time', () => {
      const numbers = draw(1, 20_000);
      for (const each of numbers) expect(Number.isInteger(each) && each >= 0 && each <= 0xffffffff).to.equal(true);
      for (let bit = 0; bit < 32; bit++) {
        const set = numbers.filter((each) => ((each >>> bit) & 1) === 1).length;
        expect(set, `bit ${bit}`).to.be.within(9_600, 10_400);
      }
    });
  });

  describe('random()', () => {
    it('gives numbers from 0 to below 1, evenly', () => {
      const random = new SeededRandom(1);
      const tenths = new Array<number>(10).fill(0);
      for (let i = 0; i < 20_000; i++) {
        const each = random.random();
        expect(each >= 0 && each < 1).to.equal(true);
        tenths[Math.floor(each * 10)]!++;
      }
      for (const count of tenths) expect(count).to.be.within(1_800, 2_200);
    });

    it('has 53 bits: whole multiples of 2^-53, the lowest bit among them', () => {
      const random = new SeededRandom(1);
      const scaled = Array.from({ length: 100 }, () => random.random() * 0x20000000000000);
      expect(scaled.every((each) => Number.isInteger(each))).to.equal(true);
      expect(new Set(scaled.map((each) => each % 2))).to.deep.equal(new Set([0, 1]));
    });
  });

  describe('below()', () => {
    it('gives every integer below the limit, and no other', () => {
      const random = new SeededRandom(1);
      for (const limit of [1, 2, 7]) {
        const seen = new Set(Array.from({ length: 500 }, () => random.below(limit)));
        expect([...seen]).to.have.members(Array.from({ length: limit }, (_, i) => i));
      }
    });

    it('takes limits up to 2^32', () => {
      fc.assert(
        fc.property(fc.integer(), fc.integer({ min: 1, max: 0x100000000 }), (seed, limit) => {
          const each = new SeededRandom(seed).below(limit);
          expect(Number.isInteger(each) && each >= 0 && each < limit).to.equal(true);
        }),
      );
    });
  });

  describe('bytes()', () => {
    it('gives as many as are asked for', () => {
      const random = new SeededRandom(1);
      for (const size of [0, 1, 3, 4, 5, 1000]) expect(random.bytes(size)).to.have.lengthOf(size);
    });

    it('gives each byte its chance', () => {
      expect(new Set(new SeededRandom(1).bytes(10_000))).to.have.property('size', 256);
    });

    it('gives buffers of their own', () => {
      const random = new SeededRandom(1);
      const first = random.bytes(8);
      const copy = Buffer.from(first);
      random.bytes(8).fill(0);
      expect(first).to.deep.equal(copy);
    });
  });
});
