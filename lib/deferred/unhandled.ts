/**
 * Failures that nobody handles. There is no timer here and no wait for the garbage collector: a failure at the end of a
 * chain becomes a rejected promise that nobody listens to, and Node reports it after the promise jobs of this turn,
 * unless somebody has handled the failure by then. A reactor gives its own Deferreds a sink instead.
 */

/** Where the failures of a reactor's own Deferreds go, when nobody handles them. */
export interface UnhandledSink {
  /** Calls `check` once, when the promise jobs of this turn have run. */
  afterJobs(check: () => void): void;
  /** `deferred` has failed with `error`, and nobody has handled it. */
  unhandled(error: Error, deferred: object): void;
}

/**
 * One failure at the end of a chain, unhandled so far.
 * @internal
 */
export class UnhandledFailure {
  #open: boolean = true;
  #rejection: Promise<never> | undefined = undefined;

  constructor(error: Error, deferred: object, sink: UnhandledSink | undefined) {
    if (sink === undefined) {
      this.#rejection = Promise.reject(error);
      return;
    }
    sink.afterJobs(() => {
      if (!this.#open) return;
      this.#open = false;
      sink.unhandled(error, deferred);
    });
  }

  /** Somebody has come: no report, or, where it is out already, Node's `rejectionHandled`. */
  handled(): void {
    this.#open = false;
    this.#rejection?.catch(ignore);
    this.#rejection = undefined;
  }

  /** Stands for a failure that was seen by an observer and therefore needs no report. */
  static readonly SEEN: UnhandledFailure = new UnhandledFailure(
    new Error(),
    {},
    { afterJobs: ignore, unhandled: ignore },
  );
}

/**
 * The stack of whoever called a constructor.
 * @internal
 */
export function creationStack(constructor: Function): string {
  const holder = { stack: '' };
  Error.captureStackTrace(holder, constructor);
  // Without the line for the message.
  return holder.stack.slice(holder.stack.indexOf('\n') + 1);
}

/**
 * Adds to an error's stack where its Deferred was created; every reporter prints the stack, and the error stays itself.
 * @internal
 */
export function noteCreation(error: Error, created: string): void {
  const note = `\nThe Deferred was created\n${created}`;
  // Said by us: in newer versions of V8 the stack is behind a setter, which takes no notice of freezing.
  if (Object.isFrozen(error)) return;
  try {
    if (error.stack?.includes(note) !== true) error.stack = `${error.stack ?? String(error)}${note}`;
  } catch {
    // The stack alone may be read-only, too.
  }
}

function ignore(): void {}
