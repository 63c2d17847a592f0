import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { SendCopies } from '../../../reactor/node/send-copies.js';

describe('the copies of what is being sent', () => {
  it('hold the bytes, and are not touched by a change of the original', () => {
    const copies = new SendCopies();
    const data = Buffer.from('at the call');
    const copy = copies.copy(data);
    data.fill('x');
    expect(copy.toString()).to.equal('at the call');
  });

  it('are made of parts of larger buffers, of empty ones and of plain bytes', () => {
    const copies = new SendCopies();
    expect(copies.copy(Buffer.from('abcdef').subarray(2, 4)).toString()).to.equal('cd');
    expect(copies.copy(Buffer.alloc(0))).to.have.lengthOf(0);
    expect(copies.copy(Uint8Array.of(1, 2))).to.deep.equal(Buffer.of(1, 2));
  });

  it('use the same memory again once all are released', () => {
    const copies = new SendCopies();
    const first = copies.copy(Buffer.from('1'));
    copies.release();
    expect(copies.copy(Buffer.from('2'))).to.equal(first);
    copies.release();
    expect(copies.copy(Buffer.from('longer')).buffer).to.equal(first.buffer);
  });

  it('find another place when the memory is full', () => {
    const copies = new SendCopies();
    const large = copies.copy(Buffer.alloc(65_507, 'a'));
    const next = copies.copy(Buffer.alloc(100, 'b'));
    expect(next.buffer).to.not.equal(large.buffer);
    expect(large.every((byte) => byte === 0x61)).to.equal(true);
  });

  it('stay as they are until the last one that is held is released, whatever is sent and answered meanwhile', () => {
    const step = fc.oneof(
      fc.record({ send: fc.integer({ min: 0, max: 70_000 }), fill: fc.integer({ min: 0, max: 255 }) }),
      fc.constant('answer' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const copies = new SendCopies();
        let held: { copy: Buffer; length: number; fill: number }[] = [];
        for (const each of steps) {
          if (each !== 'answer') {
            const { send: length, fill } = each;
            held.push({ copy: copies.copy(Buffer.alloc(length, fill)), length, fill });
          } else if (held.length > 0) {
            copies.release();
            held = held.slice(1);
          }
          for (const { copy, length, fill } of held) {
            expect(copy.length).to.equal(length);
            expect(copy.equals(Buffer.alloc(length, fill))).to.equal(true);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
