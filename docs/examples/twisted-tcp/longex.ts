/**
 * A long computation in pieces, so that others are served meanwhile: `node longex.js [port]`. A line with a number is
 * answered with the largest integer whose square is no larger.
 */
import { Deferred, Factory, Reactor, type ReactorTime } from 'plait';
import { LineReceiver } from 'plait/protocols';

const STEPS = 1000;

/** Counts up to the root, some steps in each turn. `cancel()` gives up. */
export function root(reactor: ReactorTime, square: number): Deferred<number> {
  let next = 0;
  const work = (): void => {
    for (let step = 0; step < STEPS; step++) {
      if ((next + 1) * (next + 1) > square) {
        result.callback(next);
        return;
      }
      next++;
    }
    call = reactor.callLater(0, work);
  };
  let call = reactor.callLater(0, work);
  const result = new Deferred<number>(() => call.cancel());
  return result;
}

export class RootServer extends LineReceiver {
  #work: Deferred<unknown> | undefined;

  override lineReceived(line: Buffer): void {
    const square = Number(line.toString());
    if (!(square >= 0 && square < 1e15)) {
      this.sendLine('error');
      return;
    }
    this.pauseProducing(); // one question at a time
    this.#work = root(this.transport.reactor, square).addCallbacks(
      (answer) => {
        this.sendLine(String(answer));
        this.resumeProducing();
      },
      () => undefined, // given up
    );
  }

  override connectionLost(): void {
    this.#work?.cancel();
  }
}

export async function main(reactor: Reactor, port: number): Promise<void> {
  await reactor.listenTCP(port, Factory.forProtocol(RootServer)).listening;
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), Number(process.argv[2] ?? 8000));
