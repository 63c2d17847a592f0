/**
 * The peers of a port, by canonical address and port number. Who speaks first is taken in while there is room; those who have
 * proved nothing may have half of it. Room is made by letting go who is idle, the unproven first. Whom the program sends to
 * is taken in in any case.
 */
import { type Address, canonicalHost } from '../../lib/address.js';
import { type Carrier, Peer } from './peer.js';

/** Seconds between two looks for peers that can be let go, which take time. */
const SWEEP_INTERVAL = 1;
/** Seconds for which who has proved its address, or was sent to first, stays known at least, where there is room. */
const KEPT = 600;

export class Peers {
  readonly #carrier: Carrier;
  readonly #most: number;
  readonly #table = new Map<string, Peer>();
  #last: Peer | undefined;
  /** Peers that have proved nothing: as many at most. */
  #strangers = 0;
  #sweptAt = -Infinity;

  constructor(carrier: Carrier, most: number) {
    this.#carrier = carrier;
    this.#most = most;
  }

  get size(): number {
    return this.#table.size;
  }

  [Symbol.iterator](): IterableIterator<Peer> {
    return this.#table.values();
  }

  find(address: Address): Peer | undefined {
    const last = this.#last;
    if (last !== undefined && last.address.port === address.port && last.address.host === address.host) return last;
    const peer = this.#table.get(keyOf(address));
    if (peer !== undefined) this.#last = peer;
    return peer;
  }

  /** The peer there, whom the program sends to. */
  chosen(address: Address): Peer {
    const known = this.find(address);
    if (known !== undefined) return known;
    if (this.#table.size >= this.#most) this.#makeRoom();
    return this.#add(address, 'chosen');
  }

  /** A new peer, who has spoken first; undefined where there is no room for one. */
  stranger(address: Address): Peer | undefined {
    if (this.#isFull) this.#makeRoom();
    if (this.#isFull) return undefined;
    this.#strangers++;
    return this.#add(address, 'stranger');
  }

  /** Lets go those of whom nothing is left that matters. */
  tidy(isForgotten: (peer: Peer) => boolean): void {
    const now = this.#carrier.time.seconds();
    for (const peer of this.#table.values()) {
      const silence = peer.trust.standing === 'stranger' ? 0 : KEPT;
      if (peer.isIdle(now, silence) && isForgotten(peer)) this.#drop(peer);
    }
  }

  /** Lets go those who are idle, though something may be known of them: the unproven, and others where that is not enough. */
  #makeRoom(): void {
    const now = this.#carrier.time.seconds();
    if (now - this.#sweptAt < SWEEP_INTERVAL) return;
    this.#sweptAt = now;
    this.#strangers = 0;
    for (const peer of this.#table.values()) {
      if (peer.trust.standing !== 'stranger') continue;
      if (peer.isIdle(now)) this.#drop(peer);
      else this.#strangers++;
    }
    for (const peer of this.#table.values()) {
      if (this.#table.size < this.#most) return;
      if (peer.isIdle(now)) this.#drop(peer);
    }
  }

  get #isFull(): boolean {
    return this.#table.size >= this.#most || 2 * this.#strangers >= this.#most;
  }

  #add(address: Address, standing: 'chosen' | 'stranger'): Peer {
    const { port } = address;
    const host = canonicalHost(address.host) ?? address.host;
    const peer = new Peer(this.#carrier, keyOf(address), Object.freeze({ host, port }), standing);
    this.#table.set(peer.key, peer);
    this.#last = peer;
    return peer;
  }

  #drop(peer: Peer): void {
    this.#table.delete(peer.key);
    if (this.#last === peer) this.#last = undefined;
  }
}

/** One text for each peer, however its address is spelled. */
export function keyOf(address: Address): string {
  return `${canonicalHost(address.host) ?? address.host} ${address.port}`;
}
