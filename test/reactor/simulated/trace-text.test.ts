import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  addressText,
  eventText,
  excerpt,
  nameText,
  shortTimeText,
  timeText,
} from '../../../reactor/simulated/trace-text.js';
import type { TraceEvent } from '../../../reactor/simulated/trace.js';
import { anyEvent } from './arbitrary-trace.js';
import { sampleTrace } from './sample-trace.js';

const FROM = { host: '10.0.0.1', port: 5000 };
const TO = { host: '10.0.0.2', port: 9999 };
const SENT: TraceEvent = {
  type: 'sent',
  time: 0.001,
  host: 'a',
  id: 1,
  from: FROM,
  to: TO,
  data: Buffer.from('hello'),
};

describe('eventText', () => {
  it('writes one line for each type of event', () => {
    const lines = (
      [
        SENT,
        { ...SENT, type: 'delivered', time: 0.002, host: 'server', data: Buffer.from('h\0llo') },
        { type: 'lost', time: 0.003, host: 'server', id: 12, from: FROM, to: TO, reason: 'host-down' },
        { type: 'refused', time: 0.004, host: 'a', id: 12, from: FROM, to: TO },
        { type: 'opened', time: 1, host: 'a', address: { host: 'fe80::1%eth0', port: 7 } },
        { type: 'closed', time: 1, host: 'a', address: FROM },
        { type: 'joined', time: 1, host: 'a', address: FROM, group: '239.1.2.3' },
        { type: 'left', time: 1, host: 'a', address: FROM, group: '239.1.2.3', source: '10.0.0.9' },
        { type: 'timer', time: 1, host: 'a', name: 'bound retry' },
        { type: 'crashed', time: 1, host: 'a' },
        { type: 'restarted', time: 1, host: 'a' },
        { type: 'partition', time: 10.5, host: 'a', peer: 'server' },
      ] satisfies TraceEvent[]
    ).map((event) => eventText(event));
    expect(lines).to.deep.equal([
      '0.001000000  a         sent       #1   10.0.0.1:5000 > 10.0.0.2:9999  5 bytes "hello"',
      '0.002000000  server    delivered  #1   10.0.0.1:5000 > 10.0.0.2:9999  5 bytes "h\\x00llo"',
      '0.003000000  server    lost       #12  10.0.0.1:5000 > 10.0.0.2:9999  host-down',
      '0.004000000  a         refused    #12  10.0.0.1:5000 > 10.0.0.2:9999',
      '1.000000000  a         opened     [fe80::1%eth0]:7',
      '1.000000000  a         closed     10.0.0.1:5000',
      '1.000000000  a         joined     10.0.0.1:5000  239.1.2.3',
      '1.000000000  a         left       10.0.0.1:5000  239.1.2.3 from 10.0.0.9',
      '1.000000000  a         timer      "bound retry"',
      '1.000000000  a         crashed',
      '1.000000000  a         restarted',
      '10.500000000  a         partition  server',
    ]);
  });

  it('shows the first 32 bytes, and all of them in hexadecimal when asked', () => {
    const event: TraceEvent = { ...SENT, data: Buffer.alloc(33, 'x') };
    expect(eventText(event)).to.match(new RegExp(`  33 bytes "x{32}"…$`));
    expect(eventText(event, { bytes: 'some' })).to.equal(eventText(event));
    expect(eventText(event, { bytes: 'all' })).to.match(/ {2}33 bytes (78){33}$/);
  });

  it('shows that a datagram is empty or of one byte', () => {
    for (const bytes of ['all', 'some'] as const) {
      expect(eventText({ ...SENT, data: Buffer.alloc(0) }, { bytes })).to.match(/ {2}0 bytes$/);
    }
    expect(eventText({ ...SENT, data: Buffer.from('x') })).to.match(/ {2}1 byte "x"$/);
  });

  it('is one line of visible characters whatever the names and bytes are', () => {
    fc.assert(
      fc.property(anyEvent, fc.constantFrom('all' as const, 'some' as const), (event, bytes) => {
        const text = eventText(event, { bytes });
        expect(text).not.to.match(/[\p{Cc}\u2028\u2029]/u);
        expect(text).to.equal(text.trimEnd());
      }),
    );
  });

  it('differs with all bytes where the events differ, and only there', () => {
    const key = (event: TraceEvent): string =>
      JSON.stringify(Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1)));
    fc.assert(
      fc.property(anyEvent, anyEvent, (a, b) => {
        const same = eventText(a, { bytes: 'all' }) === eventText(b, { bytes: 'all' });
        expect(same).to.equal(key(a) === key(b));
      }),
    );
    const lines = sampleTrace().map((event) => eventText(event, { bytes: 'all' }));
    expect(new Set(lines).size).to.equal(lines.length);
  });

  it('keeps a name that looks like the rest of a line apart from it', () => {
    const tricky: TraceEvent = { type: 'timer', time: 1, host: 'a         timer      b', name: 'c' };
    expect(eventText(tricky)).to.equal('1.000000000  "a         timer      b"  timer      c');
  });
});

describe('timeText', () => {
  it('writes any whole number of nanoseconds below 40 days exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 * 86400 - 1 }), fc.integer({ min: 0, max: 999999999 }), (s, ns) => {
        const text = `${s}.${String(ns).padStart(9, '0')}`;
        expect(timeText(Number(text))).to.equal(text);
      }),
    );
  });

  it('is shorter where millis or microseconds will do', () => {
    expect([0, 0.001, 0.00025, 1.000000001, 60].map(shortTimeText)).to.deep.equal([
      '0.000',
      '0.001',
      '0.000250',
      '1.000000001',
      '60.000',
    ]);
  });
});

describe('excerpt', () => {
  it('escapes what is not printable ASCII, quotes and backslashes', () => {
    expect(excerpt(Buffer.from('a"b\\c\r\n\té\x7f'), 99)).to.equal('"a\\"b\\\\c\\r\\n\\t\\xc3\\xa9\\x7f"');
  });

  it('marks what it leaves out', () => {
    expect(excerpt(Buffer.from('abcdef'), 6)).to.equal('"abcdef"');
    expect(excerpt(Buffer.from('abcdef'), 5)).to.equal('"abcde"…');
  });
});

describe('nameText', () => {
  it('leaves plain names as they are and quotes the others', () => {
    expect(['server', 'é🦀', '<anonymous>', '', 'a b', 'a"\\', 'a\nb\u2028'].map(nameText)).to.deep.equal([
      'server',
      'é🦀',
      '<anonymous>',
      '""',
      '"a b"',
      '"a\\"\\\\"',
      '"a\\u{a}b\\u{2028}"',
    ]);
  });
});

describe('addressText', () => {
  it('puts brackets around IPv6 addresses', () => {
    expect([addressText(TO), addressText({ host: '::1', port: 1 })]).to.deep.equal(['10.0.0.2:9999', '[::1]:1']);
  });
});
