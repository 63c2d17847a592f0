/**
 * Calling factories: a Factory with all its hooks, or a function that only makes protocols.
 */
import type { InternetAddress } from '../lib/address.js';
import type { HookResult, Origin } from '../lib/interfaces.js';
import type { FactoryLike } from '../lib/stream.js';
import type { Factory, Protocol } from '../lib/stream-protocol.js';
import { asStreamProtocol } from './stream-handler.js';
import { whenDone } from './when-done.js';

/** A factory, with what it throws reported. */
export interface FactoryHooks {
  /** The factory as the user gave it. */
  readonly source: object;
  readonly name: string;
  /** @throws what `startFactory` throws */
  start(): void;
  /** What `stopFactory` throws is the answer, and is reported by nobody yet. */
  stop(): Error | undefined;
  /** Null where it gives no protocol, or throws, which is reported. */
  build(peer: InternetAddress): Protocol | null;
  /** Calls a hook that the factory may have. Answers whether it has it. */
  call(hook: string, ...args: unknown[]): boolean;
}

/** What is reported to. */
interface Reports {
  report(error: unknown, origin: Origin): void;
  asError(thrown: unknown): Error;
}

/** @throws TypeError for what is no factory */
export function callFactory(factory: FactoryLike, owner: Reports): FactoryHooks {
  const plain = typeof factory === 'function';
  if (!plain && (typeof factory !== 'object' || factory === null || typeof factory.buildProtocol !== 'function')) {
    throw new TypeError('A factory has buildProtocol, or is a function');
  }
  const report = (hook: string, error: unknown): void => owner.report(error, { hook, source: factory });
  const watch = (hook: string, result: HookResult): void => whenDone(result, undefined, (error) => report(hook, error));
  const hooks = factory as Factory & Record<string, ((...args: unknown[]) => HookResult) | undefined>;
  return {
    source: factory,
    name: plain ? factory.name || 'a function' : (factory.constructor?.name ?? 'an object'),
    start() {
      if (!plain) watch('startFactory', hooks.doStart?.());
    },
    stop() {
      try {
        if (!plain) watch('stopFactory', hooks.doStop?.());
        return undefined;
      } catch (error) {
        return owner.asError(error);
      }
    },
    build(peer) {
      try {
        const made = plain ? factory(peer) : factory.buildProtocol(peer);
        return made === null || made === undefined ? null : asStreamProtocol(made);
      } catch (error) {
        report('buildProtocol', error);
        return null;
      }
    },
    call(hook, ...args) {
      if (plain || typeof hooks[hook] !== 'function') return false;
      try {
        watch(hook, hooks[hook](...args));
      } catch (error) {
        report(hook, error);
      }
      return true;
    },
  };
}
