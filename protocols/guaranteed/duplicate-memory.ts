/**
 * Which messages have come already, so that a late copy is not delivered again: identity and checksum of the bytes, peer by
 * peer. Two messages with one identity and different bytes are two messages.
 *
 * It forgets by generations: what comes goes into the young one; a turn makes that the old one, and what was old is gone.
 * So everything is known for one generation's time at least, and nothing has to be looked at one by one to forget it. A turn
 * comes sooner when the memory is full, but never before everything in the old generation is older than a sender may still
 * repeat it. If it is full even so, a new message must wait; and those of peers that have proved nothing may fill half of it
 * only, or a flood from invented addresses would keep all others out.
 */

/** A generation lasts so many times the time for which a message must be known. */
const GENERATION = 3;

/** One peer's part of the memory. It is the memory's: a peer only keeps it. */
export class PeerMemory {
  /** @internal The young generation's number when the maps were last looked at. */
  generation = 0;
  /** @internal The checksums by identity, both as 32-bit integers with sign, which take no object each. */
  young: Map<number, number | Set<number>> | undefined;
  /** @internal */
  old: Map<number, number | Set<number>> | undefined;
}

export class DuplicateMemory {
  readonly #capacity: number;
  readonly #remember: number;
  #generation = 0;
  /** When the young generation began. */
  #since: number;
  readonly #young: Count = { all: 0, strangers: 0 };
  readonly #old: Count = { all: 0, strangers: 0 };

  /** `remember` is how many seconds a message is known at least. */
  constructor(capacity: number, remember: number, now: number) {
    this.#capacity = capacity;
    this.#remember = remember;
    this.#since = now;
  }

  /** How many messages are known. */
  get size(): number {
    return this.#young.all + this.#old.all;
  }

  /** Forgets what is old enough, and says whether there was a turn. To be called now and then. */
  turn(now: number): boolean {
    const length = GENERATION * this.#remember;
    const age = now - this.#since;
    if (age < length) return false;
    this.#turn(now);
    if (age >= 2 * length) this.#turn(now);
    return true;
  }

  has(memory: PeerMemory, identity: number, checksum: number): boolean {
    this.#update(memory);
    return knows(memory.young, identity | 0, checksum) || knows(memory.old, identity | 0, checksum);
  }

  /** Whether a message more may come. */
  hasRoom(now: number, ofStranger: boolean): boolean {
    if (this.#isFull(ofStranger) && now - this.#since >= this.#remember) this.#turn(now);
    return !this.#isFull(ofStranger);
  }

  /** Notes a message that is not known yet. */
  add(memory: PeerMemory, identity: number, checksum: number, ofStranger: boolean): void {
    this.#update(memory);
    const young = (memory.young ??= new Map());
    const before = young.get(identity | 0);
    if (before === undefined) young.set(identity | 0, checksum);
    else if (typeof before === 'number') young.set(identity | 0, new Set([before, checksum]));
    else before.add(checksum);
    this.#young.all++;
    if (ofStranger) this.#young.strangers++;
  }

  /** Whether nothing of a peer is known any more. */
  isEmpty(memory: PeerMemory): boolean {
    this.#update(memory);
    return memory.young === undefined && memory.old === undefined;
  }

  #isFull(ofStranger: boolean): boolean {
    if (this.size >= this.#capacity) return true;
    return ofStranger && 2 * (this.#young.strangers + this.#old.strangers) >= this.#capacity;
  }

  #turn(now: number): void {
    Object.assign(this.#old, this.#young);
    Object.assign(this.#young, { all: 0, strangers: 0 });
    this.#generation++;
    this.#since = now;
  }

  /** Lets a peer's part see the turns that it has missed. */
  #update(memory: PeerMemory): void {
    const missed = this.#generation - memory.generation;
    if (missed === 0) return;
    memory.old = missed === 1 ? memory.young : undefined;
    memory.young = undefined;
    memory.generation = this.#generation;
  }
}

interface Count {
  all: number;
  strangers: number;
}

/** A checksum of a message's bytes (FNV-1a), as a 32-bit integer with sign. */
export function checksumOf(data: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < data.length; i++) hash = Math.imul(hash ^ data[i]!, 0x01000193);
  return hash | 0;
}

function knows(map: PeerMemory['young'], identity: number, checksum: number): boolean {
  const known = map?.get(identity);
  return typeof known === 'object' ? known.has(checksum) : known === checksum;
}
