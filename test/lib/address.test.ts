import { BlockList, isIP } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  canonicalHost,
  formatIPv6,
  internetAddress,
  ipBytes,
  ipFamily,
  isLoopback,
  isMulticast,
  isWildcard,
} from '../../lib/address.js';

/** An IPv6 address as 8 words, zeros in it being frequent, as they are in life. */
const words = fc.array(fc.oneof(fc.constant(0), fc.constant(0xffff), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
const bytes6 = words.map((list) => Uint8Array.from(list.flatMap((word) => [word >> 8, word & 0xff])));
const bytes4 = fc.uint8Array({ minLength: 4, maxLength: 4 });

/** Any spelling of an IPv6 address, and its bytes. */
const spelled = fc
  .record({
    bytes: bytes6,
    pad: fc.boolean(),
    upper: fc.boolean(),
    dotted: fc.boolean(),
    gap: fc.tuple(fc.nat(8), fc.nat(8)),
  })
  .map(({ bytes, pad, upper, dotted, gap: [from, length] }) => {
    let parts = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
    if (pad) parts = parts.map((part) => part.padStart(4, '0'));
    if (upper) parts = parts.map((part) => part.toUpperCase());
    const end = dotted ? 6 : 8;
    if (dotted) parts.splice(6, 2, bytes.slice(12).join('.'));
    let zeros = 0;
    while (zeros < length && from + zeros < end && /^0+$/.test(parts[from + zeros]!)) zeros++;
    const text =
      zeros === 0 ? parts.join(':') : `${parts.slice(0, from).join(':')}::${parts.slice(from + zeros).join(':')}`;
    return { text, bytes };
  });

const scope = fc.stringMatching(/^[0-9a-zA-Z\-.]{1,12}$/);

/** Texts that are nearly addresses: of their characters, or an address with one place changed. */
const nearly = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0123456789abfF:.'.split('')), maxLength: 20 }),
  fc
    .array(fc.constantFrom('0', '1', '01', '255', '256', '1000', 'ffff', '10000', '', ' '), { maxLength: 9 })
    .chain((parts) => fc.constantFrom('.', ':', '::').map((separator) => parts.join(separator))),
  fc
    .tuple(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6(),
        spelled.map(({ text }) => text),
      ),
      fc.nat(45),
      fc.constantFrom(...'0:.gx \n'.split('')),
    )
    .map(([text, at, character]) => text.slice(0, at) + character + text.slice(at + 1)),
);

describe('Addresses', () => {
  describe('ipFamily', () => {
    it('tells IPv4, IPv6 and what is neither', () => {
      expect(ipFamily('127.0.0.1')).to.equal(4);
      expect(ipFamily('::1')).to.equal(6);
      expect(ipFamily('localhost')).to.equal(0);
      expect(ipFamily('')).to.equal(0);
      expect(ipFamily('<broadcast>')).to.equal(0);
    });

    it('agrees with node:net on addresses', () => {
      fc.assert(
        fc.property(
          fc.oneof(
            fc.ipV4(),
            fc.ipV4Extended(),
            fc.ipV6(),
            spelled.map(({ text }) => text),
          ),
          (host) => {
            expect(ipFamily(host)).to.equal(isIP(host));
          },
        ),
        { numRuns: 1000 },
      );
    });

    it('agrees with node:net on what is nearly an address', () => {
      fc.assert(
        fc.property(nearly, (host) => {
          expect(ipFamily(host)).to.equal(isIP(host));
        }),
        { numRuns: 5000 },
      );
    });

    it('takes an IPv4 address in the last place of an IPv6 address only', () => {
      for (const host of ['::1.2.3.4', '1::1.2.3.4', '1:2:3:4:5:6:1.2.3.4']) expect(ipFamily(host)).to.equal(6);
      const wrong = [
        '1.2.3.4::',
        '1.2.3.4::1',
        '::1.2.3.4:5',
        '1:2:3:4:5:6:7:1.2.3.4',
        '1.2.3.4:1:2:3:4:5:6',
        '::1.2.3',
      ];
      for (const host of wrong) expect([ipFamily(host), isIP(host)]).to.deep.equal([0, 0]);
    });

    it('agrees with node:net on scopes', () => {
      fc.assert(
        fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), scope, (host, name) => {
          expect(ipFamily(`${host}%${name}`)).to.equal(isIP(`${host}%${name}`));
        }),
      );
      for (const host of ['::1%', '::1%a b', '::1%a%b', '%eth0', '1.2.3.4%eth0']) expect(ipFamily(host)).to.equal(0);
    });
  });

  describe('ipBytes', () => {
    it('gives the bytes of every spelling', () => {
      fc.assert(
        fc.property(spelled, ({ text, bytes }) => {
          expect(ipBytes(text)).to.deep.equal(bytes);
        }),
        { numRuns: 1000 },
      );
    });

    it('gives the four bytes of IPv4', () => {
      fc.assert(
        fc.property(bytes4, (bytes) => {
          expect(ipBytes(bytes.join('.'))).to.deep.equal(bytes);
        }),
      );
    });

    it('leaves a scope out', () => {
      expect(ipBytes('fe80::1%eth0')).to.deep.equal(ipBytes('fe80::1'));
    });

    it('gives bytes exactly where there is a family', () => {
      fc.assert(
        fc.property(nearly, (host) => {
          expect(ipBytes(host)?.length).to.equal({ 0: undefined, 4: 4, 6: 16 }[ipFamily(host)]);
        }),
        { numRuns: 2000 },
      );
    });
  });

  describe('canonicalHost', () => {
    for (const [host, canonical] of [
      ['192.0.2.1', '192.0.2.1'],
      ['::', '::'],
      ['0:0:0:0:0:0:0:1', '::1'],
      ['2001:DB8::0001', '2001:db8::1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // RFC 5952 4.2.2: one zero word is not shortened
      ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'], // 4.2.3: the longest run is
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], // 4.2.3: the first, of equal ones
      ['1:0:0:0:0:0:0:0', '1::'],
      ['FE80::1%Eth0', 'fe80::1%Eth0'],
      ['::FFFF:1.2.3.4', '::ffff:1.2.3.4'],
      ['::ffff:102:304', '::ffff:1.2.3.4'],
      ['::1.2.3.4', '::102:304'],
    ] as const) {
      it(`spells ${host} as ${canonical}`, () => {
        expect(canonicalHost(host)).to.equal(canonical);
      });
    }

    it('gives undefined for what is no address', () => {
      for (const host of ['', 'localhost', '1.2.3', '01.2.3.4', ':::', '1::2::3', '::1%']) {
        expect(canonicalHost(host)).to.equal(undefined);
      }
    });

    it('gives one spelling to all spellings of an address, and keeps the address', () => {
      fc.assert(
        fc.property(spelled, ({ text, bytes }) => {
          const canonical = canonicalHost(text)!;
          expect(canonical).to.equal(formatIPv6(bytes));
          expect(ipBytes(canonical)).to.deep.equal(bytes);
          expect(canonicalHost(canonical)).to.equal(canonical);
        }),
        { numRuns: 1000 },
      );
    });

    it('spells as URLs do, but for IPv4-mapped addresses', () => {
      fc.assert(
        fc.property(spelled, ({ text }) => {
          const canonical = canonicalHost(text)!;
          fc.pre(!canonical.includes('.'));
          expect(`[${canonical}]`).to.equal(new URL(`http://[${text}]/`).hostname);
        }),
        { numRuns: 1000 },
      );
    });
  });

  describe('what an address is for', () => {
    const lists = { multicast: new BlockList(), loopback: new BlockList() };
    lists.multicast.addSubnet('224.0.0.0', 4, 'ipv4');
    lists.multicast.addSubnet('ff00::', 8, 'ipv6');
    lists.loopback.addSubnet('127.0.0.0', 8, 'ipv4');
    lists.loopback.addAddress('::1', 'ipv6');
    /** Addresses in and about the ranges. IPv4-mapped ones are left out: for node:net they are IPv4. */
    const host = fc.oneof(
      fc
        .tuple(fc.oneof(fc.constantFrom(0, 126, 127, 128, 223, 224, 239, 240, 255), fc.nat(255)), fc.ipV4())
        .map(([first, rest]) => rest.replace(/^\d+/, String(first))),
      fc.constantFrom('::', '::1', '::2', '1::1', '::1:0', 'fe00::', 'feff::1', 'ff00::', 'ff02::fb'),
      bytes6.map(formatIPv6).filter((text) => !text.includes('.')),
    );

    it('isMulticast: 224.0.0.0/4 and ff00::/8', () => {
      fc.assert(
        fc.property(host, (text) => {
          expect(isMulticast(text)).to.equal(lists.multicast.check(text, text.includes(':') ? 'ipv6' : 'ipv4'));
        }),
        { numRuns: 1000 },
      );
    });

    it('isLoopback: 127.0.0.0/8 and ::1', () => {
      fc.assert(
        fc.property(host, (text) => {
          expect(isLoopback(text)).to.equal(lists.loopback.check(text, text.includes(':') ? 'ipv6' : 'ipv4'));
        }),
        { numRuns: 1000 },
      );
    });

    it('isWildcard: 0.0.0.0 and :: in any spelling, no other', () => {
      for (const text of ['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '0::', '::0', '::0.0.0.0']) {
        expect(isWildcard(text)).to.equal(true);
      }
      for (const text of ['0.0.0.1', '1.0.0.0', '::1', '1::', '::ffff:0.0.0.0'])
        expect(isWildcard(text)).to.equal(false);
    });

    it('is nothing of it for what is no address', () => {
      for (const text of ['', 'localhost', '0.0.0', '224.0.0', 'ff02:', '127.1']) {
        expect([isMulticast(text), isLoopback(text), isWildcard(text)]).to.deep.equal([false, false, false]);
      }
    });

    it('does not depend on the scope', () => {
      expect(isMulticast('ff02::1%eth0')).to.equal(true);
      expect(isLoopback('::1%lo')).to.equal(true);
      expect(isWildcard('::%lo')).to.equal(true);
    });
  });

  describe('internetAddress', () => {
    it('is a frozen plain object that tells the family', () => {
      const address = internetAddress('UDP', 'fe80::1%eth0', 53);
      expect(address).to.deep.equal({ type: 'UDP', family: 'IPv6', host: 'fe80::1%eth0', port: 53 });
      expect(internetAddress('TCP', '127.0.0.1', 0)).to.deep.equal({
        type: 'TCP',
        family: 'IPv4',
        host: '127.0.0.1',
        port: 0,
      });
      expect(address).to.be.frozen;
    });
  });
});
