import { type Address, Deferred, type DelayedCall } from 'plait';
import { type FlowAllocator, FlowProtocol } from 'plait/protocols';

// region question
/** Asks one thing, every half second until there is an answer: datagrams may get lost. */
export class Question extends FlowProtocol {
  readonly answer: Deferred<string> = new Deferred();
  readonly #text: string;
  #again: DelayedCall | undefined;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  override flowAllocated(): void {
    this.#ask();
  }

  override dataReceived(data: Buffer): void {
    const text = data.toString();
    if (text === this.flow.name) return; // an echo of the request that the network has doubled
    if (!this.answer.called) this.answer.callback(text);
  }

  override flowDeallocated(reason: Error): void {
    if (this.#again?.active()) this.#again.cancel();
    if (!this.answer.called) this.answer.errback(reason);
  }

  #ask(): void {
    this.flow.write(this.#text);
    this.#again = this.flow.reactor.callLater(0.5, () => this.#ask());
  }
}

/** Asks an application, on a flow of its own. */
export async function ask(allocator: FlowAllocator, name: string, place: Address, text: string): Promise<string> {
  const question = new Question(text);
  await using _flow = await allocator.allocate(name, place.host, question, { port: place.port });
  return await question.answer;
}
// endregion
