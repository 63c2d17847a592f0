/**
 * Entries of calls in a binary heap, by time and sequence. The keys stand beside the calls, so that comparing reads
 * numbers in a row. A call does not know its place: to tell it at each move would cost more than the move.
 */
import type { DelayedCall } from './delayed-call.js';

/** @internal For TimerQueue only. */
export class CallHeap {
  readonly #calls: DelayedCall[] = [];
  /** Time and sequence of each entry. */
  #keys: Float64Array = new Float64Array(2 * 16);

  get length(): number {
    return this.#calls.length;
  }

  /** The call of the earliest entry. */
  get first(): DelayedCall | undefined {
    return this.#calls[0];
  }

  /** The sequence of the earliest entry. */
  get firstSequence(): number | undefined {
    return this.#keys[1];
  }

  /** The sequence of the entry that `pop` takes out. */
  get lastSequence(): number | undefined {
    return this.#keys[2 * this.#calls.length - 1];
  }

  push(call: DelayedCall, time: number, sequence: number): void {
    const index = this.#calls.push(call) - 1;
    if (2 * index === this.#keys.length) this.#grow();
    this.#siftUp(call, index, time, sequence);
  }

  /** Takes out the earliest entry. */
  shift(): void {
    const last = this.#calls.pop()!;
    const end = 2 * this.#calls.length;
    if (end > 0) this.#siftDown(last, 0, this.#keys[end]!, this.#keys[end + 1]!);
  }

  /** Takes out the entry that stands last, and need not be the latest. */
  pop(): void {
    this.#calls.pop();
  }

  /** The calls of all entries. */
  calls(): readonly DelayedCall[] {
    return this.#calls;
  }

  /** Takes out the entries of which `isLive` does not hold. */
  sweep(isLive: (call: DelayedCall, sequence: number) => boolean): void {
    const calls = this.#calls;
    const keys = this.#keys;
    let length = 0;
    for (let i = 0; i < calls.length; i++) {
      if (!isLive(calls[i]!, keys[2 * i + 1]!)) continue;
      calls[length] = calls[i]!;
      keys[2 * length] = keys[2 * i]!;
      keys[2 * length + 1] = keys[2 * i + 1]!;
      length++;
    }
    calls.length = length;
    for (let i = (length >> 1) - 1; i >= 0; i--) this.#siftDown(calls[i]!, i, keys[2 * i]!, keys[2 * i + 1]!);
  }

  #grow(): void {
    const keys = new Float64Array(2 * this.#keys.length);
    keys.set(this.#keys);
    this.#keys = keys;
  }

  /** Puts an entry at the place `index`, or at one above it, where it belongs. */
  #siftUp(call: DelayedCall, index: number, time: number, sequence: number): void {
    const calls = this.#calls;
    const keys = this.#keys;
    while (index > 0) {
      const up = (index - 1) >> 1;
      const upTime = keys[2 * up]!;
      const upSequence = keys[2 * up + 1]!;
      if (upTime < time || (upTime === time && upSequence < sequence)) break;
      calls[index] = calls[up]!;
      keys[2 * index] = upTime;
      keys[2 * index + 1] = upSequence;
      index = up;
    }
    calls[index] = call;
    keys[2 * index] = time;
    keys[2 * index + 1] = sequence;
  }

  /** Puts an entry at the place `index`, or at one below it, where it belongs. */
  #siftDown(call: DelayedCall, index: number, time: number, sequence: number): void {
    const calls = this.#calls;
    const keys = this.#keys;
    const length = calls.length;
    for (let down = 2 * index + 1; down < length; down = 2 * index + 1) {
      let downTime = keys[2 * down]!;
      let downSequence = keys[2 * down + 1]!;
      if (down + 1 < length) {
        const rightTime = keys[2 * down + 2]!;
        const rightSequence = keys[2 * down + 3]!;
        if (rightTime < downTime || (rightTime === downTime && rightSequence < downSequence)) {
          down++;
          downTime = rightTime;
          downSequence = rightSequence;
        }
      }
      if (time < downTime || (time === downTime && sequence < downSequence)) break;
      calls[index] = calls[down]!;
      keys[2 * index] = downTime;
      keys[2 * index + 1] = downSequence;
      index = down;
    }
    calls[index] = call;
    keys[2 * index] = time;
    keys[2 * index + 1] = sequence;
  }
}
