/**
 * Netstrings, and strings with their length in front: what is taken, what is refused, and what the peer's mistakes lead to.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  int16Strings,
  Int16StringReceiver,
  int32Strings,
  Int32StringReceiver,
  int8Strings,
  Int8StringReceiver,
  LengthLimitError,
  NetstringParseError,
  NetstringReceiver,
  netstrings,
  lines,
  StringTooLongError,
} from '../../../protocols/index.js';
import { connect, cut, inPieces, places } from './subjects.js';

class Netstrings extends NetstringReceiver {
  readonly received: string[] = [];
  readonly errors: Error[] = [];

  override stringReceived(string: Buffer): void {
    this.received.push(string.toString('latin1'));
  }

  override netstringError(error: NetstringParseError | LengthLimitError): void {
    this.errors.push(error);
  }
}

/** What a receiver makes of this input, in one chunk and byte by byte. */
function receive(input: string, maxLength?: number): Netstrings {
  const results = [input.length, 1].map((size) => {
    const protocol = new Netstrings();
    if (maxLength !== undefined) protocol.maxLength = maxLength;
    const transport = connect(protocol);
    for (const piece of inPieces(Buffer.from(input, 'latin1'), size)) transport.deliver(piece);
    expect(protocol.brokenPeer).to.equal(protocol.errors.length === 1);
    expect(transport.disconnecting).to.equal(protocol.brokenPeer);
    return protocol;
  });
  const [whole, byByte] = results as [Netstrings, Netstrings];
  expect(byByte.received).to.deep.equal(whole.received);
  expect(byByte.errors.map(String)).to.deep.equal(whole.errors.map(String));
  return whole;
}

function refused(input: string, maxLength?: number): string {
  return String(receive(input, maxLength).errors);
}

describe('NetstringReceiver', () => {
  it('receives netstrings, empty ones too, with any bytes', () => {
    expect(receive('5:hello,0:,3:1:,,2:\0\u00ff,').received).to.deep.equal(['hello', '', '1:,', '\0\u00ff']);
  });

  it('waits for what is missing, without an error', () => {
    for (const input of ['1', '12', '12:', '5:hell', '5:hello']) expect(receive(input).errors).to.deep.equal([]);
  });

  it('refuses a length that is not digits', () => {
    expect(refused('x')).to.include('a length is digits and a colon, but byte 120 has come');
    for (const input of [
      '-1:a,',
      '+1:a,',
      ' 1:a,',
      '1 :a,',
      '1x:a,',
      '0x1:a,',
      '1.0:a,',
      '\u00ff',
      'GET / HTTP/1.1\r\n',
    ]) {
      expect(refused(input), input).to.include('a length is digits and a colon');
    }
  });

  it('refuses a colon without a length', () => {
    expect(refused(':a,')).to.include('a length is digits and a colon, but byte 58 has come');
  });

  it('refuses leading zeros', () => {
    expect(refused('01:a,')).to.include('a length has no leading zeros, but byte 49 has come');
    expect(refused('00:,')).to.include('a length has no leading zeros');
  });

  it('refuses more data than the length tells, and a missing comma', () => {
    expect(refused('2:aaa,')).to.include('after 2 bytes there is a comma, but byte 97 has come');
    expect(refused('0:a')).to.include('after 0 bytes there is a comma');
  });

  it('delivers what came before the mistake, and nothing after it', () => {
    const protocol = receive('1:a,1:b,x1:c,1:d,');
    expect(protocol.received).to.deep.equal(['a', 'b']);
    expect(protocol.errors[0]).to.be.instanceOf(NetstringParseError);
    expect(protocol.errors[0]).to.include({ code: 'ERR_PLAIT_NETSTRING_PARSE', byte: 120 });
  });

  it('takes a netstring of maxLength bytes, and refuses a longer one as soon as its length tells', () => {
    expect(receive('4:four,', 4).received).to.deep.equal(['four']);
    const { errors } = receive('5', 4);
    expect(errors[0]).to.be.instanceOf(LengthLimitError);
    expect(errors[0]).to.include({ code: 'ERR_PLAIT_LENGTH_LIMIT', length: 5, limit: 4 });
    expect(receive('99999:').errors).to.deep.equal([]);
    expect(receive('100000').errors[0]).to.include({ length: 100000, limit: 99999 });
  });

  it('refuses a length without end, also where there is no limit', () => {
    expect(refused('9'.repeat(400), Infinity)).to.include('LengthLimitError');
  });

  it('closes the connection also when its hook throws', () => {
    const protocol = new NetstringReceiver();
    protocol.netstringError = () => {
      throw new Error('of the hook');
    };
    const transport = connect(protocol);
    expect(() => transport.deliver('x')).to.throw('of the hook');
    expect(transport.disconnecting).to.equal(true);
  });

  it('drops what a broken peer goes on to send, on a transport that does not stop', () => {
    const protocol = new Netstrings();
    connect(protocol);
    for (const piece of ['x', '1:a,', '1:b,']) void protocol.dataReceived(Buffer.from(piece));
    expect(protocol.received).to.deep.equal([]);
    expect(protocol.errors).to.have.length(1);
    expect(protocol.clearBuffer()).to.have.length(0);
  });

  it('ends in messages or in one error for any input, the same for any split, and keeps no more than maxLength tells', () => {
    const units = fc.constantFrom('0', '1', '2', '3', ':', ',', 'a');
    const inputs = fc.oneof(
      fc.string({ unit: units, maxLength: 40 }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(inputs, fc.nat({ max: 40 }), places, (input, maxLength, ends) => {
        const run = (pieces: Buffer[]): unknown => {
          const protocol = new Netstrings();
          protocol.maxLength = maxLength;
          const transport = connect(protocol);
          for (const piece of pieces) transport.deliver(piece);
          expect(protocol.errors.length).to.be.at.most(1);
          expect(protocol.clearBuffer().length).to.be.at.most(maxLength + String(maxLength).length + 1);
          return [protocol.received, protocol.errors.map(String), transport.disconnecting];
        };
        expect(run(cut(input, ends))).to.deep.equal(run([input]));
      }),
      { numRuns: 500 },
    );
  });
});

const CLASSES: readonly (readonly [Class: new () => Int8StringReceiver, size: number, longest: number])[] = [
  [Int8StringReceiver, 1, 0xff],
  [Int16StringReceiver, 2, 0xffff],
  [Int32StringReceiver, 4, 0xffffffff],
];

for (const [Class, size, longest] of CLASSES) {
  class Strings extends Class {
    readonly received: string[] = [];
    readonly exceeded: number[] = [];

    override stringReceived(string: Buffer): void {
      this.received.push(string.toString('latin1'));
    }

    override lengthLimitExceeded(length: number): void {
      this.exceeded.push(length);
    }
  }

  /** A length, as it is sent. */
  function prefix(length: number): Buffer {
    const bytes = Buffer.alloc(size);
    bytes.writeUIntBE(length, 0, size);
    return bytes;
  }

  describe(Class.name, () => {
    it(`sends a length of ${size} byte(s) in front, the highest first`, () => {
      const protocol = new Class();
      const transport = connect(protocol);
      expect(protocol.prefixLength).to.equal(size);
      protocol.sendString('ä');
      protocol.sendString(Buffer.alloc(200, 'x'));
      protocol.sendString('');
      expect(transport.value()).to.deep.equal(
        Buffer.concat([prefix(2), Buffer.from('ä'), prefix(200), Buffer.alloc(200, 'x'), prefix(0)]),
      );
    });

    it('delivers nothing of a part of a string', () => {
      const protocol = new Strings();
      const transport = connect(protocol);
      for (const piece of inPieces(Buffer.concat([prefix(200), Buffer.alloc(199)]), 1)) transport.deliver(piece);
      expect(protocol.received).to.deep.equal([]);
      transport.deliver('x');
      expect(protocol.received).to.deep.equal([`${'\0'.repeat(199)}x`]);
    });

    it('calls lengthLimitExceeded as soon as the length is there', () => {
      const protocol = new Strings();
      protocol.maxLength = 10;
      const transport = connect(protocol);
      transport.deliver(prefix(11));
      expect(protocol.exceeded).to.deep.equal([11]);
    });

    it('closes the connection then, unless the hook does otherwise', () => {
      const protocol = new Class();
      protocol.maxLength = 10;
      const received: Buffer[] = [];
      protocol.stringReceived = (string) => void received.push(string);
      const transport = connect(protocol);
      transport.deliver(Buffer.concat([prefix(10), Buffer.alloc(10), prefix(11), Buffer.alloc(11), prefix(0)]));
      expect(transport.disconnecting).to.equal(true);
      expect(received).to.have.length(1);
    });

    it('drops a string that is too long, and receives those after it, where the hook does not close the connection', () => {
      const data = Buffer.concat([
        prefix(11),
        Buffer.alloc(11),
        prefix(1),
        Buffer.from('a'),
        prefix(200),
        Buffer.alloc(200),
      ]);
      for (const pieceSize of [data.length, 1, 5]) {
        const protocol = new Strings();
        protocol.maxLength = 10;
        const transport = connect(protocol);
        for (const piece of inPieces(Buffer.concat([data, prefix(0)]), pieceSize)) transport.deliver(piece);
        expect(protocol.exceeded).to.deep.equal([11, 200]);
        expect(protocol.received).to.deep.equal(['a', '']);
      }
    });

    it('can be told a new limit by the hook, for the strings after it', () => {
      const protocol = new Strings();
      protocol.maxLength = 1;
      protocol.lengthLimitExceeded = () => void (protocol.maxLength = 5);
      connect(protocol).deliver(Buffer.concat([prefix(2), Buffer.from('xx'), prefix(3), Buffer.from('abc')]));
      expect(protocol.received).to.deep.equal(['abc']);
    });

    it('goes on with the bytes after it when the hook has cleared the buffer', () => {
      const protocol = new Strings();
      protocol.maxLength = 1;
      protocol.lengthLimitExceeded = () => void protocol.clearBuffer();
      const transport = connect(protocol);
      transport.deliver(Buffer.concat([prefix(9), Buffer.from('xx')]));
      transport.deliver(Buffer.concat([prefix(1), Buffer.from('a')]));
      expect(protocol.received).to.deep.equal(['a']);
    });

    it('takes any bytes for strings, the same for any split, and keeps no more than maxLength bytes and a length', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 40 }), places, (bytes, maxLength, ends) => {
          const run = (pieces: Buffer[]): unknown => {
            const protocol = new Strings();
            protocol.maxLength = maxLength;
            const transport = connect(protocol);
            for (const piece of pieces) transport.deliver(piece);
            expect(protocol.clearBuffer().length).to.be.at.most(maxLength + size);
            return [protocol.received, protocol.exceeded];
          };
          const input = Buffer.from(bytes.map((byte, i) => (i % 3 === 0 ? byte : byte % 8)));
          expect(run(cut(input, ends))).to.deep.equal(run([input]));
        }),
      );
    });

    if (size < 4) {
      it('refuses to send what its length cannot tell', () => {
        const protocol = new Class();
        const transport = connect(protocol);
        for (const string of [Buffer.alloc(longest + 1), 'x'.repeat(longest + 1), `${'ä'.repeat(longest / 2 + 1)}`]) {
          expect(() => protocol.sendString(string))
            .to.throw(StringTooLongError, 'its prefix can tell')
            .that.includes({ code: 'ERR_PLAIT_STRING_TOO_LONG', length: Buffer.byteLength(string), limit: longest });
        }
        expect(transport.value()).to.have.length(0);
        protocol.sendString(Buffer.alloc(longest));
        expect(transport.value()).to.have.length(size + longest);
      });
    }
  });
}

describe('Int32StringReceiver', () => {
  it('reads a length of 2^31 and more as such', () => {
    const protocol = new Int32StringReceiver();
    const lengths: number[] = [];
    protocol.lengthLimitExceeded = (length) => void lengths.push(length);
    connect(protocol).deliver(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    expect(lengths).to.deep.equal([0xffffffff]);
  });

  it('allocates for what has come of a string, not for what was announced', () => {
    const protocol = new Int32StringReceiver();
    protocol.maxLength = Infinity;
    const transport = connect(protocol);
    transport.deliver(Buffer.from([0xff, 0xff, 0xff, 0xff, 1]));
    transport.deliver(Buffer.alloc(1000));
    const kept = protocol.clearBuffer();
    expect(kept).to.have.length(1005);
    // It may be a part of the pool of Node, the size of which differs between versions.
    expect(kept.buffer.byteLength).to.be.below(Buffer.poolSize + 10_000);
  });
});

describe('the framings', () => {
  it('refuse a limit that is none', () => {
    for (const framing of [lines, netstrings, int8Strings, int16Strings, int32Strings]) {
      for (const maxLength of [-1, NaN]) expect(() => framing({ maxLength })).to.throw(RangeError, 'maxLength');
    }
  });
});
