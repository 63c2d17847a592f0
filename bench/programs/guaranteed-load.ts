/// <reference types="node" preserve="true" />
/**
 * What the measurements of guaranteed delivery have in common on real and simulated networks: messages that carry the time
 * at which they were sent, and what is made of the times at which they came.
 */
import { type Address, Deferred } from '../../index.js';
import { GuaranteedDatagramProtocol } from '../../protocols/index.js';

export const COUNT = 1000;
const SIZE = 512;

/** What the receiver has seen of COUNT messages. Times are seconds. */
export interface Arrivals {
  /** How many came. */
  readonly received: number;
  /** From the first that was sent to the last that came. */
  readonly messagesPerSecond: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** What a measurement gives. */
export interface Figures extends Arrivals {
  /** Of both ends. */
  readonly datagramsPerMessage: number;
  /** Messages of which the sender was told that they failed; undefined where it is not told. */
  readonly failed?: number;
  /** Seconds of processor time per message, both ends together; undefined where there is no end of its own. */
  readonly cpuPerMessage?: number;
}

/** Notes when messages came. */
export class Receiver extends GuaranteedDatagramProtocol {
  readonly #seconds: () => number;
  #times: { sent: number; received: number }[] = [];

  constructor(seconds: () => number) {
    super();
    this.#seconds = seconds;
  }

  override messageReceived(data: Buffer): void {
    this.#times.push({ sent: data.readDoubleBE(), received: this.#seconds() });
  }

  /** What has come since the last look. */
  take(): Arrivals {
    const times = this.#times;
    this.#times = [];
    const latencies = times.map(({ sent, received }) => received - sent).sort((a, b) => a - b);
    const span = Math.max(...times.map(({ received }) => received)) - Math.min(...times.map(({ sent }) => sent));
    const percentile = (share: number): number => latencies[Math.ceil(share * times.length) - 1] ?? NaN;
    return {
      received: times.length,
      messagesPerSecond: times.length / span,
      p50: percentile(0.5),
      p90: percentile(0.9),
      p99: percentile(0.99),
    };
  }
}

export class Sender extends GuaranteedDatagramProtocol {
  readonly #seconds: () => number;
  failed = 0;

  constructor(seconds: () => number) {
    super();
    this.#seconds = seconds;
  }

  /** Sends COUNT messages, all at once or at a rate per second. Fires when it is known what became of each. */
  sendAll(rate: number, to: Address): Deferred<void> {
    const over = new Deferred<void>();
    let left = COUNT;
    const ended = (): void => {
      if (--left === 0) over.callback();
    };
    const sendOne = (): void => {
      const data = Buffer.alloc(SIZE);
      data.writeDoubleBE(this.#seconds());
      this.send(data, to)
        .addErrback(() => this.failed++)
        .addCallback(ended);
    };
    const { reactor } = this.transport;
    for (let i = 0; i < COUNT; i++) {
      if (rate === Infinity) sendOne();
      else reactor.callLater(i / rate, sendOne);
    }
    return over;
  }
}
