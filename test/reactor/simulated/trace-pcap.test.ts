import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatIPv6, ipFamily } from '../../../lib/address.js';
import { InvalidAddressError } from '../../../lib/errors.js';
import { ipPacket, segmentChecksum, TCP, UDP, udpSegment } from '../../../reactor/simulated/ip-packet.js';
import { toPcap } from '../../../reactor/simulated/trace-pcap.js';
import type { TraceEvent } from '../../../reactor/simulated/trace.js';
import { findTool } from './find-tool.js';
import { sampleTrace, TraceBuilder } from './sample-trace.js';

interface Packet {
  seconds: number;
  nanoseconds: number;
  /** The length on the wire. */
  length: number;
  bytes: Buffer;
}

/** Reads a capture file, and checks what every one must have. */
function parsePcap(file: Buffer): Packet[] {
  expect(file.readUInt32LE(0).toString(16)).to.equal('a1b23c4d');
  expect([file.readUInt16LE(4), file.readUInt16LE(6)]).to.deep.equal([2, 4]);
  expect([file.readInt32LE(8), file.readUInt32LE(12)]).to.deep.equal([0, 0]);
  expect(file.readUInt32LE(16)).to.be.least(65575);
  expect(file.readUInt32LE(20)).to.equal(101);
  const packets: Packet[] = [];
  let offset = 24;
  while (offset < file.length) {
    const [seconds, nanoseconds, captured, length] = [0, 4, 8, 12].map((i) => file.readUInt32LE(offset + i));
    const bytes = file.subarray(offset + 16, offset + 16 + captured!);
    packets.push({ seconds: seconds!, nanoseconds: nanoseconds!, length: length!, bytes });
    offset += 16 + captured!;
  }
  expect(offset).to.equal(file.length);
  return packets;
}

/** The ones' complement sum of 16-bit words, one at a time: 0xffff over what holds its own right checksum. */
function onesSum(...parts: Uint8Array[]): number {
  const bytes = Buffer.concat([...parts, Buffer.alloc(1)]);
  let sum = 0;
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    sum += bytes.readUInt16BE(i);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

/** Takes a packet of UDP apart, and checks its lengths and checksums. */
function parsePacket(packet: Buffer): {
  from: string;
  to: string;
  ports: number[];
  data: Buffer;
  ttl: number;
  id: number;
} {
  const version = packet[0]! >> 4;
  const header = version === 4 ? 20 : 40;
  const addresses = version === 4 ? packet.subarray(12, 20) : packet.subarray(8, 40);
  if (version === 4) {
    expect(packet[0]).to.equal(0x45);
    expect(packet.readUInt16BE(2)).to.equal(packet.length);
    expect(packet.readUInt16BE(6), 'not to be fragmented').to.equal(0x4000);
    expect(onesSum(packet.subarray(0, 20))).to.equal(0xffff);
  } else {
    expect(packet.readUInt32BE(0)).to.equal(0x60000000);
    expect(packet.readUInt16BE(4)).to.equal(packet.length - 40);
  }
  expect(packet[version === 4 ? 9 : 6]).to.equal(17);
  const segment = packet.subarray(header);
  expect(segment.readUInt16BE(4)).to.equal(segment.length);
  expect(segment.readUInt16BE(6), 'zero means none').not.to.equal(0);
  const pseudo = Buffer.from([0, 17, segment.length >> 8, segment.length & 0xff]);
  expect(onesSum(addresses, pseudo, segment)).to.equal(0xffff);
  const half = addresses.length / 2;
  const text = (bytes: Buffer): string => (version === 4 ? bytes.join('.') : formatIPv6(bytes));
  return {
    from: text(addresses.subarray(0, half)),
    to: text(addresses.subarray(half)),
    ports: [segment.readUInt16BE(0), segment.readUInt16BE(2)],
    data: segment.subarray(8),
    ttl: packet[version === 4 ? 8 : 7]!,
    id: version === 4 ? packet.readUInt16BE(4) : 0,
  };
}

function datagram(from: string, to: string, data: Uint8Array): Buffer {
  return ipPacket(from, to, UDP, udpSegment({ host: from, port: 5000 }, { host: to, port: 9999 }, data));
}

describe('udpSegment and ipPacket', () => {
  it('make packets with right lengths and checksums, of any addresses, ports and bytes', () => {
    const ports = fc.integer({ min: 0, max: 65535 });
    const ends = fc.oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.tuple(fc.ipV6(), fc.ipV6()));
    fc.assert(
      fc.property(ends, ports, ports, fc.uint8Array({ maxLength: 99 }), ([from, to], port, toPort, data) => {
        const segment = udpSegment({ host: from, port }, { host: to, port: toPort }, data);
        const parsed = parsePacket(ipPacket(from, to, UDP, segment));
        expect(parsed.ports).to.deep.equal([port, toPort]);
        expect(parsed.data.equals(data)).to.equal(true);
        if (ipFamily(from) === 4) expect([parsed.from, parsed.to]).to.deep.equal([from, to]);
      }),
    );
  });

  it('write a checksum that comes out as zero as 0xffff', () => {
    for (const host of ['10.0.0.1', 'fd00::1']) {
      const address = { host, port: 1 };
      // What makes the sum complete is the checksum of the same datagram with zeros in its place.
      const missing = udpSegment(address, address, Buffer.alloc(2)).readUInt16BE(6);
      const data = Buffer.from([missing >> 8, missing & 0xff]);
      expect(udpSegment(address, address, data).readUInt16BE(6)).to.equal(0xffff);
    }
  });

  it('show the identification modulo 65536 and a TTL that fits the destination', () => {
    const segment = udpSegment({ host: '10.0.0.1', port: 1 }, { host: '239.1.2.3', port: 2 }, Buffer.from('x'));
    expect(parsePacket(ipPacket('10.0.0.1', '239.1.2.3', UDP, segment, 65536 + 7))).to.include({ id: 7, ttl: 1 });
    expect(parsePacket(datagram('10.0.0.1', '10.0.0.2', Buffer.from('x')))).to.include({ id: 0, ttl: 64 });
    expect(parsePacket(datagram('fd00::1', 'ff02::114', Buffer.from('x')))).to.include({ ttl: 1 });
    expect(parsePacket(datagram('fd00::1', 'fd00::2', Buffer.from('x')))).to.include({ ttl: 64 });
  });

  it('carry the longest datagrams whole and cut longer ones', () => {
    for (const [from, to, longest] of [
      ['10.0.0.1', '10.0.0.2', 65507],
      ['fd00::1', 'fd00::2', 65527],
    ] as const) {
      for (const length of [longest - 1, longest, longest + 1, 70000]) {
        const { data } = parsePacket(datagram(from, to, Buffer.alloc(length, 0xee)));
        expect(data.length).to.equal(Math.min(length, longest));
      }
    }
  });

  it('leave an IPv6 scope out, and map an IPv4 address where the other one is IPv6', () => {
    expect(parsePacket(datagram('fe80::1%eth0', 'fe80::2%eth1', Buffer.from('x')))).to.include({
      from: 'fe80::1',
      to: 'fe80::2',
    });
    expect(parsePacket(datagram('10.0.0.1', 'fd00::2', Buffer.from('x')))).to.include({
      from: '::ffff:10.0.0.1',
      to: 'fd00::2',
    });
  });

  it('refuse what is no IP literal', () => {
    expect(() => ipPacket('localhost', '10.0.0.1', UDP, Buffer.alloc(0))).to.throw(InvalidAddressError);
    expect(() => datagram('10.0.0.1', 'example.org', Buffer.alloc(0))).to.throw(InvalidAddressError);
  });

  it('carry other protocols too', () => {
    const segment = Buffer.alloc(20);
    segment[12] = 0x50;
    segment.writeUInt16BE(segmentChecksum('10.0.0.1', '10.0.0.2', TCP, segment), 16);
    const packet = ipPacket('10.0.0.1', '10.0.0.2', TCP, segment);
    expect(packet[9]).to.equal(6);
    expect(onesSum(packet.subarray(12, 20), Buffer.from([0, 6, 0, 20]), packet.subarray(20))).to.equal(0xffff);
  });
});

describe('toPcap', () => {
  const events = sampleTrace();
  const sent = events.filter((event) => event.type === 'sent');

  it('has a packet for each datagram sent, with its time in nanoseconds, its number, addresses and bytes', () => {
    const packets = parsePcap(toPcap(events));
    expect(packets.length).to.equal(sent.length);
    packets.forEach(({ seconds, nanoseconds, bytes, length }, i) => {
      const { time, id, from, to, data } = sent[i]!;
      expect(seconds + nanoseconds / 1e9).to.be.closeTo(time, 1e-10);
      expect(length).to.equal(bytes.length);
      const packet = parsePacket(bytes);
      expect([packet.from, packet.to, ...packet.ports]).to.deep.equal([from.host, to.host, from.port, to.port]);
      expect(packet.data.equals(data)).to.equal(true);
      expect(packet.id).to.equal(from.host.includes(':') ? 0 : id);
    });
  });

  it('keeps every nanosecond of a late time', () => {
    const trace = new TraceBuilder();
    for (const time of [0, 0.999999999, 86400.123456789, 3000000.000000001]) {
      trace.send(time, 'a', { host: '10.0.0.1', port: 1 }, { host: '10.0.0.2', port: 2 }, '');
    }
    expect(parsePcap(toPcap(trace.events)).map((packet) => [packet.seconds, packet.nanoseconds])).to.deep.equal([
      [0, 0],
      [0, 999999999],
      [86400, 123456789],
      [3000000, 1],
    ]);
  });

  it('tells the full length of a datagram that IP cannot carry', () => {
    const trace = new TraceBuilder();
    trace.send(0, 'a', { host: '10.0.0.1', port: 1 }, { host: '10.0.0.2', port: 2 }, Buffer.alloc(70000));
    const [packet] = parsePcap(toPcap(trace.events));
    expect([packet!.bytes.length, packet!.length]).to.deep.equal([65535, 70028]);
  });

  it('is a file without packets where nothing was sent', () => {
    const timer: TraceEvent = { type: 'timer', time: 0, host: 'a', name: 'f' };
    for (const nothing of [[], [timer]]) expect(parsePcap(toPcap(nothing))).to.deep.equal([]);
  });
});

describe('tshark', () => {
  const tshark = findTool('tshark');

  /** What tshark reads from a capture: a list of fields for each packet. */
  function dissect(program: string, capture: Buffer, fields: string[]): string[][] {
    const folder = mkdtempSync(join(tmpdir(), 'plait-pcap-'));
    try {
      const file = join(folder, 'trace.pcap');
      writeFileSync(file, capture);
      const checks = ['-o', 'udp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
      const asked = fields.flatMap((field) => ['-e', field]);
      const text = execFileSync(program, ['-n', '-r', file, ...checks, '-T', 'fields', ...asked], {
        encoding: 'utf8',
        timeout: 50000,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split('\t'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  const trace = new TraceBuilder();
  trace.send(0, 'a', { host: '10.0.0.1', port: 5000 }, { host: '10.0.0.2', port: 9999 }, 'hello');
  trace.send(1.000000001, 'a', { host: '10.0.0.1', port: 5000 }, { host: '239.1.2.3', port: 40001 }, 'odd');
  trace.send(2.5, 'b', { host: 'fd00::1', port: 40002 }, { host: 'fe80::2%eth0', port: 40003 }, Buffer.alloc(65527));
  trace.send(3, 'b', { host: '10.0.0.2', port: 9999 }, { host: '10.0.0.1', port: 5000 }, '');
  const capture = toPcap(trace.events);

  if (tshark === undefined) {
    it('reads every packet, and finds its checksums right (no tshark on this machine: not run)', () => {
      expect(parsePcap(capture).map(({ bytes }) => parsePacket(bytes).data.length)).to.deep.equal([5, 3, 65527, 0]);
    });
    return;
  }

  it('reads every packet, and finds its checksums right', function () {
    this.timeout(60000);
    const rows = dissect(tshark, capture, [
      ...['frame.time_epoch', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'udp.srcport', 'udp.dstport', 'udp.length'],
      ...['ip.checksum.status', 'udp.checksum.status', 'ip.id', '_ws.malformed'],
    ]);
    expect(rows).to.deep.equal([
      ['0.000000000', '10.0.0.1', '10.0.0.2', '', '', '5000', '9999', '13', '1', '1', '0x0001', ''],
      ['1.000000001', '10.0.0.1', '239.1.2.3', '', '', '5000', '40001', '11', '1', '1', '0x0002', ''],
      ['2.500000000', '', '', 'fd00::1', 'fe80::2', '40002', '40003', '65535', '', '1', '', ''],
      ['3.000000000', '10.0.0.2', '10.0.0.1', '', '', '9999', '5000', '8', '1', '1', '0x0004', ''],
    ]);
  });

  it('reads a datagram that was too long for IP as one that the capture cut', function () {
    this.timeout(60000);
    const long = new TraceBuilder();
    long.send(0, 'a', { host: '10.0.0.1', port: 40000 }, { host: '10.0.0.2', port: 40001 }, Buffer.alloc(70000));
    const fields = ['frame.cap_len', 'frame.len', 'ip.len', 'udp.length', 'ip.checksum.status', '_ws.malformed'];
    expect(dissect(tshark, toPcap(long.events), fields)).to.deep.equal([['65535', '70028', '65535', '65515', '1', '']]);
  });
});
