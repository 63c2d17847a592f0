/// <reference types="node" preserve="true" />
/**
 * What the measurements of guaranteed delivery have in common on real and simulated networks: messages that carry the time
 * at which they were sent, and what is made of the times at which they came.
 */
import { type Address, type DatagramTransport, Deferred } from '../../index.js';
import { GuaranteedDatagramProtocol } from '../../protocols/index.js';

export const SIZE = 512;

/** What a measurement gives. Times are seconds. */
export interface Figures {
  readonly messagesPerSecond: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly datagramsPerMessage: number;
  /** Messages of which the sender was told that they failed. */
  readonly failed: number;
}

/** Notes when messages came. */
export class Receiver extends GuaranteedDatagramProtocol {
  readonly #seconds: () => number;
  readonly #times: { sent: number; received: number }[] = [];
  #wanted: { count: number; come: Deferred<void> } | undefined;

  constructor(seconds: () => number) {
    super();
    this.#seconds = seconds;
  }

  override messageReceived(data: Buffer): void {
    this.#times.push({ sent: data.readDoubleBE(), received: this.#seconds() });
    if (this.#times.length === this.#wanted?.count) this.#wanted.come.callback();
  }

  /** Fires when so many have come, of which the times are forgotten then. */
  next(count: number): Deferred<Pick<Figures, 'messagesPerSecond' | 'p50' | 'p90' | 'p99'>> {
    const come = new Deferred<void>();
    this.#wanted = { count, come };
    return come.addCallback(() => {
      const times = this.#times.splice(0);
      const latencies = times.map(({ sent, received }) => received - sent).sort((a, b) => a - b);
      const span = Math.max(...times.map(({ received }) => received)) - Math.min(...times.map(({ sent }) => sent));
      const percentile = (share: number): number => latencies[Math.ceil(share * count) - 1]!;
      return {
        messagesPerSecond: count / span,
        p50: percentile(0.5),
        p90: percentile(0.9),
        p99: percentile(0.99),
      };
    });
  }
}

export class Sender extends GuaranteedDatagramProtocol {
  readonly #seconds: () => number;
  failed = 0;

  constructor(seconds: () => number) {
    super();
    this.#seconds = seconds;
  }

  /** Sends so many, all at once or at a rate per second. Fires when it is known what became of each. */
  sendAll(count: number, rate: number, to: Address): Deferred<void> {
    const over = new Deferred<void>();
    let left = count;
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
    for (let i = 0; i < count; i++) {
      if (rate === Infinity) sendOne();
      else reactor.callLater(i / rate, sendOne);
    }
    return over;
  }
}

/** Datagrams that both ports have sent, per message. */
export function datagramsPerMessage(ports: readonly Pick<DatagramTransport, 'stats'>[], messages: number): number {
  return ports.reduce((sum, { stats }) => sum + stats.sent, 0) / messages;
}
