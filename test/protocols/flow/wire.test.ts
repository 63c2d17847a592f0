import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { FlowNameError } from '../../../protocols/index.js';
import { decodeRequest, encodeRequest, isEcho, LISTEN_PORT, LONGEST_NAME } from '../../../protocols/flow/wire.js';

/** Names of 1…255 bytes without a NUL. */
const names = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 255 })
  .filter((name) => !name.includes('\0') && Buffer.byteLength(name) <= LONGEST_NAME);

describe('the wire of flow allocation', () => {
  it('listens on port 0x0D1F', () => {
    expect(LISTEN_PORT).to.equal(0x0d1f).and.to.equal(3359);
  });

  it('requests by the name, and nothing else (bytes captured from the programs of 2016)', () => {
    expect(encodeRequest('echo-server').toString('hex')).to.equal('6563686f2d736572766572');
  });

  it('encodes names as UTF-8', () => {
    expect(encodeRequest('żółw').toString('hex')).to.equal('c5bcc3b3c58277');
  });

  it('decodes what it encodes', () => {
    fc.assert(fc.property(names, (name) => decodeRequest(encodeRequest(name)) === name));
  });

  it('decodes any bytes to a name that encodes to them, or to none', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      names.map((name) => Buffer.from(name)),
      names.map((name) => Buffer.from(`${name}\0`)),
    );
    fc.assert(
      fc.property(bytes, (array) => {
        const request = Buffer.from(array);
        const name = decodeRequest(request);
        if (name === undefined) return;
        const encoded = encodeRequest(name);
        expect([encoded, Buffer.concat([encoded, Buffer.alloc(1)])]).to.deep.include(request);
      }),
    );
  });

  for (const [what, name] of [
    ['an empty name', ''],
    ['256 bytes', 'x'.repeat(256)],
    ['more than 255 bytes in fewer characters', 'é'.repeat(128)],
    ['a NUL at the end', 'name\0'],
    ['a NUL inside', 'na\0me'],
    ['half a character', 'name \ud800'],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => encodeRequest(name))
        .to.throw(FlowNameError)
        .with.property('flowName', name);
    });
  }

  it('takes a name of 255 bytes', () => {
    expect(encodeRequest('x'.repeat(255))).to.have.length(255);
  });

  it('refuses what is no text', () => {
    expect(() => encodeRequest(7 as never)).to.throw(TypeError);
  });

  for (const [what, request] of [
    ['nothing', ''],
    ['a NUL alone', '\0'],
    ['two NULs at the end', 'name\0\0'],
    ['a NUL inside', 'echo-server\0junk'],
    ['256 bytes', 'x'.repeat(256)],
    ['bytes that are no UTF-8', 'caf\xe9'],
  ] as const) {
    it(`decodes ${what} to no name`, () => {
      expect(decodeRequest(Buffer.from(request, 'latin1'))).to.equal(undefined);
    });
  }

  it('takes one NUL at the end for none', () => {
    expect(decodeRequest(Buffer.from('echo-server\0'))).to.equal('echo-server');
    expect(decodeRequest(Buffer.from(`${'x'.repeat(255)}\0`))).to.equal('x'.repeat(255));
  });

  it('knows an echo by being the same, byte for byte', () => {
    const request = encodeRequest('name');
    expect(isEcho(Buffer.from('name'), request)).to.equal(true);
    for (const other of ['nam', 'name\0', 'named', '']) expect(isEcho(Buffer.from(other), request)).to.equal(false);
  });
});
