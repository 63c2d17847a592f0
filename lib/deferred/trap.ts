/** Choosing among errors in an errback, where `catch` clauses cannot. */

/** A class of errors. */
export type ErrorClass = abstract new (...args: any) => Error;

/**
 * Gives the error back when it is of one of the classes, and throws it on otherwise:
 * `d.addErrback((error) => { trap(error, CancelledError); return 'cancelled'; })`.
 */
export function trap<C extends ErrorClass[]>(error: Error, ...classes: C): InstanceType<C[number]> {
  for (const errorClass of classes) {
    if (error instanceof errorClass) return error as InstanceType<C[number]>;
  }
  throw error;
}
