/** A Deferred and its callbacks. */
import { Deferred, DNSLookupError, type ReactorCore, trap } from 'plait';

// region order
/** Callbacks run in their order, and inside the call that makes it possible. */
export function order(): string[] {
  const log: string[] = [];
  const deferred = new Deferred<number>();
  deferred.addCallback((n) => n * 2).addCallback((n) => log.push(`got ${n}`));
  log.push('before');
  deferred.callback(21);
  log.push('after');
  return log; // before, got 42, after
}
// endregion

// region errors
/** The address of a host, or `otherwise` where its name is unknown. Other errors go on. */
export function addressOf(reactor: Pick<ReactorCore, 'resolve'>, name: string, otherwise: string): Deferred<string> {
  return reactor.resolve(name).addErrback((error) => {
    trap(error, DNSLookupError);
    return otherwise;
  });
}
// endregion
