/**
 * The input behaves as one Buffer would, whatever is asked in whatever order; and what it does costs in proportion to the
 * bytes, whatever the pieces.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { afterEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { ByteInput } from '../../../protocols/index.js';
import { connect, encodeAll, SUBJECTS } from './subjects.js';

/** An input, and what it should hold. */
interface Model {
  rest: Buffer;
}

class Step implements fc.Command<Model, ByteInput> {
  readonly #name: string;
  readonly #run: (model: Model, input: ByteInput) => void;

  constructor(name: string, run: (model: Model, input: ByteInput) => void) {
    this.#name = name;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, input: ByteInput): void {
    this.#run(model, input);
    expect(input.held).to.be.at.most(model.rest.length);
  }

  toString(): string {
    return this.#name;
  }
}

/** What a taking step has given must be the front of the model, which loses it, and `more` bytes. */
function expectTaken(model: Model, taken: Buffer | undefined, length: number, more = 0): void {
  if (length > model.rest.length || length < 0) {
    expect(taken).to.equal(undefined);
    return;
  }
  expect(taken).to.deep.equal(model.rest.subarray(0, length));
  model.rest = model.rest.subarray(length + more);
}

const bytes = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 70 }).map((text) => Buffer.from(text));
const DELIMITERS = ['a', 'ab', 'cab', 'aa', 'abcabc'].map((text) => Buffer.from(text));

const steps = [
  bytes.map(
    (data) =>
      new Step(`push ${data.toString()}`, (model, input) => {
        input.push(Buffer.from(data));
        model.rest = Buffer.concat([model.rest, data]);
      }),
  ),
  bytes.map(
    (data) =>
      new Step(`take and unshift ${data.toString()}`, (model, input) => {
        // Held bytes stay in front: what is put back was taken from behind them.
        expectTaken(model, input.take(0), 0);
        input.unshift(Buffer.from(data));
        model.rest = Buffer.concat([data, model.rest]);
      }),
  ),
  fc
    .nat({ max: 200 })
    .map((length) => new Step(`take ${length}`, (model, input) => expectTaken(model, input.take(length), length))),
  fc.constant(
    new Step('takeByte', (model, input) => {
      expect(input.takeByte()).to.equal(model.rest[0]);
      model.rest = model.rest.subarray(1);
    }),
  ),
  fc.integer({ min: 1, max: 6 }).map(
    (size) =>
      new Step(`takeUInt ${size}`, (model, input) => {
        const there = model.rest.length >= size;
        expect(input.takeUInt(size)).to.equal(there ? model.rest.readUIntBE(0, size) : undefined);
        if (there) model.rest = model.rest.subarray(size);
      }),
  ),
  fc.constantFrom(...DELIMITERS).map(
    (delimiter) =>
      new Step(`takeUntil ${delimiter.toString()}`, (model, input) => {
        const length = model.rest.indexOf(delimiter);
        expectTaken(model, input.takeUntil(delimiter, Infinity), length, delimiter.length);
      }),
  ),
  fc.constant(
    new Step('takeAny', (model, input) => {
      const any = input.takeAny();
      expect(any === undefined).to.equal(model.rest.length === 0);
      expect(any?.length).to.not.equal(0);
      expectTaken(model, any, any?.length ?? -1);
    }),
  ),
  fc.nat({ max: 200 }).map(
    (length) =>
      new Step(`skip ${length}`, (model, input) => {
        expect(input.skip(length)).to.equal(Math.max(length - model.rest.length, 0));
        model.rest = model.rest.subarray(length);
      }),
  ),
  fc.constant(
    new Step('clear', (model, input) => {
      expectTaken(model, input.clear(), model.rest.length);
    }),
  ),
];

describe('ByteInput', () => {
  it('gives and keeps what a Buffer with the same bytes would', () => {
    fc.assert(
      fc.property(fc.commands(steps, { maxCommands: 60 }), (commands) => {
        fc.modelRun(() => ({ model: { rest: Buffer.alloc(0) }, real: new ByteInput() }), commands);
      }),
      { numRuns: 500 },
    );
  });

  it('stops looking for a delimiter where the limit is reached', () => {
    const input = new ByteInput();
    for (const piece of ['aaa', 'aaa', 'aaa\n']) input.push(Buffer.from(piece));
    expect(input.takeUntil(Buffer.from('\n'), 5)).to.equal(undefined);
    expect(input.held).to.equal(6);
    expect(input.clear().toString()).to.equal('aaaaaaaaa\n');
  });

  it('takes many small chunks that have waited', () => {
    const input = new ByteInput();
    for (let i = 0; i < 10_000; i++) input.push(Buffer.from(`${i},`));
    for (let i = 0; i < 10_000; i++) {
      expect(input.takeUntil(Buffer.from(','), Infinity)?.toString()).to.equal(String(i));
    }
    expect(input.takeAny()).to.equal(undefined);
  });

  it('puts back a hundred thousand times without growing', () => {
    const input = new ByteInput();
    input.push(Buffer.alloc(100_000));
    for (let i = 0; i < 100_000; i++) input.unshift(input.takeAny()!.subarray(1));
    expect(input.takeAny()).to.equal(undefined);
  });
});

/** Counts bytes that are read one by one, searched natively, copied and allocated while `f` runs. */
function countWork(f: (watched: (chunk: Buffer) => Buffer) => void): number {
  let work = 0;
  const { copy, indexOf } = Buffer.prototype;
  const { allocUnsafe } = Buffer;
  sinon.replace(Buffer.prototype, 'copy', function (this: Buffer, ...args: Parameters<typeof copy>): number {
    const count = copy.apply(this, args);
    work += count;
    return count;
  } as typeof copy);
  sinon.replace(Buffer, 'allocUnsafe', (size: number) => {
    work += size;
    return allocUnsafe(size);
  });
  const forbidden = (): never => expect.fail('bytes are to be gathered, not to be joined again and again');
  sinon.replace(Buffer, 'concat', forbidden);
  try {
    f(
      (chunk) =>
        new Proxy(chunk, {
          get(target, property): unknown {
            if (typeof property === 'string' && /^\d+$/.test(property)) {
              work++;
              return target[Number(property)];
            }
            if (property === 'indexOf') {
              return (byte: number, from: number): number => {
                const found = indexOf.call(target, byte, from);
                work += (found === -1 ? target.length : found + 1) - from;
                return found;
              };
            }
            const value: unknown = Reflect.get(target, property, target);
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          },
        }),
    );
  } finally {
    sinon.restore();
  }
  return work;
}

describe('the work of each framing', () => {
  afterEach(() => sinon.restore());

  const SIZE = 1 << 16;
  const streams: readonly (readonly [what: string, sizes: readonly number[]])[] = [
    ['one message of all bytes', [SIZE - 100]],
    ['many messages', new Array<number>(SIZE / 64).fill(50)],
    ['empty messages', new Array<number>(SIZE / 16).fill(0)],
  ];

  for (const subject of SUBJECTS) {
    for (const [what, sizes] of streams) {
      if (subject.name === 'Int8StringReceiver' && sizes[0]! > 255) continue;
      for (const pieceSize of [1, 7, 1500, 1 << 16]) {
        it(`of ${subject.name} is a few steps for each byte: ${what}, in pieces of ${pieceSize}`, () => {
          // CRs and digits: the beginnings of delimiters and lengths everywhere.
          const data = encodeAll(
            subject,
            sizes.map((size) => Buffer.alloc(size, '\r1')),
          );
          const protocol = subject.receiver(() => void received++);
          protocol.maxLength = Math.min(SIZE, subject.name === 'Int8StringReceiver' ? 255 : SIZE);
          let received = 0;
          const work = countWork((watched) => {
            for (let at = 0; at < data.length; at += pieceSize) {
              void protocol.dataReceived(watched(data.subarray(at, at + pieceSize)));
            }
          });
          expect(received).to.equal(sizes.length);
          // Read twice (a delimiter is compared from its end), copied and allocated three times by doubling; and the
          // least that is allocated for a message in pieces.
          expect(work).to.be.below(8 * data.length + 64 * sizes.length);
        });
      }
    }
  }

  for (const subject of SUBJECTS) {
    it(`of ${subject.name} is no more where it is paused after each message of a chunk`, () => {
      const data = encodeAll(subject, new Array<string>(4096).fill('text'));
      let received = 0;
      const protocol = subject.receiver(() => {
        received++;
        protocol.pauseProducing();
      });
      connect(protocol);
      const work = countWork((watched) => {
        void protocol.dataReceived(watched(data));
        for (let i = 1; i < 4096; i++) protocol.resumeProducing();
      });
      expect(received).to.equal(4096);
      expect(work).to.be.below(8 * data.length);
    });
  }
});
