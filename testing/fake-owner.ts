/**
 * What stands where a real port or connection has its reactor: a Clock, seeded chance, and errors that reach the test.
 */
import { Deferred } from '../lib/deferred/deferred.js';
import { fail } from '../lib/deferred/wrap.js';
import { DNSLookupError, NotSupportedError, toError } from '../lib/errors.js';
import type { ReactorRandom, ReactorTime } from '../lib/interfaces.js';
import type { Clock } from '../lib/time/clock.js';
import { checkSize } from '../reactor/checks.js';
import type { Channel, StreamListener, StreamSocket } from '../reactor/network.js';
import { type PortOwner, type UDPChannels, udpChannels } from '../reactor/port-owner.js';
import { SeededRandom } from '../reactor/simulated/random.js';
import { type StreamChannels, type StreamOwner, streamChannels } from '../reactor/stream-owner.js';
import type { TCPConnection } from '../reactor/tcp-connection.js';

export class FakeOwner implements PortOwner, StreamOwner {
  readonly reactor: ReactorTime & ReactorRandom;
  readonly channels: UDPChannels = udpChannels(SILENT);
  readonly streamChannels: StreamChannels = streamChannels(SILENT);
  readonly connections: Set<TCPConnection> = new Set();
  readonly shuttingDown: boolean = false;
  readonly #clock: Clock;
  #caught: Error[] | undefined;

  constructor(clock: Clock, seed: number | string) {
    const random = new SeededRandom(seed);
    this.#clock = clock;
    this.reactor = {
      seconds: () => clock.seconds(),
      callLater: (delay, f, ...args) => clock.callLater(delay, f, ...args),
      getDelayedCalls: () => clock.getDelayedCalls(),
      randomBytes: (size) => {
        checkSize(size);
        return random.bytes(size);
      },
      random: () => random.random(),
    };
  }

  /** Runs what the network would do; what hooks throw meanwhile, this throws. */
  throwing(f: () => void): void {
    const caught: Error[] = [];
    this.#caught = caught;
    try {
      f();
    } finally {
      this.#caught = undefined;
    }
    if (caught.length > 0) throw caught[0]!;
  }

  soon(f: () => void): void {
    this.#clock.callLater(0, f);
  }

  report(thrown: unknown): void {
    const error = toError(thrown);
    if (this.#caught !== undefined) this.#caught.push(error);
    // Nobody is there to catch it: let it fail the test as any lost error does.
    else void Promise.reject(error);
  }

  asError(thrown: unknown): Error {
    return toError(thrown);
  }

  deferred<T>(canceller?: (deferred: Deferred<T>) => void): Deferred<T> {
    return new Deferred<T>(canceller);
  }

  resolve(name: string): Deferred<string> {
    return fail(new DNSLookupError(name, 'a fake transport has no names'));
  }

  listenStream(): StreamListener {
    throw new NotSupportedError('listenTCP', 'a fake transport is alone');
  }

  connectStream(): StreamSocket {
    throw new NotSupportedError('connectTCP', 'a fake transport is alone');
  }

  closed(): void {}
}

const SILENT = { channel: (): Channel => ({ hasSubscribers: false, publish: () => {} }) };
