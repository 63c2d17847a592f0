/**
 * The rows of the picture of a trace: each event has one of its own, so that no two labels meet. Between rows the
 * distance follows the time, but only within limits: a pause is cut short, and its length written beside it; what
 * happens at once is still drawn one below the other.
 */
import { shortTimeText, timeText } from './trace-text.js';
import type { TraceEvent } from './trace.js';

/** The rows of events, in pixels from the top, and what the axis shows of their times. */
export interface Rows {
  /** In the order of the events. */
  readonly rows: readonly number[];
  /** Below the last row. */
  readonly bottom: number;
  /** The times, each at the first row of its instant, all with as many decimals as one of them needs. */
  readonly ticks: readonly { readonly y: number; readonly text: string }[];
  /** The lengths of the pauses that are cut short. */
  readonly gaps: readonly { readonly y: number; readonly text: string }[];
  /** Where several events happen at one instant. */
  readonly bands: readonly { readonly top: number; readonly bottom: number }[];
}

/** Where things are that happened before the trace begins. */
export const BEFORE = 12;

const TOP = 36;
const BOTTOM = 44;
/** Between two events at one instant. */
const ROW = 18;
/** Between two instants, at least and at most. */
const NEAREST = 24;
const FARTHEST = 64;
/** More above a row whose label stands above its arrow. */
const HEADROOM = 9;

/** The rows of `events`, which are in the order of their times. */
export function rowsOf(events: readonly TraceEvent[]): Rows {
  const rows: number[] = [];
  const ticks: { y: number; text: string }[] = [];
  const gaps: { y: number; text: string }[] = [];
  const bands: { top: number; bottom: number }[] = [];
  const pauses = events.map((event, i) => event.time - (events[i - 1]?.time ?? event.time));
  const positive = pauses.filter((pause) => pause > 0).sort((a, b) => a - b);
  // The middle one of the pauses is drawn to a comfortable length.
  const scale = (1.5 * NEAREST) / (positive[positive.length >> 1] ?? 1);
  const decimals = Math.max(3, ...new Set(events.map(({ time }) => decimalsOf(time))));
  events.forEach((event, i) => {
    const pause = pauses[i]!;
    const above = rows[i - 1];
    const natural = Math.round(pause * scale);
    const step = pause > 0 ? Math.min(FARTHEST, Math.max(NEAREST, natural)) : ROW;
    const headroom = event.type === 'sent' && step < NEAREST + HEADROOM ? HEADROOM : 0;
    const y = above === undefined ? TOP : above + step + headroom;
    rows.push(y);
    if (above === undefined || pause !== 0) {
      ticks.push({ y, text: event.time.toFixed(decimals) });
      bands.push({ top: y, bottom: y });
    } else {
      bands.at(-1)!.bottom = y;
    }
    if (above !== undefined && natural > FARTHEST) {
      gaps.push({ y: (above + y) / 2, text: `+${shortTimeText(pause)}` });
    }
  });
  const bottom = (rows.at(-1) ?? TOP) + BOTTOM;
  return { rows, bottom, ticks, gaps, bands: bands.filter((band) => band.bottom > band.top) };
}

/** How many decimals a time needs: 3, 6 or 9. */
function decimalsOf(time: number): number {
  const text = timeText(time);
  return text.endsWith('000000') ? 3 : text.endsWith('000') ? 6 : 9;
}
