/**
 * The timed calls of one reactor or Clock, by due time and, where that is equal, in the order in which they were
 * scheduled. It has no alarm: its owner looks at `dueTime` and calls `runDue`.
 *
 * A call has an entry in one of two stores: in the line, when it is due after all that stand there, otherwise in the heap.
 * Calls of one and the same delay therefore cost no comparing, whatever their number, and others what a heap costs.
 *
 * Most calls are cancelled or pushed back before they are due, so both are O(1) and lazy. A cancelled call leaves a dead
 * entry, until that comes first or until such are the greater part. A call moved to later keeps its entry, which is then
 * too early, and gets the right one when that comes first. A call moved to sooner gets another one, and the old is dead.
 *
 * No call is due before the present: one moved to the past is due now, and behind those due now already. So whatever is
 * scheduled while `runDue` works sorts behind all that it has still to run.
 */
import { CallHeap } from './call-heap.js';
import { CallLine } from './call-line.js';
import { checkDelay, DelayedCall } from './delayed-call.js';

/** Fewer dead entries than this are not worth the work of sweeping them out. */
const SWEEP_ABOVE = 50;

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
  readonly #line: CallLine = new CallLine();
  readonly #heap: CallHeap = new CallHeap();
  /** How many entries are dead: their sequence is not their call's `entry`. */
  #dead = 0;
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
    return this.#line.length + this.#heap.length - this.#dead;
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
    this.#push(call);
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
    const limit = now + Math.max(CLOCK_ERROR, 4 * Number.EPSILON * now);
    this.#floor = Math.max(outer, now);
    try {
      for (let count = 0; ; count++) {
        const call = this.first();
        if (call === undefined || call.time > limit || call.sequence >= end) return false;
        if (count >= most) return true;
        this.#take(call);
        if (call.time > this.#floor) this.#floor = call.time;
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
    this.#take(call);
    return call;
  }

  /** The earliest active call, which stays in the queue. */
  first(): DelayedCall | undefined {
    // In this order: what is too early in the line goes to the heap.
    const inLine = this.#firstOf(this.#line);
    const inHeap = this.#firstOf(this.#heap);
    if (inLine === undefined || inHeap === undefined) return inLine ?? inHeap;
    return compare(inLine, inHeap) < 0 ? inLine : inHeap;
  }

  /** The active calls, by due time and order: a copy. */
  active(): DelayedCall[] {
    this.#sweep();
    return [...this.#line.calls(), ...this.#heap.calls()].sort(compare);
  }

  /** Now: before this nothing can be due. @internal */
  present(): number {
    return Math.max(this.#seconds(), this.#floor);
  }

  /** Schedules a call of this queue anew, for `time` or, when that is past, for now. @internal */
  move(call: DelayedCall, time: number): void {
    const now = this.present();
    const sooner = time < call.time;
    call.time = Math.max(time, now);
    call.sequence = this.#nextSequence++;
    call.generation = call.time > now ? 0 : this.generation + 1;
    if (sooner) {
      this.#bury(call);
      this.#push(call);
    }
    this.#changed();
  }

  /** Notes that a call of this queue was cancelled. @internal */
  cancelled(call: DelayedCall): void {
    this.#bury(call);
    this.#changed();
  }

  /** Gives an entry to a call that has just got its sequence. */
  #push(call: DelayedCall): void {
    call.entry = call.sequence;
    if (this.#line.accepts(call.time)) this.#line.append(call, call.time, call.sequence);
    else this.#heap.push(call, call.time, call.sequence);
  }

  /** Takes its entry from a call. */
  #bury(call: DelayedCall): void {
    const entry = call.entry;
    call.entry = -1;
    if (this.#line.lastSequence === entry) this.#line.pop();
    else if (this.#heap.lastSequence === entry) this.#heap.pop();
    else if (++this.#dead > SWEEP_ABOVE && this.#dead > this.size) this.#sweep();
  }

  /** Takes out the earliest active call, as called. */
  #take(call: DelayedCall): void {
    const store = this.#line.firstSequence === call.entry ? this.#line : this.#heap;
    store.shift();
    call.state = 'called';
  }

  /** The earliest active call of a store, once what stands before it is gone. */
  #firstOf(store: CallLine | CallHeap): DelayedCall | undefined {
    for (let call = store.first; call !== undefined; call = store.first) {
      if (store.firstSequence !== call.entry) {
        store.shift();
        this.#dead--;
      } else if (call.entry === call.sequence) {
        return call;
      } else {
        store.shift();
        call.entry = call.sequence;
        this.#heap.push(call, call.time, call.sequence);
      }
    }
    return undefined;
  }

  #sweep(): void {
    this.#line.sweep(isLive);
    this.#heap.sweep(isLive);
    this.#dead = 0;
  }
}

function isLive(call: DelayedCall, sequence: number): boolean {
  return call.entry === sequence;
}

function compare(a: DelayedCall, b: DelayedCall): number {
  return a.time - b.time || a.sequence - b.sequence;
}
