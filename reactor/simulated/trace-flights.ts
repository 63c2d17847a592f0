/**
 * What the pictures of a trace draw as arrows: the way of each copy of a datagram from host to host, put together from
 * its `sent` event and what became of it.
 *
 * A trace may begin in the middle (it has a limit) and end in the middle. So either end of a flight may be missing, and
 * a host is then guessed from its address, which the other events tell; an address that no event explains becomes a
 * host of its own, named by the address.
 */
import { type Address, isLoopback, isMulticast, isWildcard } from '../../lib/address.js';
import type { DeliveredEvent, LossReason, LostEvent, SentEvent, TraceEvent } from './trace.js';

/** One copy of a datagram on its way. */
export interface Flight {
  readonly id: number;
  readonly from: Address;
  readonly to: Address;
  /** The host that sent it. */
  readonly sender: string;
  /** The host it reached, or would have; undefined where that is not known, or where it never left. */
  readonly receiver: string | undefined;
  /** Missing where the trace begins later, or the datagram never left. */
  readonly sent: SentEvent | undefined;
  /** Missing where the datagram is still on its way when the trace ends. */
  readonly end: DeliveredEvent | LostEvent | undefined;
  /** Whether this host got the same datagram before. */
  readonly again: boolean;
  /** Whether other bytes arrived than were sent. */
  readonly changed: boolean;
}

/** The flights of a trace, and who takes part. */
export interface Flights {
  /** The names of the hosts, in the order given; those that only the events know come after. */
  readonly hosts: readonly string[];
  /** The flight that a `delivered` or `lost` event ends. */
  readonly endings: ReadonlyMap<TraceEvent, Flight>;
  /** The flights that nothing ends, by their `sent` event. */
  readonly pending: ReadonlyMap<TraceEvent, Flight>;
  /** The host from which the report in a `refused` event comes, and the loss it reports where the trace has it. */
  readonly refusals: ReadonlyMap<TraceEvent, Refusal>;
}

export interface Refusal {
  readonly by: string;
  readonly loss: LostEvent | undefined;
}

/** Puts the flights together. `hosts`: names in the order in which they are to be shown. */
export function flightsOf(events: readonly TraceEvent[], hosts: readonly string[]): Flights {
  const owners = ownersOf(events);
  const names = new Set(hosts);
  const sends = new Map<number, SentEvent>();
  const ended = new Set<number>();
  for (const event of events) {
    names.add(event.host);
    if ('peer' in event) names.add(event.peer);
    if (event.type === 'sent') sends.set(event.id, event);
    if (event.type === 'delivered' || event.type === 'lost') ended.add(event.id);
  }
  /** Whose address it is, seen from the host `self`. */
  const ownerOf = (address: Address, self: string): string | undefined =>
    isLoopback(address.host) || isWildcard(address.host) ? self : (owners.get(address.host) ?? undefined);
  const namedOwnerOf = (address: Address, self: string): string => {
    const owner = ownerOf(address, self) ?? address.host;
    names.add(owner);
    return owner;
  };

  const endings = new Map<TraceEvent, Flight>();
  const pending = new Map<TraceEvent, Flight>();
  const refusals = new Map<TraceEvent, Refusal>();
  const refusing = new Map<number, LostEvent>();
  const received = new Set<string>();
  for (const event of events) {
    if (event.type === 'sent') {
      if (ended.has(event.id)) continue;
      pending.set(event, flight(event.host, ownerOf(event.to, event.host), event, undefined, false));
    } else if (event.type === 'delivered') {
      const sent = sends.get(event.id);
      const copy = `${event.id} ${event.host}`;
      const sender = sent?.host ?? namedOwnerOf(event.from, event.host);
      endings.set(event, flight(sender, event.host, sent, event, received.has(copy)));
      received.add(copy);
    } else if (event.type === 'lost') {
      const sent = sends.get(event.id);
      const sender = sent?.host ?? (NEVER_LEAVES.has(event.reason) ? event.host : namedOwnerOf(event.from, event.host));
      const left = event.host !== sender || event.reason === 'refused' || event.reason === 'host-down';
      endings.set(event, flight(sender, left ? event.host : undefined, sent, event, false));
      if (event.reason === 'refused') refusing.set(event.id, event);
    } else if (event.type === 'refused') {
      const loss = refusing.get(event.id);
      refusals.set(event, { by: loss?.host ?? namedOwnerOf(event.to, event.host), loss });
    }
  }
  return { hosts: [...names], endings, pending, refusals };
}

/** What a loss means, in words. */
export const LOSSES: Readonly<Record<LossReason, string>> = {
  loss: 'by chance',
  partition: 'the hosts were partitioned',
  queue: 'the queue of the link was full',
  mtu: 'larger than the MTU of the link',
  refused: 'nobody listens at that port',
  'host-down': 'the host is down',
  'no-host': 'no host has that address',
  unreachable: 'the sender could not send it',
  broadcast: 'broadcast was not permitted',
  checksum: 'corrupted on the link, which its checksum shows',
  'no-member': 'nobody else is in the group, or in reach',
};

/** The reasons for which a datagram is lost at its sender. */
const NEVER_LEAVES: ReadonlySet<LossReason> = new Set(['no-host', 'unreachable', 'broadcast', 'no-member']);

function flight(
  sender: string,
  receiver: string | undefined,
  sent: SentEvent | undefined,
  end: DeliveredEvent | LostEvent | undefined,
  again: boolean,
): Flight {
  const { id, from, to } = (end ?? sent)!;
  const changed = sent !== undefined && end?.type === 'delivered' && !sent.data.equals(end.data);
  return { id, from, to, sender, receiver, sent, end, again, changed };
}

/** The hosts by their addresses; null for an address of several (a broadcast, say). */
function ownersOf(events: readonly TraceEvent[]): Map<string, string | null> {
  const owners = new Map<string, string | null>();
  for (const event of events) {
    const address = ownAddress(event);
    if (address === undefined || isLoopback(address) || isWildcard(address) || isMulticast(address)) continue;
    const owner = owners.get(address);
    owners.set(address, owner === undefined || owner === event.host ? event.host : null);
  }
  return owners;
}

/** The address that an event shows to be its host's own, if any. */
function ownAddress(event: TraceEvent): string | undefined {
  switch (event.type) {
    case 'sent':
      return event.from.host;
    case 'delivered':
      return event.to.host;
    case 'opened':
    case 'closed':
    case 'joined':
    case 'left':
      return event.address.host;
    default:
      return undefined;
  }
}
