/** The errors of Deferreds and of what is built from them. */
import { PlaitError } from '../errors.js';

/** A second `callback` or `errback` of a Deferred. */
export class AlreadyCalledError extends PlaitError {
  override readonly name: string = 'AlreadyCalledError';

  constructor() {
    super('ERR_PLAIT_DEFERRED_ALREADY_CALLED', 'The Deferred has been called already');
  }
}

/** What a Deferred fails with when it is cancelled and its canceller knows nothing better. */
export class CancelledError extends PlaitError {
  override readonly name: string = 'CancelledError';

  constructor(message = 'Cancelled') {
    super('ERR_PLAIT_CANCELLED', message);
  }
}

/** What a Deferred fails with when the time given to `addTimeout` is over. */
export class TimeoutError extends PlaitError {
  override readonly name: string = 'TimeoutError';
  /** The time that was given, in seconds. */
  readonly seconds: number;

  constructor(seconds: number, what = 'Deferred') {
    super('ERR_PLAIT_TIMEOUT', `${what} timed out after ${seconds} seconds`);
    this.seconds = seconds;
  }
}

/** A Deferred whose callback returns that Deferred itself, or another one that waits for it: it could never fire. */
export class CircularDeferredError extends PlaitError {
  override readonly name: string = 'CircularDeferredError';

  constructor() {
    super('ERR_PLAIT_CIRCULAR_DEFERRED', 'A Deferred cannot wait for itself');
  }
}

/** `unpause` of a Deferred that is not paused. */
export class NotPausedError extends PlaitError {
  override readonly name: string = 'NotPausedError';

  constructor() {
    super('ERR_PLAIT_NOT_PAUSED', 'The Deferred is not paused');
  }
}

/** The first failure in a list, for those who asked to hear of the first: `gatherResults`, `fireOnOneErrback`. */
export class FirstError extends PlaitError {
  override readonly name: string = 'FirstError';
  /** Which member of the list failed. */
  readonly index: number;
  /** The member's error. */
  declare readonly cause: Error;

  constructor(cause: Error, index: number) {
    super('ERR_PLAIT_FIRST_ERROR', `Member ${index} failed first: ${cause.message}`, { cause });
    this.index = index;
  }
}

/** Every member of a `race` failed. */
export class FailureGroup extends PlaitError {
  override readonly name: string = 'FailureGroup';
  /** The members' errors, in the order of the list. */
  readonly failures: readonly Error[];

  constructor(failures: readonly Error[]) {
    super('ERR_PLAIT_FAILURE_GROUP', `All ${failures.length} failed: ${failures.map((e) => e.message).join('; ')}`);
    this.failures = failures;
  }
}

/** `release` of a lock or semaphore of which nothing is taken. */
export class NotAcquiredError extends PlaitError {
  override readonly name: string = 'NotAcquiredError';

  constructor() {
    super('ERR_PLAIT_NOT_ACQUIRED', 'Released more often than acquired');
  }
}

/** `put` into a DeferredQueue that is full. */
export class QueueOverflow extends PlaitError {
  override readonly name: string = 'QueueOverflow';
  /** How many values the queue holds at most. */
  readonly size: number;

  constructor(size: number) {
    super('ERR_PLAIT_QUEUE_OVERFLOW', `The queue is full: it holds ${size}`);
    this.size = size;
  }
}

/** `get` from an empty DeferredQueue for which as many wait as may. */
export class QueueUnderflow extends PlaitError {
  override readonly name: string = 'QueueUnderflow';
  /** How many `get` may wait at most. */
  readonly backlog: number;

  constructor(backlog: number) {
    super('ERR_PLAIT_QUEUE_UNDERFLOW', `The queue is empty, and ${backlog} wait for it already`);
    this.backlog = backlog;
  }
}
