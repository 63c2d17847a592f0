/**
 * The computation of longex as a generator, and a scheduler that lets all that there are go on in turn:
 * `node longex2.js [port]`.
 */
import { Deferred, Factory, Reactor, type ReactorTime } from 'plait';
import { LineReceiver } from 'plait/protocols';

// region run
/** Runs a generator, one step a turn, until it returns or is cancelled. */
export function runIterator<T>(reactor: ReactorTime, steps: Iterator<unknown, T>): Deferred<T> {
  const step = (): void => {
    try {
      const { done, value } = steps.next();
      if (done) result.callback(value as T);
      else call = reactor.callLater(0, step);
    } catch (error) {
      result.errback(error);
    }
  };
  let call = reactor.callLater(0, step);
  const result = new Deferred<T>(() => call.cancel());
  return result;
}
// endregion

/** Counts up to the root, and yields now and then. */
export function* root(square: number): Generator<number, number> {
  let next = 0;
  while ((next + 1) * (next + 1) <= square) if (++next % 1000 === 0) yield next;
  return next;
}

class RootServer extends LineReceiver {
  readonly #work: Set<Deferred<unknown>> = new Set();

  override lineReceived(line: Buffer): void {
    const square = Number(line.toString());
    const work: Deferred<unknown> = runIterator(this.transport.reactor, root(square))
      .addBoth((answer) => {
        this.#work.delete(work);
        return answer;
      })
      .addCallbacks(
        (answer) => this.sendLine(`${square}: ${answer}`),
        () => undefined, // given up
      );
    this.#work.add(work);
  }

  override connectionLost(): void {
    for (const work of this.#work) work.cancel();
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, Factory.forProtocol(RootServer)).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 8000));
