/** Asks a remote calculation. */
import { type DelayedCall, Deferred, TimeoutError } from 'plait';
import { LineReceiver } from 'plait/protocols';

// region client
/** The other end has answered that it can't. */
export class CalculationError extends Error {
  override readonly name: string = 'CalculationError';
}

/** A question that waits for its answer. */
interface Question {
  readonly answer: Deferred<number>;
  readonly timeout: DelayedCall;
}

export class RemoteCalculationClient extends LineReceiver {
  /** Seconds that an answer may take. */
  readonly patience: number = 60;
  /** The answers come in the order of the questions. */
  readonly #questions: Question[] = [];
  #lost: Error | undefined;

  add(a: number, b: number): Deferred<number> {
    return this.#ask('add', a, b);
  }

  subtract(a: number, b: number): Deferred<number> {
    return this.#ask('subtract', a, b);
  }

  multiply(a: number, b: number): Deferred<number> {
    return this.#ask('multiply', a, b);
  }

  divide(a: number, b: number): Deferred<number> {
    return this.#ask('divide', a, b);
  }

  override lineReceived(line: Buffer): void {
    const question = this.#questions.shift();
    if (question === undefined) throw new Error('An answer without a question');
    question.timeout.cancel();
    const text = line.toString();
    if (text.startsWith('error: ')) question.answer.errback(new CalculationError(text.slice(7)));
    else question.answer.callback(Number(text));
  }

  override connectionLost(reason: Error): void {
    this.#lost ??= reason;
    for (const { answer, timeout } of this.#questions.splice(0)) {
      if (timeout.active()) timeout.cancel();
      answer.errback(this.#lost);
    }
  }

  #ask(operation: string, a: number, b: number): Deferred<number> {
    const answer = new Deferred<number>();
    if (this.#lost !== undefined) {
      answer.errback(this.#lost);
      return answer;
    }
    const timeout = this.transport.reactor.callLater(this.patience, () => this.#giveUp());
    this.#questions.push({ answer, timeout });
    this.sendLine(`${operation} ${a} ${b}`);
    return answer;
  }

  /** One answer is missing: the later ones could not be told apart. */
  #giveUp(): void {
    this.#lost = new TimeoutError(this.patience, 'An answer');
    this.transport.abortConnection();
  }
}
// endregion
