import { DatagramProtocol, type DelayedCall } from 'plait';

// region naive
/** Sends some questions, each when the one before was answered. */
export class NaiveAsker extends DatagramProtocol {
  readonly answers: string[] = [];
  protected readonly questions: string[];
  readonly #host: string;
  readonly #port: number;

  constructor(host: string, port: number, questions: string[]) {
    super();
    this.#host = host;
    this.#port = port;
    this.questions = questions;
  }

  override startProtocol(): void {
    this.transport.connect(this.#host, this.#port);
    this.ask();
  }

  override datagramReceived(data: Buffer): void {
    this.answers.push(data.toString());
    this.ask();
  }

  protected ask(): void {
    const question = this.questions[this.answers.length];
    if (question !== undefined) this.transport.write(question);
  }
}
// endregion

// region patient
/** Asks again, every second, until there is the answer to this question. */
export class PatientAsker extends NaiveAsker {
  #again: DelayedCall | undefined;

  override datagramReceived(data: Buffer): void {
    // An answer that came twice, or late, is to a question of before.
    if (data.toString() !== this.questions[this.answers.length]) return;
    this.#again?.cancel();
    super.datagramReceived(data);
  }

  protected override ask(): void {
    if (this.answers.length === this.questions.length) return;
    super.ask();
    this.#again = this.transport.reactor.callLater(1, () => this.ask());
  }

  override stopProtocol(): void {
    if (this.#again?.active()) this.#again.cancel();
  }
}
// endregion
