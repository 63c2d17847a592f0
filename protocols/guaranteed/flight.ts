/**
 * What is on its way to a peer: how much that is, and what of it is lost.
 *
 *     likely ── overtaken, and late ──▶ lost ── sent again ──▶ likely
 *        └── its timer, or overtaken again ─┴──▶ unlikely
 *
 * A message is taken for lost before its timer says so when one that left three later was confirmed (TCP's fast retransmit,
 * RFC 9002 section 6.1.1), and it is late by the round trips too, because packets may overtake each other. It is sent again
 * for that once; if that copy is lost too, it waits for its timer, and leaves its place to others.
 */
import type { Outgoing } from './outgoing.js';

const OVERTAKEN_BY = 3;

/** What the flight notes at a message. */
export interface Flying {
  /** How many left before it. */
  order: number;
}

export class Flight {
  #messages = 0;
  #weight = 0;
  #likelyWeight = 0;
  #started = 0;
  /** Where in that order the newest stands that was confirmed. */
  #newest = -1;
  /** Those that are likely to arrive, in the order in which they left last; and those that are to be sent again. */
  readonly #likely = new Set<Outgoing>();
  readonly #lost = new Set<Outgoing>();

  /** Messages that were sent and are not over. */
  get messages(): number {
    return this.#messages;
  }

  /** The packets of all these, and of those that may be taken to be on their way. */
  get weight(): number {
    return this.#weight;
  }

  get likelyWeight(): number {
    return this.#likelyWeight;
  }

  /** What is to be sent again first. */
  get lost(): Outgoing | undefined {
    if (this.#lost.size === 0) return undefined;
    return this.#lost.values().next().value;
  }

  /** It leaves for the first time. */
  left(message: Outgoing): void {
    this.#messages++;
    this.#weight += message.weight;
    this.#leaves(message);
  }

  /** It was lost, and leaves again. */
  leftAgain(message: Outgoing): void {
    this.#lost.delete(message);
    this.#leaves(message);
  }

  /** Its time is over: it is lost, or the peer does not answer. */
  timedOut(message: Outgoing): void {
    this.#lost.delete(message);
    this.#isUnlikely(message);
  }

  ended(message: Outgoing): void {
    this.timedOut(message);
    this.#messages--;
    this.#weight -= message.weight;
    // Of what was sent twice nobody knows which copy was answered.
    if (message.state === 'confirmed' && message.attempts === 1) this.#newest = Math.max(this.#newest, message.order);
  }

  /** Takes for lost what was overtaken, and left before a time. Says whether there was something. */
  findLost(before: number): boolean {
    let found = false;
    for (const message of this.#likely) {
      if (message.order + OVERTAKEN_BY > this.#newest || message.lastSentAt > before) break;
      this.#isUnlikely(message);
      if (message.attempts === 1) this.#lost.add(message);
      found = true;
    }
    return found;
  }

  #leaves(message: Outgoing): void {
    message.order = this.#started++;
    this.#likely.add(message);
    this.#likelyWeight += message.weight;
  }

  #isUnlikely(message: Outgoing): void {
    if (this.#likely.delete(message)) this.#likelyWeight -= message.weight;
  }
}
