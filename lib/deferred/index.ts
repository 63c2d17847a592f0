/** The public names of this folder. */
export { Deferred } from './deferred.js';
export {
  DeferredList,
  type DeferredListOptions,
  type DeferredListResult,
  gatherResults,
  type Outcome,
  type Outcomes,
} from './deferred-list.js';
export { DeferredLock } from './deferred-lock.js';
export { DeferredQueue, type DeferredQueueOptions } from './deferred-queue.js';
export { DeferredSemaphore } from './deferred-semaphore.js';
export * from './errors.js';
export { inlineCallbacks } from './inline-callbacks.js';
export { race } from './race.js';
export type { TimeoutHandler } from './timeout.js';
export { type ErrorClass, trap } from './trap.js';
export { withSignal } from './with-signal.js';
export { fail, maybeDeferred, succeed } from './wrap.js';
