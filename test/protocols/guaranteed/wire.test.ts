import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { decode, encode, type Identifiers, wireFormat } from '../../../protocols/guaranteed/wire.js';

const PLAIN = wireFormat();
/** As a server with these settings was seen to send and answer. */
const LONG = wireFormat(Buffer.from('MAGIC!'), {
  data: Buffer.from('0144', 'hex'),
  recv: Buffer.from('0152', 'hex'),
  ack: Buffer.from('0141', 'hex'),
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Buffer => Buffer.from(text, 'hex');

describe('the wire of guaranteed delivery', () => {
  it('has the bytes that gtUDP was seen to send', () => {
    expect(hex(encode(PLAIN, 'data', 0, Buffer.from('')))).to.equal('1d00000000');
    expect(hex(encode(PLAIN, 'data', 0x00420042, Buffer.from('A')))).to.equal('1d0042004241');
    expect(hex(encode(PLAIN, 'data', 0x012700c6, Buffer.from('ac')))).to.equal('1d012700c66163');
    expect(hex(encode(PLAIN, 'data', 0x012700c6, Buffer.from('ba')))).to.equal('1d012700c66261');
    expect(hex(encode(PLAIN, 'data', 1, Buffer.from('hello')))).to.equal('1d0000000168656c6c6f');
    expect(hex(encode(PLAIN, 'recv', 0x96b572ef))).to.equal('5f96b572ef');
    expect(hex(encode(PLAIN, 'ack', 0x96b572ef))).to.equal('ae96b572ef');
  });

  it('has those bytes with a magic number and longer types', () => {
    expect(hex(encode(LONG, 'data', 5, Buffer.from('hi')))).to.equal('4d4147494321' + '0144' + '00000005' + '6869');
    expect(hex(encode(LONG, 'recv', 5))).to.equal('4d41474943210152' + '00000005');
    expect(hex(encode(LONG, 'ack', 0xde6057d6))).to.equal('4d41474943210141' + 'de6057d6');
  });

  it('reads what gtUDP sends', () => {
    expect(decode(PLAIN, bytes('1d0042004241'))).to.deep.equal({
      type: 'data',
      identity: 0x00420042,
      data: Buffer.from('A'),
    });
    expect(decode(LONG, bytes('4d41474943210144de6057d66869'))).to.deep.equal({
      type: 'data',
      identity: 0xde6057d6,
      data: Buffer.from('hi'),
    });
    expect(decode(LONG, bytes('4d4147494321015200000005'))?.type).to.equal('recv');
  });

  it('takes an empty DATA for a message, and does not look at what follows RECV and ACK', () => {
    expect(decode(PLAIN, bytes('1d00000000'))?.data).to.have.lengthOf(0);
    expect(decode(PLAIN, bytes('5f00000007ffff'))).to.deep.include({ type: 'recv', identity: 7 });
    expect(decode(PLAIN, bytes('ae00000007ff'))).to.deep.include({ type: 'ack', identity: 7 });
  });

  it('takes for foreign what is too short, of another type, or without the magic number', () => {
    for (const datagram of ['', '1d', '1d000000', '5f000000', '0000000000', 'ff0000000041']) {
      expect(decode(PLAIN, bytes(datagram)), datagram).to.equal(undefined);
    }
    for (const datagram of ['1d0000000000000000000000', '4d4147494321014400000', '4d414749432201440000000541']) {
      expect(decode(LONG, bytes(datagram)), datagram).to.equal(undefined);
    }
  });

  it('takes any bytes as identifiers, also ones that begin with another or with the magic number', () => {
    const format = wireFormat(Uint8Array.of(1, 1), {
      data: Uint8Array.of(1, 1, 1),
      recv: Uint8Array.of(1, 1, 2),
      ack: Uint8Array.of(0, 0, 0),
    });
    for (const type of ['data', 'recv', 'ack'] as const) {
      expect(decode(format, encode(format, type, 0xfedcba98))).to.deep.include({ type, identity: 0xfedcba98 });
    }
  });

  it('refuses identifiers that are not three different ones of one length', () => {
    const identifiers = (data: number[], recv: number[], ack: number[]): Identifiers => ({
      data: Uint8Array.from(data),
      recv: Uint8Array.from(recv),
      ack: Uint8Array.from(ack),
    });
    for (const [data, recv, ack] of [
      [[1], [1], [2]],
      [[1], [2], [1]],
      [[2], [1], [1]],
      [[1], [2], [3, 4]],
      [[1, 2], [2], [3]],
      [[], [], []],
    ] as const) {
      expect(() => wireFormat(undefined, identifiers([...data], [...recv], [...ack]))).to.throw(RangeError);
    }
    expect(() => wireFormat('MAGIC!' as never)).to.throw(TypeError);
  });

  it('copies what it is given', () => {
    const magic = Uint8Array.of(7);
    const recv = Uint8Array.of(2);
    const format = wireFormat(magic, { data: Uint8Array.of(1), recv, ack: Uint8Array.of(3) });
    magic[0] = 8;
    recv[0] = 9;
    expect(hex(encode(format, 'recv', 1))).to.equal('070200000001');
  });

  it('reads back every packet of every format', () => {
    const format = fc.tuple(fc.uint8Array({ maxLength: 9 }), fc.integer({ min: 1, max: 5 })).chain(([magic, length]) =>
      fc
        .uniqueArray(fc.uint8Array({ minLength: length, maxLength: length }), {
          minLength: 3,
          maxLength: 3,
          selector: hex,
        })
        .map(([data, recv, ack]) => wireFormat(magic, { data: data!, recv: recv!, ack: ack! })),
    );
    const type = fc.constantFrom('data', 'recv', 'ack');
    fc.assert(
      fc.property(format, type, fc.nat({ max: 0xffffffff }), fc.uint8Array(), (made, kind, identity, content) => {
        const packet = encode(made, kind as 'data', identity, content);
        expect(decode(made, packet)).to.deep.equal({ type: kind, identity, data: Buffer.from(content) });
      }),
    );
  });

  it('never throws at bytes, whatever they are, and takes none that it would not write itself', () => {
    const begun = fc.constantFrom('', '1d', '5f', 'ae', '4d4147494321', '4d41474943210144').map(bytes);
    fc.assert(
      fc.property(begun, fc.uint8Array({ maxLength: 40 }), (start, rest) => {
        const datagram = Buffer.concat([start, rest]);
        for (const format of [PLAIN, LONG]) {
          const packet = decode(format, datagram);
          if (packet === undefined) continue;
          expect(encode(format, packet.type, packet.identity, packet.data)).to.deep.equal(datagram);
        }
      }),
    );
  });
});
