import { clientFromString, connectProtocol, Deferred, Protocol, react } from 'plait';

/** Waits for one line. TCP keeps no boundaries: it may come in pieces. */
class Question extends Protocol {
  readonly answer: Deferred<string> = new Deferred();
  #text = '';

  override dataReceived(data: Buffer): void {
    this.#text += data.toString();
    if (this.#text.endsWith('\n') && !this.answer.called) this.answer.callback(this.#text.trimEnd());
  }
}

await react(async (reactor) => {
  const endpoint = clientFromString(reactor, process.argv[2] ?? 'tcp:localhost:8000');
  const question = await connectProtocol(endpoint, new Question());
  question.transport.write('hello\n');
  console.log(await question.answer.addTimeout(5, reactor));
});
