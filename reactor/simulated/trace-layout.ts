/**
 * Where everything goes on the picture of a trace: hosts are columns, events have rows (trace-rows.ts), and between
 * those run the arrows. Pixels, from the upper left corner. No markup here: trace-html.ts draws it.
 */
import { type Flight, flightsOf, type Refusal } from './trace-flights.js';
import { BEFORE, type Rows, rowsOf } from './trace-rows.js';
import { addressText, contentText, nameText } from './trace-text.js';
import type { LossReason, TraceEvent } from './trace.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line of text; `y` is its base line. */
export interface Label extends Point {
  readonly text: string;
  readonly anchor: 'start' | 'middle' | 'end';
  /** Whether it shows a datagram's bytes, rather than what happened. */
  readonly bytes?: true;
}

/** How a mark looks, and what the legend calls it. */
export type MarkKind =
  | ('delivered' | 'again' | 'changed' | 'lost' | 'refused' | 'pending')
  | ('timer' | 'opened' | 'closed' | 'joined' | 'left' | 'crashed' | 'restarted')
  | ('link' | 'partition' | 'heal' | 'hold' | 'release');

/** One thing drawn: an arrow from `start` to `end` (a loop, where both are on one column), or a symbol at `end`. */
export interface Mark {
  readonly kind: MarkKind;
  /** The last event that it shows. */
  readonly event: TraceEvent;
  readonly flight?: Flight;
  readonly refusal?: Refusal;
  readonly start?: Point;
  readonly end: Point;
  readonly labels: readonly Label[];
}

/** A picture. */
export interface Layout extends Omit<Rows, 'rows' | 'bottom'> {
  readonly width: number;
  readonly height: number;
  readonly columns: readonly { readonly name: string; readonly x: number; readonly width: number }[];
  /** When the hosts are up, and when they are down. */
  readonly lives: readonly {
    readonly x: number;
    readonly top: number;
    readonly bottom: number;
    readonly up: boolean;
  }[];
  /** Partitions while they last. */
  readonly walls: readonly { readonly x: number; readonly top: number; readonly bottom: number }[];
  readonly marks: readonly Mark[];
}

/** The x of the line along which time runs. */
export const AXIS = 104;

const FIRST_COLUMN = AXIS + 96;
/** The width of a letter in a label. */
export const LETTER = 6.7;
/** How far a datagram gets that never leaves. */
const STUB = 34;
/** How far the arrow goes of a host that sends to itself. */
export const LOOP = 36;

/** Lays out `events`, the oldest at the top. `hosts`: names in the order of the columns. */
export function layoutOf(events: readonly TraceEvent[], hosts: readonly string[]): Layout {
  const flights = flightsOf(events, hosts);
  const spacing = Math.min(300, Math.max(160, Math.floor(960 / Math.max(1, flights.hosts.length))));
  const columns = flights.hosts.map((name, i) => ({ name, x: FIRST_COLUMN + i * spacing, width: spacing }));
  const columnAt = new Map(columns.map(({ name, x }) => [name, x]));
  const xOf = (host: string): number => columnAt.get(host)!;
  const { rows, bottom, ...axis } = rowsOf(events);
  const letters = Math.floor((spacing - 24) / LETTER);

  const rowOf = new Map(events.map((event, i) => [event, rows[i]!]));
  const marks: Mark[] = [];
  const labelled = new Set<TraceEvent>();
  events.forEach((event, i) => {
    const y = rows[i]!;
    const x = xOf(event.host);
    switch (event.type) {
      case 'sent':
      case 'delivered':
      case 'lost': {
        const flight = flights.pending.get(event) ?? flights.endings.get(event);
        if (flight !== undefined) marks.push(flightMark(flight, event, y));
        break;
      }
      case 'refused': {
        const refusal = flights.refusals.get(event)!;
        const from = xOf(refusal.by);
        const start = { x: from, y: (refusal.loss && rowOf.get(refusal.loss)) ?? BEFORE };
        const label = farLabel(from, { x, y }, `#${event.id} refused`);
        marks.push({ kind: 'refused', event, refusal, start, end: { x, y }, labels: [label] });
        break;
      }
      case 'link':
      case 'partition':
      case 'heal':
      case 'hold':
      case 'release': {
        const peer = xOf(event.peer);
        const [left, right] = x < peer ? [x, peer] : [peer, x];
        const label: Label = { x: (left + right) / 2, y: y + 4, text: event.type, anchor: 'middle' };
        marks.push({ kind: event.type, event, start: { x: left, y }, end: { x: right, y }, labels: [label] });
        break;
      }
      default: {
        const label: Label = { x: x + 11, y: y + 4, text: cut(symbolText(event), letters), anchor: 'start' };
        marks.push({ kind: event.type, event, end: { x, y }, labels: [label] });
      }
    }
  });
  const width = FIRST_COLUMN + Math.max(1, columns.length) * spacing;
  const lives = livesOf(events, rows, columns, bottom);
  const walls = wallsOf(events, rows, xOf, spacing, bottom);
  return { width, height: bottom, columns, ...axis, lives, walls, marks };

  function flightMark(flight: Flight, event: TraceEvent, y: number): Mark {
    const from = xOf(flight.sender);
    const target = flight.receiver === undefined ? undefined : xOf(flight.receiver);
    const start = { x: from, y: startRow(flight, y) };
    const end = endOf(flight, from, target, y);
    const labels: Label[] = [];
    const { sent } = flight;
    if (sent !== undefined && !labelled.has(sent)) {
      labelled.add(sent);
      const text = cut(`#${flight.id} ${contentText(sent, letters)}`, letters);
      const side =
        end.x < from ? ({ x: from - 9, anchor: 'end' } as const) : ({ x: from + 9, anchor: 'start' } as const);
      labels.push({ ...side, y: start.y - 4, text, bytes: true });
    }
    const kind = kindOf(flight);
    const number = sent === undefined ? `#${flight.id} ` : '';
    if (flight.end?.type === 'lost') labels.push(farLabel(from, end, `${number}lost: ${flight.end.reason}`));
    else if (kind === 'again' || kind === 'changed') labels.push(farLabel(from, end, `#${flight.id} ${kind}`));
    else if (kind === 'delivered' && sent === undefined) labels.push(farLabel(from, end, `#${flight.id}`));
    return { kind, event, flight, start, end, labels };
  }

  /** Where the arrow of a flight begins, whose last event is in row `y`. */
  function startRow(flight: Flight, y: number): number {
    if (flight.sent !== undefined) return rowOf.get(flight.sent)!;
    return flight.receiver === undefined ? y : BEFORE;
  }

  function endOf(flight: Flight, from: number, target: number | undefined, y: number): Point {
    if (flight.end === undefined) {
      if (target === undefined || target === from) return { x: from + STUB, y: y + 10 };
      return { x: from + (target - from) * 0.8, y: bottom - 10 };
    }
    if (target === undefined) return { x: from + STUB, y };
    if (flight.end.type === 'lost' && flight.end.reason === 'partition') {
      return { x: wallBetween(from, target, spacing), y };
    }
    return { x: from + (target - from) * (flight.end.type === 'lost' ? REACH[flight.end.reason] : 1), y };
  }
}

/** What part of its way a lost datagram is shown to make. */
const REACH: Readonly<Record<LossReason, number>> = {
  loss: 0.62,
  partition: 0.5,
  queue: 0.25,
  mtu: 0.25,
  refused: 1,
  'host-down': 1,
  'no-host': 0.62,
  unreachable: 0.25,
  broadcast: 0.25,
  checksum: 1,
  'no-member': 0.62,
};

function kindOf(flight: Flight): MarkKind {
  if (flight.end === undefined) return 'pending';
  if (flight.end.type === 'lost') return 'lost';
  if (flight.changed) return 'changed';
  return flight.again ? 'again' : 'delivered';
}

/** The x of a partition: beside a column, never on one. */
function wallBetween(a: number, b: number, spacing: number): number {
  return Math.min(a, b) + spacing / 2;
}

/** A label at the end of an arrow that comes from `from`, on the side away from it. */
function farLabel(from: number, end: Point, text: string): Label {
  if (end.x < from) return { x: end.x - 11, y: end.y + 4, text, anchor: 'end' };
  return { x: end.x + (end.x === from ? LOOP + 4 : 11), y: end.y + 4, text, anchor: 'start' };
}

type SymbolEvent = TraceEvent & {
  type: 'timer' | 'opened' | 'closed' | 'joined' | 'left' | 'crashed' | 'restarted';
};

function symbolText(event: SymbolEvent): string {
  switch (event.type) {
    case 'timer':
      return nameText(event.name);
    case 'opened':
    case 'closed':
      return `${event.type} ${addressText(event.address)}`;
    case 'joined':
    case 'left':
      return `${event.type} ${event.group}`;
    case 'crashed':
    case 'restarted':
      return event.type;
  }
}

function cut(text: string, letters: number): string {
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}

function livesOf(
  events: readonly TraceEvent[],
  rows: readonly number[],
  columns: Layout['columns'],
  bottom: number,
): Layout['lives'] {
  return columns.flatMap(({ name, x }) => {
    const parts: { x: number; top: number; bottom: number; up: boolean }[] = [];
    let top = 0;
    let up = true;
    events.forEach((event, i) => {
      if (event.host !== name || (event.type !== 'crashed' && event.type !== 'restarted')) return;
      // A trace that begins in the middle may begin with a host that is down.
      if (parts.length === 0) up = event.type === 'crashed';
      parts.push({ x, top, bottom: rows[i]!, up });
      [top, up] = [rows[i]!, event.type === 'restarted'];
    });
    return [...parts, { x, top, bottom, up }];
  });
}

/** From each partition to the `heal` of the same two hosts. */
function wallsOf(
  events: readonly TraceEvent[],
  rows: readonly number[],
  xOf: (host: string) => number,
  spacing: number,
  bottom: number,
): Layout['walls'] {
  const walls: { x: number; top: number; bottom: number }[] = [];
  const open = new Map<string, { x: number; top: number; bottom: number }>();
  events.forEach((event, i) => {
    if (event.type !== 'partition' && event.type !== 'heal') return;
    const ends = [xOf(event.host), xOf(event.peer)].sort((a, b) => a - b) as [number, number];
    const pair = ends.join();
    const wall = open.get(pair);
    if (event.type === 'heal' && wall !== undefined) {
      wall.bottom = rows[i]!;
      open.delete(pair);
    } else if (event.type === 'partition' && wall === undefined) {
      const added = { x: wallBetween(...ends, spacing), top: rows[i]!, bottom };
      open.set(pair, added);
      walls.push(added);
    }
  });
  return walls;
}
