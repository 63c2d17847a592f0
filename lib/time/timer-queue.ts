/**
 * The timed calls of one reactor or Clock, by due time and, where that is equal, in the order in which they were
 * scheduled: a binary heap of DelayedCalls. It has no alarm: its owner looks at `dueTime` and calls `runDue`.
 *
 * Most timers are cancelled or pushed back before they are due, so both are O(1) and lazy: a cancelled call stays in the
 * heap, empty, until it surfaces or until such calls are the greater part; a call moved to later keeps its place, which
 * is then too early, and gets the right one when it surfaces.
 *
 * No call is due before the present: one moved to the past is due now, and behind those due now already. So whatever is
 * scheduled while `runDue` works sorts behind all that it has still to run.
 */
import { checkDelay, DelayedCall } from './delayed-call.js';

/** Fewer cancelled calls than this are not worth the work of compacting the heap. */
const COMPACT_ABOVE = 50;

/**
 * Seconds within which two times are the same: a deadline is a sum of binary fractions, and the clock that reaches it
 * may be a last bit short of it.
 */
const CLOCK_ERROR = 1e-9;

/** A priority queue of timed calls. All times are seconds. */
export class TimerQueue {
  /** @internal The generation of the call that is running, where the owner counts them; -1 otherwise. See Clock. */
  generation: number = -1;
  readonly #seconds: () => number;
  readonly #changed: () => void;
  readonly #heap: DelayedCall[] = [];
  /** Time and sequence of each place in the heap, beside it, because comparing numbers in a row is what is fast. */
  #keys: Float64Array = new Float64Array(2 * 16);
  /** How many in the heap are cancelled. */
  #cancelled = 0;
  #nextSequence = 0;
  /** The time that a running `runDue` works for. */
  #floor = -Infinity;

  /** `seconds` tells the time; `changed` is called after each schedule, reset, delay and cancel. */
  constructor(seconds: () => number, changed: () => void) {
    this.#seconds = seconds;
    this.#changed = changed;
  }

  /** How many calls are active. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** When the earliest active call is due; Infinity when there is none. */
  get dueTime(): number {
    return this.first()?.time ?? Infinity;
  }

  /**
   * A call of `f(...args)`, due `delay` seconds from now.
   * @throws RangeError when `delay` is negative or not finite.
   * @throws TypeError when `f` is no function.
   */
  schedule(delay: number, f: (...args: any[]) => unknown, args: unknown[]): DelayedCall {
    checkDelay('callLater', delay);
    if (typeof f !== 'function')
      throw new TypeError(`callLater: a function is needed, not ${f === null ? 'null' : typeof f}`);
    const now = this.present();
    const time = now + delay;
    const generation = time > now ? 0 : this.generation + 1;
    const call = DelayedCall.create(this, time, this.#nextSequence++, generation, f, args);
    const index = this.#heap.push(call) - 1;
    if (2 * index === this.#keys.length) this.#grow();
    this.#siftUp(call, index);
    this.#changed();
    return call;
  }

  /**
   * Takes out, in order, the calls that are due at `now` and were scheduled before this began, `most` of them at most, and
   * hands each to `invoke`, which is to run it by `call.run()` and to catch what it throws. Calls scheduled, reset or
   * delayed meanwhile wait for the next time, even when they are due. When `invoke` throws, the calls after it stay in
   * the queue. Answers whether calls that were due before are left.
   */
  runDue(now: number, invoke: (call: DelayedCall) => void, most: number = Infinity): boolean {
    const outer = this.#floor;
    const end = this.#nextSequence;
    const limit = now + CLOCK_ERROR;
    this.#floor = Math.max(outer, now);
    try {
      for (let count = 0; ; count++) {
        const call = this.first();
        if (call === undefined || call.time > limit || call.sequence >= end) return false;
        if (count >= most) return true;
        this.#takeFirst();
        call.state = 'called';
        invoke(call);
      }
    } finally {
      this.#floor = outer;
    }
  }

  /** Takes out the earliest active call, as called. */
  shift(): DelayedCall | undefined {
    const call = this.first();
    if (call === undefined) return undefined;
    this.#takeFirst();
    call.state = 'called';
    return call;
  }

  /** The earliest active call, which stays in the queue. */
  first(): DelayedCall | undefined {
    for (;;) {
      const call = this.#heap[0];
      if (call === undefined) return undefined;
      if (call.state === 'cancelled') {
        this.#takeFirst();
        this.#cancelled--;
      } else if (this.#keys[1] === call.sequence) {
        return call;
      } else {
        this.#siftDown(call, 0);
      }
    }
  }

  /** The active calls, by due time and order: a copy. */
  active(): DelayedCall[] {
    return this.#heap
      .filter((call) => call.state === 'pending')
      .sort((a, b) => a.time - b.time || a.sequence - b.sequence);
  }

  /** Now: before this nothing can be due. @internal */
  present(): number {
    return Math.max(this.#seconds(), this.#floor);
  }

  /** Schedules a call of this queue anew, for `time` or, when that is past, for now. @internal */
  move(call: DelayedCall, time: number): void {
    const now = this.present();
    call.time = Math.max(time, now);
    call.sequence = this.#nextSequence++;
    call.generation = call.time > now ? 0 : this.generation + 1;
    if (call.time < this.#keys[2 * call.index]!) this.#siftUp(call, call.index);
    this.#changed();
  }

  /** Notes that a call of this queue was cancelled. @internal */
  cancelled(call: DelayedCall): void {
    if (call.index === this.#heap.length - 1) {
      this.#heap.pop();
      call.index = -1;
    } else {
      this.#cancelled++;
      if (this.#cancelled > COMPACT_ABOVE && this.#cancelled > this.#heap.length / 2) this.#compact();
    }
    this.#changed();
  }

  /** Takes the cancelled out of the heap, and gives the others the places they belong to. */
  #compact(): void {
    const heap = this.#heap;
    const keys = this.#keys;
    let length = 0;
    for (const call of heap) {
      if (call.state === 'cancelled') {
        call.index = -1;
        continue;
      }
      heap[length] = call;
      keys[2 * length] = call.time;
      keys[2 * length + 1] = call.sequence;
      call.index = length++;
    }
    heap.length = length;
    this.#cancelled = 0;
    for (let i = (length >> 1) - 1; i >= 0; i--) this.#siftDown(heap[i]!, i);
  }

  #grow(): void {
    const keys = new Float64Array(2 * this.#keys.length);
    keys.set(this.#keys);
    this.#keys = keys;
  }

  #takeFirst(): void {
    const heap = this.#heap;
    heap[0]!.index = -1;
    const last = heap.pop()!;
    if (heap.length > 0) this.#siftDown(last, 0, this.#keys[2 * heap.length]!, this.#keys[2 * heap.length + 1]!);
  }

  /** Puts `call` at the place `index` of the heap, or at one above: where its time and sequence belong. */
  #siftUp(call: DelayedCall, index: number): void {
    const heap = this.#heap;
    const keys = this.#keys;
    const { time, sequence } = call;
    while (index > 0) {
      const up = (index - 1) >> 1;
      const upTime = keys[2 * up]!;
      const upSequence = keys[2 * up + 1]!;
      if (upTime < time || (upTime === time && upSequence < sequence)) break;
      const parent = heap[up]!;
      heap[index] = parent;
      keys[2 * index] = upTime;
      keys[2 * index + 1] = upSequence;
      parent.index = index;
      index = up;
    }
    heap[index] = call;
    keys[2 * index] = time;
    keys[2 * index + 1] = sequence;
    call.index = index;
  }

  /** Puts `call` at the place `index` of the heap, or at one below: where the given key belongs. */
  #siftDown(call: DelayedCall, index: number, time: number = call.time, sequence: number = call.sequence): void {
    const heap = this.#heap;
    const keys = this.#keys;
    const length = heap.length;
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
      const child = heap[down]!;
      heap[index] = child;
      keys[2 * index] = downTime;
      keys[2 * index + 1] = downSequence;
      child.index = index;
      index = down;
    }
    heap[index] = call;
    keys[2 * index] = time;
    keys[2 * index + 1] = sequence;
    call.index = index;
  }
}
