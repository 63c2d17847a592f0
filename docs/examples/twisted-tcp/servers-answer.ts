/** Lines, and answers to some of them: `node servers-answer.js [port]`. */
import { Factory, Reactor } from 'plait';
import { LineReceiver } from 'plait/protocols';

const ANSWERS: ReadonlyMap<string, string> = new Map([['How are you?', 'Fine']]);

class Answer extends LineReceiver {
  override lineReceived(line: Buffer): void {
    this.sendLine(ANSWERS.get(line.toString()) ?? "I don't know what you mean");
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, Factory.forProtocol(Answer)).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 8007));
