/**
 * The flows that were asked for, by who asked: the client's address and port. It says which request is a copy, and
 * bounds the flows that are pending or whose peer is not proven, for each address and in all.
 *
 * When there is no room in all, the oldest one goes whose peer has not used it: senders that are forged cannot use a
 * flow, so a flood of their requests pushes out its own flows first, and honest clients have as long as it takes the
 * flood to ask for `most` flows.
 */
import type { Address } from '../../lib/address.js';
import type { ServedFlow } from './served-flow.js';

/** Who asked, as one text. */
export type ClientKey = string;

export function clientKey({ host, port }: Address): ClientKey {
  return `${host} ${port}`;
}

export class FlowTable {
  readonly #most: number;
  readonly #mostPerAddress: number;
  readonly #flows = new Map<ClientKey, ServedFlow>();
  /** Those that are pending or not proven, from the oldest. */
  readonly #pending = new Set<ServedFlow>();
  readonly #pendingOf = new Map<string, number>();
  /** Requests that were rejected, from the oldest: name and time, by client. */
  readonly #rejected = new Map<ClientKey, { name: string; until: number }>();

  constructor(most: number, mostPerAddress: number) {
    this.#most = most;
    this.#mostPerAddress = mostPerAddress;
  }

  /** How much is kept. */
  get sizes(): { flows: number; pending: number; addresses: number; rejected: number } {
    return {
      flows: this.#flows.size,
      pending: this.#pending.size,
      addresses: this.#pendingOf.size,
      rejected: this.#rejected.size,
    };
  }

  get(client: Address): ServedFlow | undefined {
    return this.#flows.get(clientKey(client));
  }

  /** Whether an address may have one more that is pending. */
  hasRoomFor(host: string): boolean {
    return (this.#pendingOf.get(host) ?? 0) < this.#mostPerAddress;
  }

  /** What must end so that there is room in all: undefined when there is room, null when nothing may be ended for it. */
  inTheWay(): ServedFlow | null | undefined {
    if (this.#pending.size < this.#most) return undefined;
    for (const flow of this.#pending) if (!flow.used) return flow;
    return null;
  }

  add(flow: ServedFlow): void {
    const { client } = flow;
    this.#flows.set(clientKey(client), flow);
    this.#pending.add(flow);
    this.#pendingOf.set(client.host, (this.#pendingOf.get(client.host) ?? 0) + 1);
  }

  /** It is pending no more: the application has accepted it, and the peer has used it. */
  proven(flow: ServedFlow): void {
    if (!this.#pending.delete(flow)) return;
    const { host } = flow.client;
    const left = this.#pendingOf.get(host)! - 1;
    if (left === 0) this.#pendingOf.delete(host);
    else this.#pendingOf.set(host, left);
  }

  /** It is over. */
  remove(flow: ServedFlow): void {
    this.proven(flow);
    const key = clientKey(flow.client);
    // One that could not be opened was never in it, and another one may be in its place.
    if (this.#flows.get(key) === flow) this.#flows.delete(key);
  }

  /** The application has rejected a request: copies of it are not asked about until then. */
  rejected(flow: ServedFlow, until: number): void {
    const key = clientKey(flow.client);
    this.#rejected.delete(key);
    for (const oldest of this.#rejected.keys()) {
      if (this.#rejected.size < this.#most) break;
      this.#rejected.delete(oldest);
    }
    this.#rejected.set(key, { name: flow.name, until });
  }

  /** Whether a request is the copy of one that was rejected. */
  isRejected(client: Address, name: string, now: number): boolean {
    if (this.#rejected.size === 0) return false;
    const key = clientKey(client);
    const found = this.#rejected.get(key);
    if (found === undefined) return false;
    if (found.until > now) return found.name === name;
    this.#rejected.delete(key);
    return false;
  }
}
