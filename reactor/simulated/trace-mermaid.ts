/**
 * A trace as a Mermaid sequence diagram, for documentation and bug reports: hosts are participants, each delivery is an
 * arrow, each loss an arrow that ends in a cross, everything else a note. Arrows stand in the order of arrival, for a
 * sequence diagram has no slanted ones; the HTML page has.
 *
 * Mermaid refuses diagrams of more than 50 000 characters unless `maxTextSize` says otherwise: some thousand events.
 */
import { type Flight, flightsOf } from './trace-flights.js';
import { addressText, contentText, nameText, shortTimeText } from './trace-text.js';
import type { TraceEvent } from './trace.js';

/** The diagram. `hosts`: names in the order in which they are to be shown; hosts only the events know come after. */
export function toMermaid(events: readonly TraceEvent[], hosts: readonly string[]): string {
  const flights = flightsOf(events, hosts);
  // Any name will do as text, few as an identifier.
  const aliases = new Map(flights.hosts.map((name, i) => [name, `h${i}`]));
  const alias = (name: string): string => aliases.get(name)!;
  const lines = ['sequenceDiagram'];
  for (const name of flights.hosts) lines.push(`participant ${alias(name)} as ${textOf(nameText(name))}`);

  for (const event of events) {
    const at = `${shortTimeText(event.time)} s`;
    const note = (text: string): number => lines.push(`Note over ${alias(event.host)}: ${textOf(`${text}, ${at}`)}`);
    switch (event.type) {
      case 'sent': {
        const flight = flights.pending.get(event);
        if (flight === undefined) break;
        if (flight.receiver === undefined) note(`${label(flight)} to ${addressText(flight.to)} on its way`);
        else
          lines.push(arrow(alias(flight.sender), '--)', alias(flight.receiver), `${label(flight)} on its way, ${at}`));
        break;
      }
      case 'delivered': {
        const flight = flights.endings.get(event)!;
        const what = `${label(flight)}${flight.again ? ' again' : ''}${flight.changed ? ' changed' : ''}`;
        lines.push(arrow(alias(flight.sender), '->>', alias(event.host), `${what}, ${span(flight.sent, event)}`));
        break;
      }
      case 'lost': {
        const flight = flights.endings.get(event)!;
        const what = `${label(flight)} lost (${event.reason})`;
        lines.push(arrow(alias(flight.sender), '-x', alias(event.host), `${what}, ${span(flight.sent, event)}`));
        break;
      }
      case 'refused': {
        const { by, loss } = flights.refusals.get(event)!;
        lines.push(arrow(alias(by), '-->>', alias(event.host), `#${event.id} refused, ${span(loss, event)}`));
        break;
      }
      case 'opened':
      case 'closed':
        note(`${event.type} ${addressText(event.address)}`);
        break;
      case 'joined':
      case 'left':
        note(`${event.type} ${event.group}${event.source === undefined ? '' : ` from ${event.source}`}`);
        break;
      case 'timer':
        note(`timer ${nameText(event.name)}`);
        break;
      case 'crashed':
      case 'restarted':
        note(event.type);
        break;
      case 'link':
      case 'partition':
      case 'heal':
      case 'hold':
      case 'release': {
        const ends = event.host === event.peer ? [event.host] : [event.host, event.peer];
        lines.push(`Note over ${ends.map(alias).join(',')}: ${textOf(`${event.type}, ${at}`)}`);
        break;
      }
      default:
        event satisfies never;
    }
  }
  return `${lines.join('\n  ')}\n`;
}

function arrow(from: string, head: '->>' | '-->>' | '--)' | '-x', to: string, text: string): string {
  return `${from}${head}${to}: ${textOf(text)}`;
}

/** The number of a datagram and its first bytes, as sent where that is known. */
function label(flight: Flight): string {
  const shown = flight.end?.type === 'delivered' ? flight.end : flight.sent;
  return shown === undefined ? `#${flight.id}` : `#${flight.id} ${contentText(shown, 16)}`;
}

function span(start: { time: number } | undefined, end: { time: number }): string {
  const until = `${shortTimeText(end.time)} s`;
  return start === undefined || start.time === end.time ? until : `${shortTimeText(start.time)} to ${until}`;
}

/** Text that means nothing to Mermaid: what could is written as a character reference, in Mermaid's spelling. */
function textOf(text: string): string {
  return text.replace(/[^\w .,()"'/=+*!?|\u00a1-\u1fff\u2010-\u2027\u2030-\u2fff\u3001-\uffff-]/g, (char) => {
    return `#${char.charCodeAt(0)};`;
  });
}
