/** Back-pressure. */
import { LineOnlyReceiver } from 'plait/protocols';

// region one-by-one
/** Answers a line before it looks at the next. */
export class OneByOne extends LineOnlyReceiver {
  readonly #answer: (line: string) => Promise<string>;

  constructor(answer: (line: string) => Promise<string>) {
    super();
    this.#answer = answer;
  }

  override async lineReceived(line: Buffer): Promise<void> {
    this.pauseProducing();
    this.sendLine(await this.#answer(line.toString()));
    this.resumeProducing();
  }
}
// endregion
