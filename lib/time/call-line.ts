/**
 * Entries of calls that come in the order in which they are due, as calls of one and the same delay do: appended at the
 * end and taken from the front without any comparing further in.
 */
import type { DelayedCall } from './delayed-call.js';

/** A gap of fewer entries than this at the front is not worth the work of closing it. */
const GAP = 64;

/** @internal For TimerQueue only. */
export class CallLine {
  readonly #calls: DelayedCall[] = [];
  readonly #sequences: number[] = [];
  readonly #times: number[] = [];
  /** Where the first is; before it are entries that were taken out. */
  #head = 0;

  get length(): number {
    return this.#calls.length - this.#head;
  }

  /** The call of the earliest entry. */
  get first(): DelayedCall | undefined {
    return this.#calls[this.#head];
  }

  /** The sequence of the earliest entry. */
  get firstSequence(): number | undefined {
    return this.#sequences[this.#head];
  }

  /** The sequence of the entry that `pop` takes out; in an empty line, of none or of one that was taken out. */
  get lastSequence(): number | undefined {
    return this.#sequences[this.#sequences.length - 1];
  }

  /** Whether an entry that is due at `time` may be appended, its sequence being higher than that of all others. */
  accepts(time: number): boolean {
    return this.length === 0 || time >= this.#times[this.#times.length - 1]!;
  }

  append(call: DelayedCall, time: number, sequence: number): void {
    this.#calls.push(call);
    this.#times.push(time);
    this.#sequences.push(sequence);
  }

  /** Takes out the earliest entry. */
  shift(): void {
    this.#head++;
    if (this.#head > GAP && this.#head > this.length) this.sweep(() => true);
  }

  /** Takes out the latest entry. */
  pop(): void {
    this.#calls.pop();
    this.#times.pop();
    this.#sequences.pop();
  }

  /** The calls of all entries. */
  calls(): readonly DelayedCall[] {
    return this.#calls.slice(this.#head);
  }

  /** Takes out the entries of which `isLive` does not hold, and closes the gap at the front. */
  sweep(isLive: (call: DelayedCall, sequence: number) => boolean): void {
    const calls = this.#calls;
    const sequences = this.#sequences;
    const times = this.#times;
    let length = 0;
    for (let i = this.#head; i < calls.length; i++) {
      if (!isLive(calls[i]!, sequences[i]!)) continue;
      calls[length] = calls[i]!;
      sequences[length] = sequences[i]!;
      times[length] = times[i]!;
      length++;
    }
    calls.length = length;
    sequences.length = length;
    times.length = length;
    this.#head = 0;
  }
}
