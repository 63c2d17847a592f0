import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { toMermaid } from '../../../reactor/simulated/trace-mermaid.js';
import type { TraceEvent } from '../../../reactor/simulated/trace.js';
import { anyHosts, anyTrace } from './arbitrary-trace.js';
import { HOSTS, sampleTrace, TraceBuilder } from './sample-trace.js';

/**
 * What toMermaid uses of the grammar of sequence diagrams, strictly: text is made of characters that mean nothing to
 * Mermaid and of references such as `#35;`. Answers the names and the statements with all references resolved.
 */
function parse(diagram: string): { names: string[]; statements: string[] } {
  expect(diagram)
    .to.match(/^sequenceDiagram\n/)
    .and.to.match(/\n$/);
  const names: string[] = [];
  const statements: string[] = [];
  for (const line of diagram.split('\n').slice(1, -1)) {
    const participant = /^ {2}participant h(\d+) as (.+)$/u.exec(line);
    if (participant !== null) {
      expect(statements, 'participants come first').to.deep.equal([]);
      expect(Number(participant[1])).to.equal(names.length);
      names.push(textOf(participant[2]!));
      continue;
    }
    const statement = /^ {2}(?:h(\d+)(?:->>|-->>|--\)|-x)h(\d+)|Note over h(\d+)(?:,h(\d+))?): (.+)$/u.exec(line);
    expect(statement, line).not.to.equal(null);
    for (const alias of statement!.slice(1, 5))
      if (alias !== undefined) expect(Number(alias)).to.be.below(names.length);
    const head = line.slice(2, line.indexOf(': ')).replace(/h(\d+)/g, (_, i: string) => names[Number(i)]!);
    statements.push(`${head}: ${textOf(statement![5]!)}`);
  }
  return { names, statements };
}

function textOf(source: string): string {
  expect(source).not.to.match(/[:<>{}%$&\\\n\r\u2028\u2029]/);
  expect(source.replace(/#\d+;/g, '')).not.to.match(/[#;]/);
  return source.replace(/#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}

describe('toMermaid', () => {
  const { names, statements } = parse(toMermaid(sampleTrace(), HOSTS));

  it('has a participant for each host, in order, and then those that only the events know', () => {
    expect(names).to.deep.equal(HOSTS);
    expect(parse(toMermaid(sampleTrace(), ['printer'])).names).to.deep.equal(['printer', 'client', 'server']);
    expect(parse(toMermaid([], []))).to.deep.equal({ names: [], statements: [] });
  });

  it('has an arrow from host to host for each delivery, with bytes and times, in the order of arrival', () => {
    expect(statements.filter((line) => /^\w+->>/.test(line))).to.deep.equal([
      'client->>server: #1 "hello", 0.000 to 0.001 s',
      'client->>printer: #2 "<script>document"…, 0.000200 to 0.001200 s',
      'server->>client: #3 "\\x00\\x01\\x02\\xff\\xfe\\"\\\\\\n", 0.001 to 0.002 s',
      'server->>client: #3 "\\x00\\x01\\x02\\xff\\xfe\\"\\\\\\n" again, 0.001 to 0.002100 s',
      'client->>server: #4 "checksum mE" changed, 0.003 to 0.004 s',
      'client->>printer: #9 "page 1", 4.000 to 5.001 s',
      'client->>server: #11 "to all", 6.000 to 6.001 s',
      'client->>printer: #11 "to all", 6.000 to 6.001 s',
      'client->>client: #17 "to myself", 8.000 to 8.000100 s',
    ]);
  });

  it('ends the arrow of a loss in a cross and names the reason', () => {
    expect(statements.filter((line) => line.includes('-x'))).to.deep.equal([
      'client-xserver: #5 "lost by chance" lost (loss), 1.000 s',
      'client-xserver: #6 "xxxxxxxxxxxxxxxx"… lost (mtu), 2.500 s',
      'client-xserver: #7 "too many" lost (queue), 2.500 s',
      'client-xserver: #8 "anyone?" lost (partition), 3.000 s',
      'client-xserver: #10 "knock" lost (refused), 5.002 to 5.003 s',
      'client-xserver: #12 "still there?" lost (host-down), 7.000 to 7.001 s',
      'client-xclient: #13 "who?" lost (no-host), 8.000 s',
      'client-xclient: #14 "far" lost (unreachable), 8.000 s',
      'client-xclient: #15 "all" lost (broadcast), 8.000 s',
      'client-xclient: #16 "group" lost (no-member), 8.000 s',
    ]);
  });

  it('sends the report of a refusal back to the sender', () => {
    const index = statements.indexOf('server-->>client: #10 refused, 5.003 to 5.004 s');
    expect(statements[index - 1]).to.match(/lost \(refused\)/);
  });

  it('notes timers, sockets, groups, crashes and what happens between two hosts', () => {
    expect(statements.filter((line) => line.startsWith('Note'))).to.deep.equal([
      'Note over client: opened 10.0.0.1:5000, 0.000 s',
      'Note over server: opened 10.0.0.2:9999, 0.000 s',
      'Note over server: joined 239.1.2.3, 0.000 s',
      'Note over printer: joined ff02::114 from fd00::1, 0.000 s',
      'Note over client: timer retry, 1.000 s',
      'Note over client: timer <anonymous>, 2.000 s',
      'Note over client,server: link, 2.500 s',
      'Note over client,server: partition, 3.000 s',
      'Note over client,server: heal, 4.000 s',
      'Note over client,printer: hold, 4.000 s',
      'Note over client,printer: release, 5.000 s',
      'Note over server: crashed, 7.000 s',
      'Note over server: restarted, 8.000 s',
      'Note over server: left 239.1.2.3, 9.000 s',
      'Note over client: closed 10.0.0.1:5000, 9.000 s',
      'Note over server: #19 "" to 10.7.7.7:7 on its way, 9.000 s',
    ]);
  });

  it('has an open arrow for what is on its way when the trace ends', () => {
    expect(statements).to.include('server--)client: #18 "on its way when "… on its way, 9.000 s');
  });

  it('finds the sender by its address where the trace begins after the datagram was sent', () => {
    const trace = new TraceBuilder();
    const [a, b] = [
      { host: '10.0.0.1', port: 1 },
      { host: '10.0.0.2', port: 2 },
    ];
    trace.add({ type: 'delivered', time: 1, host: 'b', id: 7, from: a, to: b, data: Buffer.from('x') });
    trace.add({
      type: 'delivered',
      time: 1,
      host: 'b',
      id: 8,
      from: { ...a, host: '10.0.0.9' },
      to: b,
      data: Buffer.from('y'),
    });
    trace.add({ type: 'opened', time: 2, host: 'a', address: a });
    expect(parse(toMermaid(trace.events, ['a', 'b'])).statements.slice(0, 2)).to.deep.equal([
      'a->>b: #7 "x", 1.000 s',
      '10.0.0.9->>b: #8 "y", 1.000 s',
    ]);
  });

  it('is a diagram whatever the names and bytes are', () => {
    fc.assert(
      fc.property(anyTrace, anyHosts, (events, hosts) => {
        parse(toMermaid(events, hosts));
      }),
    );
    const odd = ['end', 'a;b', 'a#b', 'a:b', '->>', '%%{init: {}}%%', 'as', 'wrap: x', '$$x$$', '<br/>', 'loop'];
    const events = odd.map((host, i): TraceEvent => ({
      type: 'timer',
      time: i,
      host,
      name: odd[(i + 1) % odd.length]!,
    }));
    const parsed = parse(toMermaid(events, odd));
    expect(parsed.names).to.deep.equal(odd.map((name) => (name.includes(' ') ? `"${name}"` : name)));
    expect(parsed.statements[0]).to.equal('Note over end: timer a;b, 0.000 s');
  });
});
