/**
 * A trace as a page of its own: hosts are columns, time runs downwards, datagrams are slanted arrows. Pointing at
 * anything, or reaching it by the Tab key, shows all about it with its bytes; a click keeps that open.
 *
 * No script, nothing loaded, and a content security policy that would allow neither: whatever the datagrams and names
 * hold is text. Meant for some thousands of events; give the trace a limit when there are more.
 */
import {
  AXIS,
  type Label,
  type Layout,
  layoutOf,
  LETTER,
  LOOP,
  type Mark,
  type MarkKind,
  type Point,
} from './trace-layout.js';
import { STYLE } from './trace-style.js';
import { nameText, shortTimeText } from './trace-text.js';
import { detail, KINDS, spoken } from './trace-words.js';
import type { TraceEvent } from './trace.js';

/** The page. `hosts`: names in the order of the columns; hosts only the events know come after. */
export function toHTML(events: readonly TraceEvent[], hosts: readonly string[]): string {
  const layout = layoutOf(events, hosts);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Trace of a simulated network</title>
<style>${STYLE}</style>
</head>
<body>
<header class="about">
<h1>Trace of a simulated network</h1>
<p>${summary(events, layout)}</p>
<p>Time runs downwards, in seconds, a row for each event: not to scale. Pauses are cut short, their length beside them.
Point at anything, or press Tab, for all about it; click to keep that open.</p>
<ul class="legend" aria-label="Legend">${legend(layout.marks)}</ul>
</header>
<main>
${hostRow(layout)}
<div class="picture">
${chart(layout)}
<ol class="events" role="list" aria-label="Events">
${layout.marks.map(listItem).join('\n')}
</ol>
</div>
</main>
</body>
</html>
`;
}

function summary(events: readonly TraceEvent[], { columns }: Layout): string {
  const count = (type: TraceEvent['type']): number => events.filter((event) => event.type === type).length;
  const facts = [
    plural(columns.length, 'host'),
    plural(events.length, 'event'),
    `${plural(count('sent'), 'datagram')} sent, ${count('delivered')} delivered, ${count('lost')} lost`,
  ];
  if (events.length > 0) {
    facts.push(`from ${shortTimeText(events[0]!.time)} s to ${shortTimeText(events.at(-1)!.time)} s`);
  }
  return facts.join(' · ');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function legend(marks: readonly Mark[]): string {
  const present = new Set(marks.map(({ kind }) => kind));
  return (Object.keys(KINDS) as MarkKind[])
    .filter((kind) => present.has(kind))
    .map((kind) => {
      const arrow = SYMBOLS[kind] === undefined;
      const shape = arrow ? drawing(kind, { x: 2, y: 8 }, { x: 32, y: 8 }) : drawing(kind, undefined, { x: 24, y: 8 });
      return `<li><svg width="36" height="16" aria-hidden="true"><g class="mark ${kind}">${shape}</g></svg>${KINDS[kind]}</li>`;
    })
    .join('');
}

function hostRow({ columns, width }: Layout): string {
  const boxes = columns.map(({ name, x, width: spacing }) => {
    const room = Math.min(spacing - 16, 168);
    const text = nameText(name);
    const letters = Math.floor((room - 12) / 8);
    const shown = text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
    return `<g class="host"><title>${escape(text)}</title><rect x="${x - room / 2}" y="6" width="${room}" height="28" rx="6"/>
<text x="${x}" y="25" text-anchor="middle">${escape(shown)}</text></g>`;
  });
  const label = columns.length === 0 ? 'No hosts' : `Hosts: ${columns.map(({ name }) => nameText(name)).join(', ')}`;
  return `<svg class="hosts" width="${width}" height="40" role="img" aria-label="${escape(label)}">${boxes.join('')}</svg>`;
}

/** All that is drawn. Hidden from those who cannot see it: the list of events after it says the same in words. */
function chart(layout: Layout): string {
  const { width, height } = layout;
  const bands = layout.bands.map(
    ({ top, bottom }) => `<rect x="${AXIS}" y="${top - 10}" width="${width - AXIS}" height="${bottom - top + 20}"/>`,
  );
  const lives = layout.lives.map(
    ({ x, top, bottom, up }) => `<path class="${up ? 'up' : 'down'}" d="${line({ x, y: top }, { x, y: bottom })}"/>`,
  );
  const walls = layout.walls.map(({ x, top, bottom }) => `<path d="${line({ x, y: top }, { x, y: bottom })}"/>`);
  const lines = layout.ticks.map(({ y }) => `<path d="${line({ x: AXIS - 5, y }, { x: width, y })}"/>`);
  const ticks = layout.ticks.map(({ y, text }) => textOf({ x: AXIS - 10, y: y + 4, text, anchor: 'end' }));
  const gaps = layout.gaps.map(({ y, text }) => {
    const zigzag = `<path d="M${AXIS - 4} ${y - 1}l8 -6M${AXIS - 4} ${y + 4}l8 -6"/>`;
    return zigzag + textOf({ x: AXIS - 10, y: y + 4, text, anchor: 'end' });
  });
  return `<svg class="chart" width="${width}" height="${height}" aria-hidden="true" fill="none" stroke="gray">
<g class="bands" stroke="none">${bands.join('')}</g>
<g class="lines">${lines.join('')}</g>
<path class="axis" d="${line({ x: AXIS, y: 0 }, { x: AXIS, y: height })}"/>
<g class="gaps">${gaps.join('')}</g>
<g class="ticks">${ticks.join('')}</g>
<g class="walls">${walls.join('')}</g>
<g class="lives">${lives.join('')}</g>
${layout.marks.map((mark) => group(mark, drawing(mark.kind, mark.start, mark.end))).join('\n')}
${layout.marks.map((mark) => group(mark, mark.labels.map(textOf).join(''))).join('\n')}
</svg>`;
}

/** A part of a mark. `data-id`: the number of its datagram, for whoever works on the page by program. */
function group({ kind, event }: Mark, content: string): string {
  if (content === '') return '';
  const id = 'id' in event ? ` data-id="${event.id}"` : '';
  return `<g class="mark ${kind}"${id}>${content}</g>`;
}

function textOf({ x, y, text, anchor, bytes }: Label): string {
  const name = bytes ? ' class="bytes"' : '';
  return `<text${name} x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" stroke="none" fill="currentColor">${escape(text)}</text>`;
}

/** An arrow, or a symbol where there is no start. */
function drawing(kind: MarkKind, start: Point | undefined, end: Point): string {
  const symbol = SYMBOLS[kind];
  if (symbol !== undefined) return `<path class="${symbol[0]}" d="M${round(end.x)} ${round(end.y)}${symbol[1]}"/>`;
  const from = start ?? end;
  const way = `<path class="way" d="${wayOf(from, end)}"/>`;
  if (kind in LINKS) {
    const bar = 'm0 -5v10';
    return `${way}<path d="M${round(from.x)} ${round(from.y)}${bar}M${round(end.x)} ${round(end.y)}${bar}"/>`;
  }
  const origin =
    kind === 'refused' ? '' : `<path class="solid" stroke="none" d="M${round(from.x)} ${round(from.y)}${DOT}"/>`;
  return `${origin}${way}${headOf(kind, from, end)}`;
}

const DOT = 'm-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0';
const CROSS = 'm-5 -5l10 10m0 -10l-10 10';

/** What is drawn for an event that is not an arrow: how it is filled, and its outline from its middle. */
const SYMBOLS: Readonly<Partial<Record<MarkKind, readonly [filling: string, outline: string]>>> = {
  timer: ['solid', 'm-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0'],
  opened: ['hollow', 'm-4 -4h8v8h-8z'],
  closed: ['solid', 'm-4 -4h8v8h-8z'],
  joined: ['hollow', 'm0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z'],
  left: ['solid', 'm0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z'],
  crashed: ['', `${CROSS}m-3 -5a8 8 0 1 0 16 0a8 8 0 1 0 -16 0`],
  restarted: ['solid', 'm0 -6l6 10h-12z'],
};

const LINKS: Readonly<Partial<Record<MarkKind, true>>> = {
  link: true,
  partition: true,
  heal: true,
  hold: true,
  release: true,
};

function wayOf(start: Point, end: Point): string {
  if (start.x !== end.x) return line(start, end);
  // A cubic curve gets three quarters of the way to its control points.
  const bulge = round(start.x + (LOOP * 4) / 3);
  return `M${round(start.x)} ${round(start.y)}C${bulge} ${round(start.y)} ${bulge} ${round(end.y)} ${round(end.x)} ${round(end.y)}`;
}

/** The head of an arrow, pointing the way it comes. */
function headOf(kind: MarkKind, start: Point, end: Point): string {
  if (kind === 'lost') return `<path class="cross" stroke-width="2.2" d="M${round(end.x)} ${round(end.y)}${CROSS}"/>`;
  if (kind === 'pending') return '';
  // A loop comes back from the right.
  const dx = start.x === end.x ? -1 : end.x - start.x;
  const dy = start.x === end.x ? 0 : end.y - start.y;
  const length = Math.sqrt(dx * dx + dy * dy);
  const [ux, uy] = [dx / length, dy / length];
  const corner = (side: 1 | -1): string =>
    `${round(end.x - 9 * ux - side * 4 * uy)} ${round(end.y - 9 * uy + side * 4 * ux)}`;
  return `<path class="head solid" d="M${round(end.x)} ${round(end.y)}L${corner(1)}L${corner(-1)}z"/>`;
}

function line(start: Point, end: Point): string {
  return `M${round(start.x)} ${round(start.y)}L${round(end.x)} ${round(end.y)}`;
}

/** What can be pointed at: the shape of the mark and its labels, broader and unseen, with all there is to say. */
function listItem(mark: Mark): string {
  const { kind, start, end, labels } = mark;
  const shape = start === undefined ? line({ x: end.x - 1, y: end.y }, { x: end.x + 1, y: end.y }) : wayOf(start, end);
  const underlines = labels.map(({ x, y, text, anchor }) => {
    const long = LETTER * text.length;
    const left = anchor === 'start' ? x : anchor === 'end' ? x - long : x - long / 2;
    return line({ x: left, y: y - 4 }, { x: left + long, y: y - 4 });
  });
  return `<li class="${kind}"><svg width="1" height="1"><g tabindex="0" role="img" aria-label="${escape(spoken(mark))}"><path d="${shape}${underlines.join('')}"/></g></svg><pre class="detail">${escape(detail(mark))}</pre></li>`;
}

/** Tenths of a pixel. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
