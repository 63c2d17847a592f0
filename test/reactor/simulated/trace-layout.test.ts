import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { AXIS, layoutOf, type Layout, LETTER, type Mark } from '../../../reactor/simulated/trace-layout.js';
import { rowsOf } from '../../../reactor/simulated/trace-rows.js';
import type { TraceEvent } from '../../../reactor/simulated/trace.js';
import { anyHosts, anyTrace } from './arbitrary-trace.js';
import { BUSY_HOSTS, busyTrace } from './busy-trace.js';
import { HOSTS, sampleTrace, TraceBuilder } from './sample-trace.js';

const A = { host: '10.0.0.1', port: 1 };
const B = { host: '10.0.0.2', port: 2 };

function timers(...times: number[]): TraceEvent[] {
  return times.map((time) => ({ type: 'timer', time, host: 'a', name: 'f' }));
}

function columnOf(layout: Layout, name: string): number {
  return layout.columns.find((column) => column.name === name)!.x;
}

function markOf(layout: Layout, id: number): Mark {
  return layout.marks.find(({ flight }) => flight?.id === id)!;
}

describe('rowsOf', () => {
  it('gives each event a row of its own, downwards', () => {
    fc.assert(
      fc.property(anyTrace, (events) => {
        const { rows, bottom } = rowsOf(events);
        expect(rows.length).to.equal(events.length);
        [...rows, bottom].forEach((y, i, all) => {
          if (i > 0) expect(y - all[i - 1]!).to.be.within(18, 75);
        });
      }),
    );
  });

  it('shows a time for each instant, with as many decimals as one of them needs', () => {
    expect(rowsOf(timers(0, 0, 0.001, 1)).ticks.map(({ text }) => text)).to.deep.equal(['0.000', '0.001', '1.000']);
    expect(rowsOf(timers(0, 0.00025)).ticks.map(({ text }) => text)).to.deep.equal(['0.000000', '0.000250']);
    expect(rowsOf(timers(0, 1.000000001)).ticks.map(({ text }) => text)).to.deep.equal(['0.000000000', '1.000000001']);
  });

  it('lets longer pauses be longer, as far as they fit, and writes down those that do not', () => {
    const { rows, gaps } = rowsOf(timers(0, 0.01, 0.02, 0.034, 60));
    const steps = rows.slice(1).map((y, i) => y - rows[i]!);
    expect(steps[0]).to.equal(steps[1]);
    expect(steps[2]).to.be.greaterThan(steps[1]!);
    expect(steps[3]).to.be.greaterThan(steps[2]!);
    expect(gaps.map(({ text }) => text)).to.deep.equal(['+59.966']);
    expect(gaps[0]!.y).to.be.within(rows[3]!, rows[4]!);
  });

  it('has a band where several events happen at once', () => {
    const { rows, bands } = rowsOf(timers(0, 1, 1, 1, 2));
    expect(bands).to.deep.equal([{ top: rows[1], bottom: rows[3] }]);
  });

  it('has room for nothing', () => {
    const { rows, ticks, gaps, bands, bottom } = rowsOf([]);
    expect([rows, ticks, gaps, bands]).to.deep.equal([[], [], [], []]);
    expect(bottom).to.be.greaterThan(0);
  });
});

describe('layoutOf', () => {
  const layout = layoutOf(sampleTrace(), HOSTS);

  it('has the hosts as columns from left to right', () => {
    expect(layout.columns.map(({ name }) => name)).to.deep.equal(HOSTS);
    layout.columns.forEach(({ x }, i) => expect(x).to.be.greaterThan(layout.columns[i - 1]?.x ?? AXIS));
  });

  it('draws a datagram from its sending at one column to its arrival at another, further down', () => {
    const { kind, start, end, labels } = markOf(layout, 1);
    expect(kind).to.equal('delivered');
    expect([start!.x, end.x]).to.deep.equal([columnOf(layout, 'client'), columnOf(layout, 'server')]);
    expect(end.y).to.be.greaterThan(start!.y);
    expect(labels.map(({ text }) => text)).to.deep.equal(['#1 "hello"']);
  });

  it('ends a lost datagram where its reason says, and writes it there', () => {
    const [client, server] = [columnOf(layout, 'client'), columnOf(layout, 'server')];
    for (const [id, reason] of [
      [5, 'loss'],
      [6, 'mtu'],
      [7, 'queue'],
      [8, 'partition'],
    ] as const) {
      const { end, labels } = markOf(layout, id);
      expect(end.x).to.be.greaterThan(client).and.to.be.lessThan(server);
      expect(labels.at(-1)).to.include({ text: `lost: ${reason}`, anchor: 'start' });
    }
    expect(markOf(layout, 8).end.x).to.equal(layout.walls[0]!.x);
    expect([markOf(layout, 10).end.x, markOf(layout, 12).end.x]).to.deep.equal([server, server]);
    for (const id of [13, 14, 15, 16]) expect(markOf(layout, id).end.x).to.be.within(client + 10, client + 60);
  });

  it('tells what arrives again, what arrives changed and what is on its way', () => {
    const kinds = (id: number): string[] =>
      layout.marks.filter(({ flight }) => flight?.id === id).map(({ kind }) => kind);
    expect([3, 4, 11, 18, 19].map(kinds)).to.deep.equal([
      ['delivered', 'again'],
      ['changed'],
      ['delivered', 'delivered'],
      ['pending'],
      ['pending'],
    ]);
    expect(markOf(layout, 18).end.y).to.be.within(markOf(layout, 18).start!.y, layout.height);
  });

  it('brings the report of a refusal back from where the datagram was lost', () => {
    const report = layout.marks.find(({ kind }) => kind === 'refused')!;
    expect(report.start).to.deep.equal(markOf(layout, 10).end);
    expect(report.end.x).to.equal(columnOf(layout, 'client'));
  });

  it('shows a host down from its crash until it restarts', () => {
    const [crash, restart] = ['crashed', 'restarted'].map((kind) => layout.marks.find((mark) => mark.kind === kind)!);
    const x = columnOf(layout, 'server');
    expect(layout.lives.filter((life) => life.x === x)).to.deep.equal([
      { x, top: 0, bottom: crash!.end.y, up: true },
      { x, top: crash!.end.y, bottom: restart!.end.y, up: false },
      { x, top: restart!.end.y, bottom: layout.height, up: true },
    ]);
    const later = layoutOf(
      sampleTrace().filter(({ type }) => type === 'restarted'),
      ['server'],
    );
    expect(later.lives.map(({ up }) => up)).to.deep.equal([false, true]);
  });

  it('has a wall while two hosts are parted, to the end where they are not healed', () => {
    expect(layout.walls.length).to.equal(1);
    expect(layout.walls[0]!.bottom).to.be.lessThan(layout.height);
    const parted = layoutOf(
      sampleTrace().filter(({ type }) => type !== 'heal'),
      HOSTS,
    );
    expect(parted.walls.map(({ bottom }) => bottom)).to.deep.equal([parted.height]);
  });

  it('begins above the first row what was sent before the trace begins', () => {
    const trace = new TraceBuilder();
    trace.add({ type: 'delivered', time: 5, host: 'b', id: 7, from: A, to: B, data: Buffer.from('x') });
    trace.add({ type: 'lost', time: 6, host: 'b', id: 8, from: A, to: B, reason: 'loss' });
    const { marks } = layoutOf(trace.events, ['a', 'b']);
    for (const mark of marks) expect(mark.start!.y).to.be.lessThan(marks[0]!.end.y);
    expect(marks.map(({ labels }) => labels.map(({ text }) => text))).to.deep.equal([['#7'], ['#8 lost: loss']]);
  });

  it('lets no two labels meet', () => {
    for (const { marks } of [layout, layoutOf(busyTrace(500), BUSY_HOSTS)]) {
      const boxes = marks
        .flatMap(({ labels }) => labels)
        .map(({ x, y, text, anchor }) => {
          const width = LETTER * text.length;
          const left = { start: x, middle: x - width / 2, end: x - width }[anchor];
          return { text, left, right: left + width, top: y - 9, bottom: y + 3 };
        });
      boxes.sort((a, b) => a.top - b.top);
      boxes.forEach((a, i) => {
        for (const b of boxes.slice(i + 1, i + 4)) {
          const apart = b.top >= a.bottom || b.left >= a.right || b.right <= a.left;
          expect(apart, `${a.text} and ${b.text}`).to.equal(true);
        }
      });
    }
  });

  it('keeps everything on the picture, whatever the trace', () => {
    fc.assert(
      fc.property(anyTrace, anyHosts, (events, hosts) => {
        const { marks, width, height } = layoutOf(events, hosts);
        for (const { start, end } of marks) {
          for (const point of start === undefined ? [end] : [start, end]) {
            expect(point.x).to.be.within(AXIS, width);
            expect(point.y).to.be.within(0, height);
          }
        }
      }),
    );
  });
});
