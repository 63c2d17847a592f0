/// <reference types="node" preserve="true" />
/** Protocols that keep what they are told, for the tests of endpoints. */
import { type Connector, Factory, Protocol } from '../../../index.js';

/** Keeps what arrives, and what became of its connection. */
export class Recorder extends Protocol {
  readonly told: string[] = [];
  received = '';
  reason: Error | undefined;

  override connectionMade(): void {
    this.told.push('made');
  }

  override dataReceived(data: Buffer): void {
    this.told.push('data');
    this.received += data.toString();
  }

  override connectionLost(reason: Error): void {
    this.told.push('lost');
    this.reason = reason;
  }
}

/** Says hello to who connects. */
export class Greeter extends Recorder {
  override connectionMade(): void {
    super.connectionMade();
    this.transport.write('hello');
  }
}

/** Makes protocols of a class and keeps them. */
export class RecordingFactory<P extends Protocol = Recorder> extends Factory<P> {
  readonly built: P[] = [];
  readonly told: string[] = [];
  readonly #make: () => P | null;

  constructor(make: () => P | null) {
    super();
    this.#make = make;
  }

  override buildProtocol(): P | null {
    const protocol = this.#make();
    if (protocol !== null) this.built.push(protocol);
    return protocol;
  }

  override startFactory(): void {
    this.told.push('start');
  }

  override stopFactory(): void {
    this.told.push('stop');
  }

  /** No hook of an endpoint's user. */
  clientConnectionFailed(_connector: Connector, reason: Error): void {
    this.told.push(reason.name);
  }
}

export function recorders(): RecordingFactory {
  return new RecordingFactory(() => new Recorder());
}

/** What `promise` fails with. */
export async function failureOf(promise: PromiseLike<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It did not fail');
}
