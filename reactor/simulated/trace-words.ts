/**
 * What the page of a trace says about each of its marks: in a line for readers that speak, in full for the panel that
 * opens where one points. Plain text; the page escapes it.
 */
import { hexDump } from './hex-dump.js';
import { type Flight, LOSSES } from './trace-flights.js';
import type { Mark, MarkKind } from './trace-layout.js';
import { addressText, contentText, eventText, nameText, segmentText, shortTimeText, sizeText } from './trace-text.js';

/** What each kind of mark is called, in the order of the legend. */
export const KINDS: Readonly<Record<MarkKind, string>> = {
  delivered: 'delivered',
  again: 'delivered again',
  changed: 'delivered, but changed',
  lost: 'lost',
  refused: 'report of a refusal',
  pending: 'on its way at the end',
  timer: 'timer',
  opened: 'socket opened',
  closed: 'socket closed',
  joined: 'group joined',
  left: 'group left',
  crashed: 'host crashed',
  restarted: 'host restarted',
  link: 'link changed',
  partition: 'partition',
  heal: 'partition healed',
  hold: 'link held',
  release: 'link released',
};

/** One line for readers that speak. */
export function spoken({ event, flight, kind }: Mark): string {
  if (flight === undefined) return eventText(event).replace(/ {2,}/g, ' ');
  const { id, sender, receiver, sent, end } = flight;
  const shown = end?.type === 'delivered' ? end : sent;
  const ends = `#${id} from ${nameText(sender)}${receiver === undefined ? '' : ` to ${nameText(receiver)}`}`;
  const times = [
    ...(sent === undefined ? [] : [`sent ${shortTimeText(sent.time)} s`]),
    ...(end === undefined ? [KINDS.pending] : [`${outcome(flight, kind)} ${shortTimeText(end.time)} s`]),
  ];
  return `${ends}, ${times.join(', ')}${shown === undefined ? '' : `, ${sizeText(shown.data.length)} ${contentText(shown, 32)}`}`;
}

/** All about one mark, in lines. */
export function detail({ event, flight, refusal, kind }: Mark): string {
  if (flight === undefined) {
    const lines = [eventText(event)];
    if (refusal?.loss !== undefined) lines.push(eventText(refusal.loss));
    return lines.join('\n');
  }
  const { id, from, to, sender, receiver, sent, end } = flight;
  const lines = [
    `#${id}  ${addressText(from)} > ${addressText(to)}`,
    `${nameText(sender)} > ${receiver === undefined ? '(not known)' : nameText(receiver)}`,
    sent === undefined ? 'sent: not in this trace' : `sent       ${shortTimeText(sent.time)} s`,
  ];
  const segment = sent?.segment ?? (end?.type === 'delivered' ? end.segment : undefined);
  if (segment !== undefined) lines.push(`TCP ${segmentText(segment, true)}`);
  if (end === undefined) lines.push(KINDS.pending);
  else {
    const took = sent === undefined ? '' : `, ${shortTimeText(end.time - sent.time)} s after`;
    lines.push(`${end.type.padEnd(9)}  ${shortTimeText(end.time)} s${took}`);
    if (kind === 'lost' || kind === 'again') lines.push(outcome(flight, kind));
  }
  if (sent !== undefined) lines.push('', flight.changed ? `as sent: ${dump(sent.data)}` : dump(sent.data));
  if (end?.type === 'delivered' && flight.changed) lines.push('', `as delivered: ${dump(end.data)}`);
  else if (end?.type === 'delivered' && sent === undefined) lines.push('', dump(end.data));
  return lines.join('\n');
}

/** Bytes of a datagram that are shown in full; of longer ones only the beginning. */
const SHOWN = 512;

function outcome({ end }: Flight, kind: MarkKind): string {
  return end?.type === 'lost' ? `lost (${end.reason}: ${LOSSES[end.reason]})` : KINDS[kind];
}

function dump(data: Uint8Array): string {
  return data.length === 0 ? sizeText(0) : `${sizeText(data.length)}\n${hexDump(data, SHOWN)}`;
}
