/**
 * To be there when a hook of a protocol is called, once. A delegate in the protocol's place would cost a call for each
 * chunk of data, and would stand in error reports instead of the protocol.
 */
import type { HookResult } from '../../lib/interfaces.js';
import type { Protocol } from '../../lib/stream-protocol.js';

type Hook = 'makeConnection' | 'connectionLost';

/** What a hook is called with. */
type Given<H extends Hook> = Parameters<Protocol[H]>[0];

/**
 * The next call of the hook goes to `instead`, which is given what calls the hook itself. From then on the protocol is as
 * it was.
 * @throws TypeError for a protocol that can't be changed.
 */
export function intercept<H extends Hook>(
  protocol: Protocol,
  hook: H,
  instead: (call: (given: Given<H>) => HookResult, given: Given<H>) => HookResult,
): void {
  const own = Object.getOwnPropertyDescriptor(protocol, hook);
  const call = (given: Given<H>): HookResult =>
    (protocol as { [K in H]: (given: Given<H>) => HookResult })[hook](given);
  Object.defineProperty(protocol, hook, {
    configurable: true,
    value(given: Given<H>): HookResult {
      if (own === undefined) delete (protocol as Partial<Protocol>)[hook];
      else Object.defineProperty(protocol, hook, own);
      return instead(call, given);
    },
  });
}
