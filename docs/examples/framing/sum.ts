import { Deferred, react } from 'plait';
import { LineOnlyReceiver } from 'plait/protocols';

/** Answers each line with the sum of its numbers. */
class Sum extends LineOnlyReceiver {
  override lineReceived(line: Buffer): void {
    const numbers = line.toString().split(' ').map(Number);
    this.sendLine(String(numbers.reduce((sum, number) => sum + number, 0)));
  }
}

/** Asks, and hangs up when it is answered. */
class Question extends LineOnlyReceiver {
  readonly answer: Deferred<string> = new Deferred();

  override connectionMade(): void {
    this.sendLine('1 2 3');
  }

  override lineReceived(line: Buffer): void {
    this.answer.callback(line.toString());
    this.transport.loseConnection();
  }
}

await react(async (reactor) => {
  const server = reactor.listenTCP(0, () => new Sum(), { interface: '127.0.0.1' });
  const question = new Question();
  reactor.connectTCP('127.0.0.1', (await server.listening).port, () => question);
  console.log(await question.answer.addTimeout(2, reactor));
});
