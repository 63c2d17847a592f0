import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { SegmentHeader, Trace } from '../../../reactor/simulated/trace.js';
import { HalfRecorder, pattern, Recorder } from '../../../testing/contract/stream-stage.js';
import { findTool } from './find-tool.js';
import { exchange, TCPWorld } from './tcp-world.js';

const flags = ({ syn, ack, fin, rst }: SegmentHeader): string =>
  Object.entries({ syn, ack, fin, rst })
    .flatMap(([name, set]) => (set ? [name] : []))
    .join('+');

/** Every segment that was sent: from whom, with which flags, how many bytes. */
const sent = ({ events }: Trace): string[] =>
  events.flatMap((event) =>
    event.type === 'sent' && event.segment !== undefined
      ? [`${event.host} ${flags(event.segment)} ${event.segment.sequence}+${event.data.length}`]
      : [],
  );

describe('the trace of a TCP connection', () => {
  it('shows its beginning, its bytes and its end', () => {
    const world = new TCPWorld();
    const server = new HalfRecorder({ readConnectionLost: ({ transport }) => transport.loseConnection() });
    const { client } = world.pair(server, new HalfRecorder());
    client.transport.write('hello');
    world.network.advance(1);
    client.transport.loseWriteConnection();
    world.untilLost(server, client);
    world.network.advance(1);
    expect(sent(world.network.trace)).to.deep.equal([
      'here syn 0+0',
      'there syn+ack 0+0',
      'here ack 1+0',
      'here ack 1+5',
      'there ack 1+0',
      'here ack+fin 6+0',
      'there ack 1+0',
      'there ack+fin 1+0',
      'here ack 7+0',
    ]);
    expect(world.network.trace.toString()).to.include('hello').and.match(/SYN/);
    expect(world.network.trace.toMermaid()).to.include('SYN').and.include('hello');
  });

  it('shows a refusal as a SYN and a RST', () => {
    const world = new TCPWorld();
    const factory = world.connect(new Recorder());
    world.network.runUntil(() => factory.stopped, { timeout: 1 });
    expect(sent(world.network.trace)).to.deep.equal(['here syn 0+0', 'there ack+rst 0+0']);
  });

  it('shows an aborted connection as one with a RST', () => {
    const world = new TCPWorld();
    const { server, client } = world.pair();
    client.transport.abortConnection();
    world.untilLost(server, client);
    expect(sent(world.network.trace).at(-1)).to.match(/^here (ack\+)?rst 1\+0$/);
  });

  it('shows what is lost, why, and that it is sent again', () => {
    const lost = 'loss of here>there 3';
    const world = new TCPWorld({ loss: 1 }, { allows: (harm) => harm === lost });
    const { server, client } = world.pair();
    client.transport.write('again');
    world.network.runUntil(() => server.text === 'again', { timeout: 10 });
    const { events } = world.network.trace;
    const losses = events.filter(({ type }) => type === 'lost');
    expect(losses).to.have.length(1);
    expect(losses[0]).to.include({ type: 'lost', host: 'there', reason: 'loss' });
    expect(sent(world.network.trace).filter((line) => line === 'here ack 1+5')).to.have.length(2);
    expect(world.network.trace.toString()).to.include('lost');
  });

  it('shows a segment that the link has corrupted as lost by its checksum', () => {
    const world = new TCPWorld({ corrupt: 1 }, { allows: (harm) => harm === 'corrupt of here>there 3' });
    const { server, client } = world.pair();
    client.transport.write('again');
    world.network.runUntil(() => server.text === 'again', { timeout: 10 });
    const lost = world.network.trace.events.find(({ type }) => type === 'lost');
    expect(lost).to.include({ reason: 'checksum' });
  });
});

describe('the capture of a TCP connection', function () {
  this.timeout(60_000);
  const tshark = findTool('tshark');
  const size = 20_000;
  let folder: string;
  let file: string;
  let trace: Trace;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'plait-pcap-'));
    file = join(folder, 'trace.pcap');
    const world = new TCPWorld({ loss: 1 }, { allows: (harm) => harm === 'loss of here>there 6' });
    expect(exchange(world, { there: size, back: 300, piece: 5000 })).to.equal(undefined);
    ({ trace } = world.network);
    writeFileSync(file, trace.toPcap());
  });

  after(() => rmSync(folder, { recursive: true }));

  if (tshark === undefined) {
    it('has a packet for every segment (no tshark on this machine: not looked at any closer)', () => {
      const bytes = trace.events.reduce((sum, event) => sum + (event.type === 'sent' ? 56 + event.data.length : 0), 24);
      expect(trace.toPcap()).to.have.length(bytes);
    });
    return;
  }

  const read = (...args: string[]): string =>
    execFileSync(tshark, ['-n', '-r', file, '-o', 'tcp.check_checksum:TRUE', ...args], {
      encoding: 'utf8',
      timeout: 50_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });

  it('is one that tshark finds nothing wrong with but the retransmission', () => {
    const fields = ['tcp.stream', 'tcp.checksum.status', '_ws.malformed', 'tcp.analysis.retransmission'];
    const rows = read('-T', 'fields', ...fields.flatMap((field) => ['-e', field]))
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t'));
    expect(rows).to.have.length(sent(trace).length);
    for (const [stream, checksum, malformed] of rows) {
      expect([stream, checksum, malformed]).to.deep.equal(['0', '1', '']);
    }
    const starts = sent(trace).flatMap((line) => (line.endsWith('+0') ? [] : [line.replace(/\+\d+$/, '')]));
    expect(starts.length - new Set(starts).size, 'segments sent twice').to.equal(1);
    expect(rows.filter(([, , , retransmission]) => retransmission !== '')).to.have.length(1);
  });

  it('has the bytes of each direction, as tshark puts them together', () => {
    const text = read('-q', '-z', 'follow,tcp,raw,0');
    const lines = text.split('\n').filter((line) => /^\t?[0-9a-f]+$/.test(line));
    const bytes = (of: (line: string) => boolean): Buffer =>
      Buffer.from(
        lines
          .filter(of)
          .map((line) => line.trim())
          .join(''),
        'hex',
      );
    expect(bytes((line) => !line.startsWith('\t')).equals(pattern(size))).to.equal(true);
    expect(bytes((line) => line.startsWith('\t')).equals(pattern(300))).to.equal(true);
  });
});
