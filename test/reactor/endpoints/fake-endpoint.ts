/** An endpoint that connects when its test says so, for the tests of what goes on with endpoints. */
import {
  type Clock,
  Deferred,
  type Protocol,
  type ProtocolSource,
  type StreamClientEndpoint,
  type StreamHandler,
} from '../../../index.js';
import { internetAddress } from '../../../lib/address.js';
import { StringTransport } from '../../../testing.js';

const PEER = internetAddress('TCP', '192.0.2.1', 80);

/** One `connect`. */
export class FakeAttempt {
  readonly made: Deferred<Protocol>;
  readonly transport: StringTransport;
  protocol: Protocol | undefined;
  cancelled = false;
  readonly #source: ProtocolSource;

  constructor(source: ProtocolSource, clock: Clock) {
    this.#source = source;
    this.transport = new StringTransport({ clock, peer: PEER });
    this.made = new Deferred(() => {
      this.cancelled = true;
    });
  }

  /** It is connected. */
  succeed(): void {
    const source = this.#source;
    const protocol = typeof source === 'function' ? source(PEER) : source.buildProtocol(PEER);
    this.protocol = protocol!;
    void this.protocol.makeConnection(this.transport);
    this.made.callback(this.protocol);
  }

  fail(error: Error): void {
    this.made.errback(error);
  }

  /** The connection is gone. */
  lose(error: Error | null = null): void {
    this.transport.disconnect(error);
  }
}

export class FakeEndpoint implements StreamClientEndpoint {
  readonly attempts: FakeAttempt[] = [];
  /** What `connect` does right away with each attempt. */
  atOnce: (attempt: FakeAttempt) => void = () => {};
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  connect<P extends StreamHandler>(factory: ProtocolSource<P>): Deferred<P> {
    const attempt = new FakeAttempt(factory as ProtocolSource<StreamHandler> as ProtocolSource, this.#clock);
    this.attempts.push(attempt);
    this.atOnce(attempt);
    return attempt.made as Deferred<unknown> as Deferred<P>;
  }

  /** The attempt made last. */
  get last(): FakeAttempt {
    return this.attempts.at(-1)!;
  }
}
