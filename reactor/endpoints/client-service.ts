/**
 * A connection that is made again whenever it is lost, until the service is stopped.
 *
 *     idle, stopped          --startService--> connecting
 *     connecting             --connected and prepared--> connected
 *     connecting             --failed--> waiting
 *     connected              --lost--> waiting
 *     waiting                --the time is over--> connecting
 *     connecting, connected  --stopService--> stopping, as waiting does while a connection that was aborted is ending
 *     stopping               --all is closed--> stopped
 *     stopping               --startService--> restarting
 *     restarting             --all is closed--> connecting
 *     restarting             --stopService--> stopping
 *     waiting                --stopService, or the policy gives up--> stopped
 *
 * A connection counts when `prepareConnection` has done its work: until then, to lose it is to fail.
 */
import { CancelledError, Deferred, fail, maybeDeferred, succeed } from '../../lib/deferred/index.js';
import { toError } from '../../lib/errors.js';
import type { ReactorRandom, ReactorTime } from '../../lib/interfaces.js';
import type { StreamHandler } from '../../lib/stream.js';
import type { Protocol } from '../../lib/stream-protocol.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import { backoffPolicy, type RetryPolicy } from './backoff.js';
import { asStreamProtocol } from '../stream-handler.js';
import type { EndpointOptions, ProtocolBuilder, ProtocolSource, StreamClientEndpoint } from './endpoint.js';
import { intercept } from './intercept.js';
import { underSignal } from './limits.js';
import { builderOf, inPlaceOf } from './protocol-source.js';
import { Waiters } from './waiters.js';

/** Options of a ClientService. */
export interface ClientServiceOptions<P extends StreamHandler = Protocol> {
  /** Where the service takes its time and its chance from. */
  reactor: ReactorTime & ReactorRandom;
  /** How long to wait before another attempt; `backoffPolicy()` when left out. */
  retryPolicy?: RetryPolicy;
  /**
   * Called with the protocol of each connection, before anybody gets it: to log in, say. What it returns is waited for. If it
   * fails, the connection is aborted, and that was a failed attempt.
   */
  prepareConnection?(protocol: P): unknown;
  /** Called before each wait, for a log: why, after how many failures in a row, and how many seconds it is. */
  retrying?(reason: Error, failures: number, delay: number): void;
}

/** What a ClientService may be doing. */
export type ClientServiceState =
  'idle' | 'connecting' | 'connected' | 'waiting' | 'stopping' | 'restarting' | 'stopped';

/** Keeps a connection: makes it, and makes it again whenever it is lost or can't be had. */
export class ClientService<P extends StreamHandler = Protocol> implements AsyncDisposable {
  readonly #endpoint: StreamClientEndpoint;
  readonly #builder: ProtocolBuilder<P>;
  readonly #options: ClientServiceOptions<P>;
  readonly #policy: RetryPolicy;
  #state: ClientServiceState = 'idle';
  /** The connection that there is, or that is being made, or that was aborted and has not ended yet. */
  #link: Link<P> | undefined;
  #timer: DelayedCall | undefined;
  #failures = 0;
  readonly #waiters: Waiters<P> = new Waiters();
  readonly #stopping: Deferred<void>[] = [];

  /** @throws TypeError for what is no factory */
  constructor(endpoint: StreamClientEndpoint, factory: ProtocolSource<P>, options: ClientServiceOptions<P>) {
    this.#endpoint = endpoint;
    this.#builder = builderOf(factory);
    this.#options = options;
    this.#policy = options.retryPolicy ?? backoffPolicy();
  }

  get state(): ClientServiceState {
    return this.#state;
  }

  /** Connects, and goes on doing so. Harmless when it was called before; while stopping, the service starts anew after it. */
  startService(): void {
    if (this.#state === 'stopping') this.#state = 'restarting';
    else if (this.#state !== 'idle' && this.#state !== 'stopped') return;
    else if (this.#link === undefined) this.#connect();
    else this.#state = 'restarting';
  }

  /**
   * Closes the connection, or gives up the attempt, and tries no more. Fires when that is done; each call gets its own
   * Deferred. Who waits for a connection gets a CancelledError.
   */
  stopService(): Deferred<void> {
    const stopped = new Deferred<void>();
    this.#stopping.push(stopped);
    const dismissed = this.#waiters.dismiss();
    const before = this.#state;
    this.#state = 'stopping';
    if (this.#timer?.active()) this.#timer.cancel();
    if (this.#link === undefined) this.#finish();
    else if (before === 'connecting') this.#link.pending?.cancel();
    else if (before === 'connected') this.#link.close();
    dismissed(new CancelledError('The service was stopped'));
    return stopped;
  }

  /** As `stopService`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopService();
  }

  /**
   * The protocol of the connection, now or once there is one. Without `failAfterFailures` it waits for as long as it takes,
   * otherwise it fails with the reason of that failed attempt, counted from now: 1 for the next, or the one under way.
   * Fails with a CancelledError when the service is stopped; before it was started it waits.
   * @throws RangeError for a number of failures that is no integer, 1 or more.
   */
  whenConnected(failAfterFailures?: number, options: EndpointOptions = {}): Deferred<P> {
    if (failAfterFailures !== undefined && !(Number.isInteger(failAfterFailures) && failAfterFailures >= 1)) {
      throw new RangeError(`failAfterFailures is an integer, 1 or more, not ${String(failAfterFailures)}`);
    }
    return underSignal(options.signal, () => {
      if (this.#state === 'connected') return succeed(this.#link!.built!);
      if (this.#state === 'stopping' || this.#state === 'stopped') {
        return fail(new CancelledError('The service is stopped'));
      }
      return this.#waiters.add(failAfterFailures ?? Infinity);
    });
  }

  #connect(): void {
    const link = new Link<P>((reason) => this.#lost(link, reason));
    this.#link = link;
    this.#state = 'connecting';
    link.pending = maybeDeferred(() => this.#endpoint.connect(link.watching(this.#builder)))
      .addCallback((protocol) => this.#prepare(link, protocol))
      .addCallbacks(
        () => this.#made(link),
        (error) => this.#failed(link, error),
      );
    // Stopped by what the endpoint has called: there was nothing to cancel then.
    if (this.#link === link && this.#isStopping) link.pending.cancel();
  }

  #prepare(link: Link<P>, protocol: Protocol): unknown {
    link.protocol = protocol;
    return this.#isStopping ? undefined : this.#options.prepareConnection?.(link.built!);
  }

  #made(link: Link<P>): void {
    if (link.reason !== undefined) {
      this.#failed(link, link.reason);
    } else if (this.#isStopping) {
      link.close(); // made in spite of being cancelled
    } else {
      this.#state = 'connected';
      this.#failures = 0;
      this.#waiters.succeed(link.built!);
    }
  }

  #failed(link: Link<P>, error: Error): void {
    if (!this.#isStopping) {
      link.abort();
      this.#retry(link.reason ?? error);
    } else if (link.isOpen) {
      link.close();
    } else {
      this.#finish();
    }
  }

  #lost(link: Link<P>, reason: Error): void {
    if (this.#link !== link) return; // given up before
    if (this.#isStopping) this.#finish();
    else if (this.#state === 'connected') this.#retry(reason);
    else if (this.#state === 'connecting') link.pending?.cancel();
    else this.#link = undefined;
  }

  #retry(reason: Error): void {
    // One that was aborted stays until it has ended: who stops the service waits for that.
    if (this.#link?.isOpen === false) this.#link = undefined;
    this.#failures++;
    const { reactor } = this.#options;
    let delay: number;
    try {
      delay = this.#policy(this.#failures, () => reactor.random());
      if (delay !== Infinity) this.#timer = reactor.callLater(delay, () => this.#connect());
    } catch (thrown) {
      if (!this.#giveUp(toError(thrown))) fail(thrown); // nobody else hears of it
      return;
    }
    if (delay === Infinity) {
      this.#giveUp(reason);
      return;
    }
    this.#state = 'waiting';
    try {
      this.#options.retrying?.(reason, this.#failures, delay);
    } catch (thrown) {
      fail(thrown);
    }
    this.#waiters.fail(reason);
  }

  /** Answers whether somebody was told. */
  #giveUp(reason: Error): boolean {
    this.#state = 'stopped';
    return this.#waiters.dismiss()(reason);
  }

  /** Nothing is open any more. */
  #finish(): void {
    this.#link = undefined;
    const stopped = this.#stopping.splice(0);
    if (this.#state === 'restarting') this.#connect();
    else this.#state = 'stopped';
    for (const each of stopped) if (!each.called) each.callback();
  }

  get #isStopping(): boolean {
    return this.#state === 'stopping' || this.#state === 'restarting';
  }
}

/** One connection, from the first attempt to its end. */
class Link<P extends StreamHandler> {
  /** What is being done to have it. */
  pending: Deferred<unknown> | undefined;
  /** What the factory has built for it, and … */
  built: P | undefined;
  /** … once it is connected, the protocol that stands for that. */
  protocol: Protocol | undefined;
  /** Why it was lost. */
  reason: Error | undefined;
  readonly #lost: (reason: Error) => void;

  constructor(lost: (reason: Error) => void) {
    this.#lost = lost;
  }

  get isOpen(): boolean {
    return this.protocol !== undefined && this.reason === undefined;
  }

  /** Closes it in good order. */
  close(): void {
    if (this.isOpen) this.protocol!.transport.loseConnection();
  }

  /** Closes it at once. */
  abort(): void {
    if (this.isOpen) this.protocol!.transport.abortConnection();
  }

  /** Makes protocols whose end is heard of here. */
  watching(builder: ProtocolBuilder<P>): ProtocolBuilder {
    return inPlaceOf(builder, (peer) => {
      const built = builder.buildProtocol(peer) ?? null;
      if (built === null) return null;
      this.built = built;
      const protocol = asStreamProtocol(built);
      intercept(protocol, 'connectionLost', (call, reason) => {
        try {
          return call(reason);
        } finally {
          this.reason = reason;
          this.#lost(reason);
        }
      });
      return protocol;
    });
  }
}
