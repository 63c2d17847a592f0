import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Digest } from '../../../reactor/simulated/digest.js';
import { SeededRandom } from '../../../reactor/simulated/random.js';

function digestOf(...texts: string[]): string {
  const digest = new Digest();
  for (const text of texts) digest.add(text);
  return digest.toString();
}

/** How many of the 128 bits differ. */
function distance(a: string, b: string): number {
  const bits = (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2);
  return bits.replaceAll('0', '').length;
}

describe('Digest', () => {
  it('is the same on every platform', () => {
    expect(digestOf()).to.equal('5bb6794f02944dd4323839870ee5b977');
    expect(digestOf('')).to.equal('66dfe04ae797103eee28c7ea910e1a14');
    expect(digestOf('0.001000000  a  sent', 'zwölf 🦀')).to.equal('01fb6abe27b07e849b0512775595d3ba');
  });

  it('is 32 hexadecimal digits, equal for equal texts', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
        expect(digestOf(...texts)).to.match(/^[0-9a-f]{32}$/);
        expect(digestOf(...texts)).to.equal(digestOf(...texts));
      }),
    );
  });

  it('differs where the texts differ in content, order, number or in where one ends', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.string({ unit: 'binary' })), (a, b) => {
        expect(digestOf(...a) === digestOf(...b)).to.equal(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
    const lists = [
      ['ab', 'c'],
      ['a', 'bc'],
      ['abc'],
      ['abc', ''],
      ['', 'abc'],
      ['c', 'ab'],
      ['abc\0'],
      ['abc\0\0'],
      [''],
    ];
    expect(new Set(lists.map((texts) => digestOf(...texts))).size).to.equal(lists.length);
  });

  it('can be asked on the way', () => {
    const digest = new Digest();
    digest.add('a');
    expect(digest.toString()).to.equal(digestOf('a'));
    digest.add('b');
    expect(digest.toString()).to.equal(digestOf('a', 'b'));
  });

  it('changes half of its bits when one bit of the text changes, wherever that is', () => {
    const random = new SeededRandom(1);
    for (const length of [1, 2, 7, 8, 9, 16, 61]) {
      let sum = 0;
      for (let i = 0; i < 400; i++) {
        const text = Array.from({ length }, () => String.fromCharCode(random.below(0x10000))).join('');
        const at = random.below(length);
        const changed = String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(16)));
        const other = text.slice(0, at) + changed + text.slice(at + 1);
        const differing = distance(digestOf(text, 'x'), digestOf(other, 'x'));
        expect(differing).to.be.within(30, 98);
        sum += differing;
      }
      expect(sum / 400).to.be.within(62, 66);
    }
  });

  it('has no equals among fifty thousand lines that differ in a digit or two, in any 64 of its bits', () => {
    const seen = [0, 8, 16].map(() => new Set<string>());
    for (let i = 0; i < 50000; i++) {
      const digest = digestOf(`0.00${i}  a  timer  retry`);
      seen.forEach((set, part) => set.add(digest.slice(8 * part, 8 * part + 16)));
    }
    expect(seen.map((set) => set.size)).to.deep.equal([50000, 50000, 50000]);
  });
});
