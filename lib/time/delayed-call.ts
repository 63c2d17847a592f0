/**
 * A call that is to be made later. It is made by a TimerQueue, and is its own entry in the queue's heap: one object per
 * timer. A call is pending until it is called or cancelled; it is `called` from just before its function runs.
 */
import { AlreadyCalled, AlreadyCancelled } from './errors.js';
import type { TimerQueue } from './timer-queue.js';

const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');

const NONE: unknown[] = [];

/** Where the calls were made that were made in debug mode. */
const origins = new WeakMap<DelayedCall, string>();

/** What `callLater` gives. All times are seconds. */
export class DelayedCall {
  /** Whether calls made from now on remember where they were made, and tell it in `toString()`. Slow. */
  static debug: boolean = false;

  // The queue's business. Each field is set once in the constructor, and not before, so that all calls have one shape.
  /** @internal */ declare state: 'pending' | 'called' | 'cancelled';
  /** @internal Due then … */ declare time: number;
  /** @internal … and, among those due then, in this order. */ declare sequence: number;
  /** @internal The sequence under which it stands in the heap; -1 once cancelled. */ declare entry: number;
  /** @internal How many calls at this instant led to this one; see Clock. */ declare generation: number;
  readonly #queue: TimerQueue;
  #f: ((...args: any[]) => unknown) | undefined;
  #args: unknown[];

  private constructor(
    queue: TimerQueue,
    time: number,
    sequence: number,
    generation: number,
    f: (...args: any[]) => unknown,
    args: unknown[],
  ) {
    this.state = 'pending';
    this.time = time;
    this.sequence = sequence;
    this.entry = -1;
    this.generation = generation;
    this.#queue = queue;
    this.#f = f;
    this.#args = args.length === 0 ? NONE : args;
    if (DelayedCall.debug) origins.set(this, new Error('made').stack ?? '');
  }

  /** @internal Calls are made by TimerQueue.schedule only. */
  static create(
    queue: TimerQueue,
    time: number,
    sequence: number,
    generation: number,
    f: (...args: any[]) => unknown,
    args: unknown[],
  ): DelayedCall {
    return new DelayedCall(queue, time, sequence, generation, f, args);
  }

  /** When the call is, or was, due: on the clock that `seconds()` of its reactor shows. */
  getTime(): number {
    return this.time;
  }

  /** Whether the call is still to be made: neither called (or running) nor cancelled. */
  active(): boolean {
    return this.state === 'pending';
  }

  /**
   * The call will not be made.
   * @throws AlreadyCalled once it runs, and after.
   * @throws AlreadyCancelled the second time.
   */
  cancel(): void {
    this.#check();
    this.state = 'cancelled';
    this.#f = undefined;
    this.#args = NONE;
    this.#queue.cancelled(this);
  }

  /**
   * Moves the call by `seconds` from when it is due: later, or sooner when negative, but not into the past. Among calls
   * due at the same instant it is then the last.
   * @throws RangeError when `seconds` is not finite.
   * @throws AlreadyCalled, AlreadyCancelled as `cancel` does.
   */
  delay(seconds: number): void {
    this.#check();
    if (!Number.isFinite(seconds)) throw new RangeError(`delay: ${seconds} is not a finite number of seconds`);
    this.#queue.move(this, this.time + seconds);
  }

  /**
   * Starts the wait anew: the call is due `seconds` from now. Among calls due at the same instant it is then the last.
   * @throws RangeError when `seconds` is negative or not finite.
   * @throws AlreadyCalled, AlreadyCancelled as `cancel` does.
   */
  reset(seconds: number): void {
    this.#check();
    checkDelay('reset', seconds);
    this.#queue.move(this, this.#queue.present() + seconds);
  }

  /** The function to be called; undefined once it was, or was cancelled. @internal */
  get target(): ((...args: never[]) => unknown) | undefined {
    return this.#f;
  }

  /** What it is to be called with. @internal */
  get args(): readonly unknown[] | undefined {
    return this.#args;
  }

  /** The name of the function to be called. @internal */
  get name(): string {
    return this.#f === undefined ? '' : nameOf(this.#f);
  }

  /** Makes the call, once the queue has taken it out, and gives what its function returns. @internal */
  run(): unknown {
    const f = this.#f!;
    const args = this.#args;
    this.#f = undefined;
    this.#args = NONE;
    return f(...args);
  }

  /** For people: state, time, function and arguments (these two while pending), and the origin in debug mode. */
  toString(): string {
    const when =
      this.state === 'pending' ? `pending, in ${Number((this.time - this.#queue.present()).toFixed(9))} s` : this.state;
    const what = this.#f === undefined ? '' : ` ${nameOf(this.#f)}(${this.#args.map(describe).join(', ')})`;
    const origin = origins.get(this)?.replace(/^.*\n/, '\n  made\n') ?? '';
    return `<DelayedCall [${when}, at ${this.time}]${what}>${origin}`;
  }

  /** @internal */
  [INSPECT](): string {
    return this.toString();
  }

  #check(): void {
    if (this.state === 'called') throw new AlreadyCalled(this);
    if (this.state === 'cancelled') throw new AlreadyCancelled(this);
  }
}

/** Refuses what is no number of seconds to wait. @internal */
export function checkDelay(method: string, seconds: number): void {
  if (seconds >= 0 && Number.isFinite(seconds)) return;
  throw new RangeError(`${method}: ${String(seconds)} is not a finite number of seconds, 0 or more`);
}

function nameOf(f: { name: string }): string {
  return f.name === '' ? '<anonymous>' : f.name;
}

/** A value in a few characters; nothing of an object is run or listed but the name of its class. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'function') return nameOf(value);
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return `<${nameOf(value.constructor)}>`;
  } catch {
    return '<object>';
  }
}
