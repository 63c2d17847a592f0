/**
 * The Deferred family.
 */
export { Deferred } from './deferred.js';
export * from './errors.js';
export { fail, maybeDeferred, succeed } from './wrap.js';
