/** The calculation for others: a question is a line such as `add 1 2`, and so is the answer. `node remote.js [port]` */
import { Factory, Reactor } from 'plait';
import { LineReceiver } from 'plait/protocols';
import { Calculation } from './calculation.js';

// region protocol
const OPERATIONS = ['add', 'subtract', 'multiply', 'divide'] as const;

export class RemoteCalculation extends LineReceiver {
  readonly #calculation: Calculation = new Calculation();

  override lineReceived(line: Buffer): void {
    this.sendLine(this.#answer(line.toString()));
  }

  #answer(question: string): string {
    const [name, ...numbers] = question.split(' ');
    const operation = OPERATIONS.find((known) => known === name);
    if (operation === undefined || numbers.length !== 2) return 'error: no such question';
    const [a, b] = numbers.map((text) => (text === '' ? NaN : Number(text)));
    try {
      return String(this.#calculation[operation](a!, b!));
    } catch (error) {
      return `error: ${(error as Error).message}`;
    }
  }
}
// endregion

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, Factory.forProtocol(RemoteCalculation)).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 8000));
