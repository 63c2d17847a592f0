/**
 * Lines: delimiters, limits, and the two modes of a LineReceiver.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { LineOnlyReceiver, LineReceiver, lines } from '../../../protocols/index.js';
import type { StringTransport } from '../../../testing.js';
import { connect, cut, inPieces, places } from './subjects.js';

for (const Class of [LineReceiver, LineOnlyReceiver]) {
  /** Keeps lines, and what is too long; does not close the connection. */
  class Lines extends Class {
    readonly received: string[] = [];
    readonly exceeded: string[] = [];

    constructor(delimiter: Uint8Array | string = '\r\n', maxLength = 16384) {
      super();
      this.delimiter = delimiter;
      this.maxLength = maxLength;
    }

    override lineReceived(line: Buffer): void {
      this.received.push(line.toString('latin1'));
    }

    override lineLengthExceeded(line: Buffer): void {
      this.exceeded.push(line.toString('latin1'));
    }
  }

  function received(delimiter: Uint8Array | string, ...pieces: string[]): string[] {
    const protocol = new Lines(delimiter);
    const transport = connect(protocol);
    for (const piece of pieces) transport.deliver(Buffer.from(piece, 'latin1'));
    return protocol.received;
  }

  describe(`${Class.name}: delimiters`, () => {
    it('are CR LF, unless another is set', () => {
      expect(received('\r\n', 'a\nb\rc\r\n\r\nd')).to.deep.equal(['a\nb\rc', '']);
      expect(received('\n', 'a\r\nb\n')).to.deep.equal(['a\r', 'b']);
    });

    it('are found where they lie in two chunks, or three', () => {
      expect(received('\r\n', 'one\r', '\ntwo', '\r\n')).to.deep.equal(['one', 'two']);
      expect(received('--X--', 'one-', '-X', '--two--X-', '-')).to.deep.equal(['one', 'two']);
    });

    it('are found after a false beginning', () => {
      expect(received('\r\n', 'one\r', 'two\r\r', '\n')).to.deep.equal(['one\rtwo\r']);
      expect(received('aab', 'aaab', 'a', 'a', 'a', 'b')).to.deep.equal(['a', 'a']);
    });

    it('are found at the first place, where they overlap', () => {
      expect(received('aa', 'xaaay', 'aa')).to.deep.equal(['x', 'ay']);
      expect(received('aa', 'x', 'a', 'a', 'a', 'y', 'a', 'a')).to.deep.equal(['x', 'ay']);
    });

    it('do not begin in the delimiter before', () => {
      expect(received('xx', 'axxxbxx')).to.deep.equal(['a', 'xb']);
      expect(received('xyx', 'axyxyxbxyx')).to.deep.equal(['a', 'yxb']);
    });

    it('may be text, which is UTF-8, or any bytes', () => {
      const bar = Buffer.from('¦').toString('latin1');
      expect(received('¦', `a${bar}b${bar[0]}${bar}`)).to.deep.equal(['a', `b${bar[0]}`]);
      expect(received(new Uint8Array([0, 255]), 'a\0b\0\u00ffc\u00ff\0', '\u00ff')).to.deep.equal(['a\0b', 'c\u00ff']);
    });

    it('are found as in the whole, for any delimiter, text and split', () => {
      const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 60 });
      const delimiters = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 5 });
      fc.assert(
        fc.property(letters, delimiters, places, (text, delimiter, ends) => {
          const pieces = cut(Buffer.from(text), ends).map(String);
          expect(received(delimiter, ...pieces)).to.deep.equal(text.split(delimiter).slice(0, -1));
        }),
        { numRuns: 500 },
      );
    });

    it('may be changed by a line, for those after it', () => {
      class Changing extends Lines {
        override lineReceived(line: Buffer): void {
          super.lineReceived(line);
          this.delimiter = ';';
        }
      }
      const protocol = new Changing('\n');
      connect(protocol).deliver('one\ntwo;th\nree;');
      expect(protocol.received).to.deep.equal(['one', 'two', 'th\nree']);
    });

    it('may be changed in the middle of a line, which is then looked at again', () => {
      const protocol = new Lines('\n');
      const transport = connect(protocol);
      transport.deliver('one;tw');
      protocol.delimiter = ';';
      transport.deliver('o;');
      expect(protocol.received).to.deep.equal(['one', 'two']);
    });

    it('must not be empty', () => {
      const protocol = new Lines('');
      expect(() => connect(protocol).deliver('x')).to.throw(RangeError, '1 byte or more');
      expect(() => lines({ delimiter: '' })).to.throw(RangeError, '1 byte or more');
      expect(() => lines({ delimiter: 10 as never })).to.throw(TypeError, 'A delimiter is');
    });

    it('are put behind what is sent', () => {
      for (const delimiter of ['--', Buffer.from('--')]) {
        const protocol = new Lines(delimiter);
        const transport = connect(protocol);
        protocol.sendLine('ä');
        protocol.sendLine(Buffer.from('ä'));
        expect(transport.value().toString()).to.equal('ä--ä--');
      }
    });
  });

  describe(`${Class.name}: limits`, () => {
    function withLimit(maxLength: number, ...pieces: string[]): Lines {
      const protocol = new Lines('\r\n', maxLength);
      const transport = connect(protocol);
      for (const piece of pieces) transport.deliver(piece);
      return protocol;
    }

    it('take a line of exactly maxLength bytes', () => {
      expect(withLimit(4, 'four\r\n').received).to.deep.equal(['four']);
      expect(withLimit(4, 'four', '\r\n').received).to.deep.equal(['four']);
      expect(withLimit(0, '\r\n').received).to.deep.equal(['']);
    });

    it('wait for the rest of a delimiter behind maxLength bytes', () => {
      const protocol = withLimit(4, 'four\r');
      expect(protocol.exceeded).to.deep.equal([]);
      void protocol.dataReceived(Buffer.from('\n'));
      expect(protocol.received).to.deep.equal(['four']);
    });

    it('are exceeded by a longer line, in one chunk or in many', () => {
      expect(withLimit(4, 'fives\r\n').exceeded).to.deep.equal(['fives\r\n']);
      expect(withLimit(4, 'fives', '\r\n').exceeded).to.deep.equal(['fives\r\n']);
      expect(withLimit(4, 'fives\r').exceeded).to.deep.equal(['fives\r']);
      expect(withLimit(0, 'a\r\n').exceeded).to.deep.equal(['a\r\n']);
    });

    it('are exceeded by a line that has no end yet, as soon as it cannot end in time', () => {
      expect(withLimit(4, 'fives').exceeded).to.deep.equal([]);
      expect(withLimit(4, 'sixsix').exceeded).to.deep.equal(['sixsix']);
      expect(withLimit(4, 'four\rx').exceeded).to.deep.equal(['four\rx']);
    });

    it('give what is too long all that has arrived from there on, and deliver the lines before', () => {
      const protocol = withLimit(4, 'one\r\ntoo long\r\ntwo\r\nthr', 'ee\r\n');
      expect(protocol.received).to.deep.equal(['one', 'ee']);
      expect(protocol.exceeded).to.deep.equal(['too long\r\ntwo\r\nthr']);
    });

    it('give also what has waited because of a pause', () => {
      const protocol = new Lines('\n', 4);
      connect(protocol);
      protocol.pauseProducing();
      for (const piece of ['to', 'o lo', 'ng\nt', 'wo\n']) void protocol.dataReceived(Buffer.from(piece));
      protocol.resumeProducing();
      expect(protocol.exceeded).to.deep.equal(['too long\ntwo\n']);
    });

    it('close the connection, unless the hook does otherwise', () => {
      const protocol = new Class();
      protocol.maxLength = 4;
      const transport = connect(protocol);
      const received: string[] = [];
      protocol.lineReceived = (line) => void received.push(line.toString());
      transport.deliver('one\r\nfives\r\ntwo\r\n');
      expect(received).to.deep.equal(['one']);
      expect(transport.disconnecting).to.equal(true);
    });

    it('are exceeded or not for the same lines, for any split', () => {
      const texts = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '\r\n'), maxLength: 60 });
      fc.assert(
        fc.property(texts, fc.nat({ max: 6 }), places, (text, maxLength, ends) => {
          const run = (pieces: Buffer[]): unknown => {
            const protocol = new Lines('\r\n', maxLength);
            protocol.lineLengthExceeded = () => protocol.transport.loseConnection();
            const transport = connect(protocol);
            for (const piece of pieces) transport.deliver(piece);
            return [protocol.received, transport.disconnecting];
          };
          expect(run(cut(Buffer.from(text), ends))).to.deep.equal(run([Buffer.from(text)]));
        }),
        { numRuns: 500 },
      );
    });

    it('bound what is kept of a line without end, whatever arrives', () => {
      const bytes = fc.uint8Array({ maxLength: 300 });
      const delimiters = fc.uint8Array({ minLength: 1, maxLength: 20 });
      fc.assert(
        fc.property(bytes, delimiters, fc.nat({ max: 30 }), places, (data, delimiter, maxLength, ends) => {
          const protocol = new Lines(delimiter, maxLength);
          const transport = connect(protocol);
          for (const piece of cut(Buffer.from(data), ends)) transport.deliver(piece);
          expect(protocol.clearBuffer().length).to.be.below(maxLength + delimiter.length);
        }),
      );
    });
  });
}

/** A line of digits says how many raw bytes follow it; `rest` is where the line after them goes on. */
class Counting extends LineReceiver {
  readonly received: string[] = [];
  #length = 0;

  override lineReceived(line: Buffer): void {
    this.received.push(`line ${line.toString('latin1')}`);
    if (!/^[0-9]+$/.test(line.toString('latin1'))) return;
    this.received.push('raw ');
    this.#length = Number(line.toString());
    if (this.#length > 0) this.setRawMode();
  }

  override rawDataReceived(data: Buffer): void {
    const wanted = data.subarray(0, this.#length);
    this.#length -= wanted.length;
    this.received[this.received.length - 1] += wanted.toString('latin1');
    if (this.#length === 0) this.setLineMode(data.subarray(wanted.length));
  }
}

describe('LineReceiver: modes', () => {
  it('change in the middle of a chunk, forth and back', () => {
    const protocol = new Counting();
    connect(protocol).deliver('one\r\n5\r\na\r\nb\rtwo\r\n0\r\nthree\r\n1\r\n\r4\r\n\r\n\r\nfour\r\n');
    expect(protocol.received).to.deep.equal([
      'line one',
      'line 5',
      'raw a\r\nb\r',
      'line two',
      'line 0',
      'raw ',
      'line three',
      'line 1',
      'raw \r',
      'line 4',
      'raw \r\n\r\n',
      'line four',
    ]);
  });

  it('find the same lines and data for any split', () => {
    const line = fc.string({ unit: fc.constantFrom('a', '\r'), maxLength: 9 }).map((text) => `${text}\r\n`);
    const raw = fc.string({ unit: fc.constantFrom('a', '\r', '\n'), maxLength: 9 }).map((x) => `${x.length}\r\n${x}`);
    const texts = fc.array(fc.oneof(line, raw), { maxLength: 20 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, places, fc.array(fc.boolean(), { minLength: 1 }), (text, ends, pauses) => {
        const whole = new Counting();
        connect(whole).deliver(text);
        const pieces = new Counting();
        const transport = connect(pieces);
        let count = 0;
        for (const hook of ['lineReceived', 'rawDataReceived'] as const) {
          pieces[hook] = (data: Buffer) => {
            Counting.prototype[hook].call(pieces, data);
            if (!pauses[count++ % pauses.length]) return;
            pieces.pauseProducing();
            transport.clock.callLater(2, () => pieces.resumeProducing());
          };
        }
        for (const piece of cut(Buffer.from(text), ends)) {
          transport.deliver(piece);
          transport.clock.advance(1);
        }
        transport.clock.advance(2 * count + 100);
        expect(pieces.received).to.deep.equal(whole.received);
      }),
    );
  });

  it('change a hundred thousand times in one chunk without a recursion', () => {
    let depth = 0;
    let deepest = 0;
    const entered = (f: () => void): void => {
      deepest = Math.max(deepest, ++depth);
      f();
      depth--;
    };
    let lineCount = 0;
    const protocol = new (class extends LineReceiver {
      override lineReceived(): void {
        entered(() => {
          lineCount++;
          this.setRawMode();
        });
      }
      override rawDataReceived(data: Buffer): void {
        entered(() => this.setLineMode(data.subarray(1)));
      }
    })();
    connect(protocol).deliver('\r\nx'.repeat(100_000));
    expect(lineCount).to.equal(100_000);
    expect(deepest).to.equal(1);
  });

  it('can be raw from the beginning', () => {
    const got: string[] = [];
    const protocol = new LineReceiver();
    protocol.connectionMade = () => protocol.setRawMode();
    protocol.rawDataReceived = (data) => void got.push(`raw ${data.toString()}`);
    protocol.lineReceived = (line) => void got.push(`line ${line.toString()}`);
    const transport = connect(protocol);
    expect(protocol.rawMode).to.equal(true);
    transport.deliver('a\r\nb');
    protocol.setLineMode();
    expect(protocol.rawMode).to.equal(false);
    transport.deliver('c\r\nd');
    expect(got).to.deep.equal(['raw a\r\nb', 'line c']);
  });

  it('give raw data what has come of an unfinished line, with what arrives next', () => {
    const got: string[] = [];
    const protocol = new LineReceiver();
    protocol.rawDataReceived = (data) => void got.push(data.toString());
    const transport = connect(protocol);
    transport.deliver('unfinished\r');
    protocol.setRawMode();
    transport.deliver('\nmore');
    expect(got.join('')).to.equal('unfinished\r\nmore');
  });

  it('find the lines of `extra` at once when no hook is running', () => {
    const got: string[] = [];
    const protocol = new LineReceiver();
    protocol.lineReceived = (line) => void got.push(line.toString());
    const transport = connect(protocol);
    protocol.setRawMode();
    protocol.setLineMode('one\r\ntwo\r\nthr');
    expect(got).to.deep.equal(['one', 'two']);
    transport.deliver('ee\r\n');
    expect(got).to.deep.equal(['one', 'two', 'three']);
  });

  it('put `extra` before what has waited because of a pause', () => {
    const got: string[] = [];
    const protocol = new LineReceiver();
    const transport = connect(protocol);
    protocol.setRawMode();
    protocol.lineReceived = (line) => void got.push(line.toString());
    protocol.rawDataReceived = (data) => {
      protocol.pauseProducing();
      void protocol.dataReceived(Buffer.from('ee\r\nfour\r\n'));
      protocol.setLineMode(new Uint8Array(data.subarray(3)));
    };
    transport.deliver('rawone\r\ntwo\r\nthr');
    expect(got).to.deep.equal([]);
    protocol.resumeProducing();
    expect(got).to.deep.equal(['one', 'two', 'three', 'four']);
  });

  it('take effect after a pause in which the mode was changed', () => {
    const got: string[] = [];
    const protocol = new LineReceiver();
    protocol.lineReceived = (line) => {
      got.push(`line ${line.toString()}`);
      if (line.toString() !== 'rawpause') return;
      protocol.pauseProducing();
      protocol.setRawMode();
    };
    protocol.rawDataReceived = (data) => void got.push(`raw ${data.toString()}`);
    connect(protocol).deliver('one\r\nrawpause\r\ntwo\r\n');
    expect(got).to.deep.equal(['line one', 'line rawpause']);
    protocol.resumeProducing();
    expect(got).to.deep.equal(['line one', 'line rawpause', 'raw two\r\n']);
  });

  it('do not give raw data again to a hook that has thrown', () => {
    const got: string[] = [];
    const protocol = new LineReceiver();
    protocol.setRawMode();
    protocol.rawDataReceived = (data) => {
      got.push(data.toString());
      throw new Error('raw');
    };
    expect(() => protocol.dataReceived(Buffer.from('one'))).to.throw('raw');
    expect(() => protocol.dataReceived(Buffer.from('two'))).to.throw('raw');
    expect(got).to.deep.equal(['one', 'two']);
  });

  it('may be left, by clearLineBuffer, with what was not delivered', () => {
    const cleared: string[] = [];
    const protocol = new LineReceiver();
    let transport: StringTransport;
    protocol.lineReceived = () => void cleared.push(protocol.clearLineBuffer().toString());
    (transport = connect(protocol)).deliver('one\r\ntwo\r\nthr');
    expect(cleared).to.deep.equal(['two\r\nthr']);
    transport.deliver('\r\n');
    expect(cleared).to.deep.equal(['two\r\nthr', '']);
  });

  it('let lineLengthExceeded go on with what is left of the line', () => {
    const got: string[] = [];
    const protocol = new LineReceiver();
    protocol.maxLength = 8;
    protocol.lineReceived = (line) => void got.push(line.toString());
    protocol.lineLengthExceeded = (line) => protocol.setLineMode(line.subarray(protocol.maxLength));
    for (const piece of inPieces(Buffer.from('0123456789\r\nshort\r\n'), 100)) connect(protocol).deliver(piece);
    expect(got).to.deep.equal(['89', 'short']);
  });
});
